"""Coming in as people do: by the form, with a password and perhaps a code."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from functools import cache
from http.cookies import SimpleCookie
from typing import Any

from tests.console.session import BASE, Browser, stranger
from tests.harness import House, Reply

from harbor.kernel.http.request import Mount
from harbor.kernel.identity.passwords import hash_password

PASSWORD = "correct horse battery staple"
SIGN_IN = f"{BASE}/sign-in"
SECOND_STEP = f"{BASE}/sign-in/second-step"


@cache
def hashed(password: str = PASSWORD) -> str:
    """The hash of a password, made once."""
    return hash_password(password)


async def knock(
    house: House,
    email: str,
    password: str = PASSWORD,
    *,
    at: Browser | None = None,
    next: str = "",
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """The reply to the form of e-mail and password."""
    browser = at or stranger(house)
    fields = {"email": email, "password": password, "next": next}
    return await browser.post(SIGN_IN, fields, token="", headers=headers)


def secret_in(reply: Reply) -> str:
    """The session's secret that a reply sets."""
    morsel = SimpleCookie(reply.headers["set-cookie"]).get("harbor_session")
    assert morsel is not None, reply.headers
    return morsel.value


def came_in(reply: Reply, browser: Browser) -> Browser:
    """The browser with the session that a reply opened."""
    return replace(browser, secret=secret_in(reply))


def step_cookie(reply: Reply) -> dict[str, str]:
    """The header that carries the token between the two steps."""
    morsel = SimpleCookie(reply.headers["set-cookie"])["harbor_second_step"]
    return {"cookie": f"harbor_second_step={morsel.value}"}


def over_tls(browser: Browser) -> Browser:
    """The same browser, speaking TLS."""
    pipeline = browser.client.pipeline

    async def through_tls(scope: MutableMapping[str, Any], receive: Any, send: Any, path: str, mount: Mount) -> None:
        await pipeline({**scope, "scheme": "https"}, receive, send, path, mount)

    return replace(browser, client=replace(browser.client, pipeline=through_tls))  # type: ignore[arg-type]
