"""A person who registers an application in the console and lets it act for them, as a browser sends it."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit

from harbor.console.cookies import form_token

CALLBACK = "https://app.example/callback"


class _Still(urllib.request.HTTPRedirectHandler):
    """Redirects are looked at, not followed."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


_OPEN = urllib.request.build_opener(_Still).open


def granted(url: str, console: Mapping[str, str], account: int) -> dict[str, str]:
    """An application's id and secret, and the tokens that it got for a person of the console."""
    headers = _send(f"{url}/console/sign-in", {"email": console["email"], "password": console["password"]})[1]
    secret = headers["Set-Cookie"].partition(";")[0].partition("=")[2]
    form = {"_token": form_token(secret)}
    cookie = {"Cookie": f"harbor_session={secret}"}
    about = {**form, "name": "Interop", "redirect_url": CALLBACK, "reach": "one"}
    page = _send(f"{url}/console/harvest/developers/applications", about, cookie)[2]
    client_secret, client_id = re.findall(r'data-copy="([A-Za-z0-9_-]+)"', page)

    asked = {"client_id": client_id, "response_type": "code"}
    begun = _send(f"{url}/harvest/oauth2/authorize?{urlencode(asked)}", None, {"User-Agent": "Interop"})
    assert (begun[0], begun[1]["Location"].partition("?")[0]) == (302, "/console/harvest/authorize"), begun
    agreed = {**form, **asked, "account": str(account), "decision": "allow"}
    led = _send(f"{url}/console/harvest/authorize", agreed, cookie)[1]["Location"]
    assert led.startswith(CALLBACK), led
    app = {"client_id": client_id, "client_secret": client_secret}
    exchange = {**app, "grant_type": "authorization_code", "code": parse_qs(urlsplit(led).query)["code"][0]}
    tokens = _send(f"{url}/harvest/api/v2/oauth2/token", exchange, {"User-Agent": "Interop"})[2]
    return {**app, **json.loads(tokens)}


def _send(url: str, fields: Mapping[str, str] | None, headers: Mapping[str, str] | None = None) -> tuple[int, Any, str]:
    body = None if fields is None else urlencode(fields).encode()
    try:
        with _OPEN(urllib.request.Request(url, body, dict(headers or {}))) as reply:
            return reply.status, reply.headers, reply.read().decode()
    except HTTPError as redirect:
        with redirect:
            if redirect.status not in (302, 303):
                raise
            return redirect.status, redirect.headers, ""
