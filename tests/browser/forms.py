"""Forms of the console without their pages: quicker ways to what a test begins with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.async_api import BrowserContext
from tests.browser.console import Console

from harbor.console.cookies import form_token

PASSWORD = "a few good words"


@dataclass(frozen=True, slots=True)
class Forms:
    """The console's forms without their pages, sent with the cookies of a browser."""

    context: BrowserContext
    url: str
    token: str

    @classmethod
    async def of(cls, console: Console) -> Forms:
        """In the session of a browser."""
        cookies = await console.page.context.cookies()
        secret = next(cookie["value"] for cookie in cookies if cookie["name"] == "harbor_session")
        return cls(console.page.context, console.server.url, form_token(secret))

    async def post(self, path: str, **fields: str) -> str:
        """The page that a form leads to."""
        reply = await self.context.request.post(path, form={"_token": self.token, **fields})
        assert reply.ok, (reply.status, await reply.text())
        return await reply.text()

    async def find(self, path: str, pattern: str) -> str:
        """What a page has in it; the page is asked for again until it has."""
        while True:
            reply = await self.context.request.get(path)
            assert reply.ok, (reply.status, await reply.text())
            if (found := re.search(pattern, await reply.text())) is not None:
                return found[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """Somebody who was asked to join."""

    id: str
    email: str
    token: str


async def invite(forms: Forms, name: str, role: str = "member") -> Invited:
    """Ask somebody to join."""
    email = f"{name.lower().replace(' ', '.')}@example.com"
    page = await forms.post("/console/people/invite", email=email, name=name, role=role)
    return Invited(id=found(r"/people/(?!invite)(\w+_\w+)", page), email=email, token=found(r"/join/([\w.-]+)", page))


async def join(forms: Forms, name: str, role: str = "member") -> Invited:
    """Somebody who has joined, with `PASSWORD`."""
    invited = await invite(forms, name, role)
    # In another browser: who joins is signed in, and the session that was there before ends.
    assert forms.context.browser is not None
    apart = await forms.context.browser.new_context()
    fields: dict[str, str | float | bool] = {"name": name, "password": PASSWORD, "again": PASSWORD}
    reply = await apart.request.post(f"{forms.url}/console/join/{invited.token}", form=fields)
    assert reply.ok, (reply.status, await reply.text())
    await apart.close()
    return invited


def found(pattern: str, text: str) -> str:
    """The first group of what matches."""
    match = re.search(pattern, text)
    assert match is not None, (pattern, text[:2_000])
    return match[1]
