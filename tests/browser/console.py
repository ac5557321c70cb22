"""What a test does in the console, in a person's words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, Response
from tests.end_to_end.server import LOOPBACK, Server

# Webhooks may go to this machine, and a test is not told that it is too quick.
SETTINGS = {**LOOPBACK, "HARBOR_RATE_LIMIT_SANDBOX": "off", "HARBOR_RATE_LIMIT_PRODUCTION": "off"}
_DONE_S_MAX = 10.0
OpenPage = Callable[..., Awaitable[Page]]


@dataclass
class Faults:
    """What a page complained of."""

    seen: list[str] = field(default_factory=list)
    # Answers that a test provokes are logged by the browser as errors of the page.
    expected: tuple[str, ...] = ("Failed to load resource",)

    @classmethod
    def of(cls, context: BrowserContext) -> Faults:
        """Listen to all pages of a context."""
        faults = cls()

        def heard(message: ConsoleMessage) -> None:
            if message.type == "error" and not message.text.startswith(faults.expected):
                faults.seen.append(f"{message.location.get('url')}: {message.text}")

        def answered(response: Response) -> None:
            if response.status >= 500 and response.status != 503:
                faults.seen.append(f"{response.url}: {response.status}")

        context.on("console", heard)
        context.on("weberror", lambda thrown: faults.seen.append(f"{thrown.page and thrown.page.url}: {thrown.error}"))
        context.on("response", answered)
        return faults


class Console:
    """A page of the console of one server."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        self.made = server.installation.made

    async def sign_in(self, email: str | None = None, password: str | None = None) -> None:
        """Come in by the form; without words as the first administrator."""
        await self.give_password(email or self.made["console"]["email"], password or self.made["console"]["password"])
        await self.page.wait_for_url("**/console/sandbox/**")

    async def give_password(self, email: str, password: str) -> None:
        """Send the form of signing in."""
        await self.page.goto("/console/sign-in")
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.page.get_by_role("button", name="Sign in").click()

    def path(self, rest: str, environment: str = "sandbox") -> str:
        """The address of a page of the default workspace."""
        return f"/console/{environment}/harbor/{self.made['harbor'][environment]['workspace_id']}/{rest}"

    async def open(self, rest: str, environment: str = "sandbox") -> Page:
        """That page, loaded."""
        await self.page.goto(self.path(rest, environment))
        return self.page


async def reloaded_until(page: Page, shown: Locator) -> None:
    """Load a page anew until something is on it that the server does meanwhile."""
    async with asyncio.timeout(_DONE_S_MAX):
        while not await shown.count():
            await page.reload()
