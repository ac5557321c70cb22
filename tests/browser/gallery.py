"""The gallery of parts in a browser, with answers that a test makes up: every fault can be had."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Browser, Page, Route, expect
from tests.console.gallery_page import FOLDER, page, refusal

from harbor.console.dialect import _POLICY as POLICY

ORIGIN = "http://console.test"
HTML = "text/html; charset=utf-8"
STREAM = "text/event-stream"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
Answering = Callable[[Route], Awaitable[None]]


@dataclass
class Gallery:
    """The gallery in a browser, and a server that does what a test says."""

    page: Page
    answer: Answering | None = None
    sent: list[dict[str, list[str]]] = field(default_factory=list)
    html: str = ""
    stream: Answering | None = None

    async def route(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/console/static/"):
            file = FOLDER / "static" / path.rpartition("/")[2]
            await route.fulfill(body=file.read_bytes(), content_type=_TYPES[file.suffix])
        elif path.endswith("/stream"):
            await (self.stream or no_stream)(route)
        elif route.request.method == "POST":
            self.sent.append(parse_qs(route.request.post_data or "", keep_blank_values=True))
            assert self.answer is not None
            await self.answer(route)
        else:
            await route.fulfill(body=self.html or page(), content_type=HTML, headers=_headers())

    async def open(self, **context: Any) -> Page:
        """The gallery, loaded; `context` replaces what it shows."""
        self.html = page(**context)
        await self.page.goto(f"{ORIGIN}/console/gallery")
        await expect(self.page.locator("[data-json-view].ready, [data-json-view] pre:visible").first).to_be_visible()
        return self.page

    def refuses(self, status: int, message: str, **told: str) -> None:
        """All forms are answered with an error's page."""
        body = refusal(message, status=status, **told)

        async def answer(route: Route) -> None:
            await route.fulfill(status=status, body=body, content_type=HTML, headers=_headers())

        self.answer = answer

    async def save(self, name: str = "typed <b>") -> None:
        """Fill in the form and send it."""
        await self.page.get_by_label("Name").fill(name)
        await self.page.get_by_role("button", name="Save").click()

    def streams(self, text: str) -> None:
        """The first who asks for the stream gets these frames; who comes again is refused."""
        answered: list[Route] = []

        async def answer(route: Route) -> None:
            answered.append(route)
            if len(answered) == 1:
                await route.fulfill(body=text, content_type=STREAM)
            else:
                await no_stream(route)

        self.stream = answer


async def open_gallery(browser: Browser) -> AsyncIterator[Gallery]:
    """The gallery in a context of its own. An error of a script fails the test."""
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="Asia/Tokyo", reduced_motion="reduce"
    )
    context.set_default_timeout(5_000)
    faults: list[str] = []
    context.on("weberror", lambda thrown: faults.append(str(thrown.error)))
    made = Gallery(await context.new_page())
    await context.route("**/*", made.route)
    yield made
    await context.close()
    assert faults == []


async def no_stream(route: Route) -> None:
    """Refuse a stream for good."""
    await route.fulfill(status=409, body=refusal("No stream here.", status=409), content_type=HTML)


def event(number: int) -> str:
    """What a frame of the stream holds."""
    return json.dumps(
        {"id": f"e{number}", "type": "order.paid", "href": "/console/x", "created_at": "2026-05-25T12:00:00Z"}
    )


def _headers() -> dict[str, str]:
    return {"Content-Security-Policy": POLICY}
