"""What a test does in the console, in a person's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import ConsoleMessage, Page, Response
from tests.end_to_end.server import Server

# What axe calls them; "moderate" and "minor" are opinions that depend on the page.
_GRAVE = frozenset({"serious", "critical"})


@dataclass
class Faults:
    """What a page complained of."""

    seen: list[str] = field(default_factory=list)
    # Answers that a test provokes are logged by the browser as errors of the page.
    expected: tuple[str, ...] = ("Failed to load resource",)

    @classmethod
    def of(cls, page: Page) -> Faults:
        """Listen to a page."""
        faults = cls()

        def heard(message: ConsoleMessage) -> None:
            if message.type == "error" and not message.text.startswith(faults.expected):
                faults.seen.append(f"{page.url}: {message.text}")

        def answered(response: Response) -> None:
            if response.status >= 500 and response.status != 503:
                faults.seen.append(f"{response.url}: {response.status}")

        page.on("console", heard)
        page.on("pageerror", lambda error: faults.seen.append(f"{page.url}: {error}"))
        page.on("response", answered)
        return faults


class Console:
    """A page of the console of one server."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        self.made = server.installation.made

    async def sign_in(self, email: str | None = None, password: str | None = None) -> None:
        """Come in by the form."""
        await self.page.goto("/console/sign-in")
        await self.page.get_by_label("E-mail").fill(email or self.made["console"]["email"])
        await self.page.get_by_label("Password", exact=True).fill(password or self.made["console"]["password"])
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.wait_for_url("**/console/sandbox/**")

    def path(self, rest: str, environment: str = "sandbox") -> str:
        """The address of a page of the default workspace."""
        return f"/console/{environment}/harbor/{self.made['harbor'][environment]['workspace_id']}/{rest}"

    async def open(self, rest: str, environment: str = "sandbox") -> Page:
        """That page, loaded."""
        await self.page.goto(self.path(rest, environment))
        return self.page


async def grave_findings(page: Page) -> list[str]:
    """What axe-core finds serious or critical on a page, one line each."""
    results: Any = await Axe().run(page)
    return [
        f"{page.url}: {found['id']}: {found['help']}: {node['html'][:200]}"
        for found in results.response["violations"]
        if found["impact"] in _GRAVE
        for node in found["nodes"]
    ]
