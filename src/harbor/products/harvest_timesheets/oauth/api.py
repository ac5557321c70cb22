"""OAuth on the wire: the address that asks a person, tokens for codes and refresh tokens, and tokens given back.

Source: docs/products/harvest.md#oauth.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from html import escape
from typing import Any, TypedDict
from urllib.parse import unquote, urlencode

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.products.harvest_timesheets.oauth import exchange as exchanging
from harbor.products.harvest_timesheets.oauth import service
from harbor.products.harvest_timesheets.oauth.model import Exchanged, Given

CONSENT_PAGE = "/console/harvest/authorize"
CONSENT_TOOL = "harvest.consent_page"  # another address of that page, where the console lies elsewhere
_PAGE = "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>{text}</p></html>"
_HTML = "text/html; charset=utf-8"
_CLOSED = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff"}
_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenRequest(OpenBody, kw_only=True):
    """What an application sends for a token, as form or JSON."""

    grant_type: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    code: str | None = None
    redirect_uri: str | None = None
    code_verifier: str | None = None
    refresh_token: str | None = None


class GiveBack(OpenBody, kw_only=True):
    """A token that is no longer needed."""

    token: str
    client_id: str | None = None
    client_secret: str | None = None


class TokenBody(TypedDict):
    """Both tokens. `expires_in` is in seconds."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


async def authorize(request: Request, services: Services) -> Reply:
    """Lead the browser to the page that asks, or back with what is wrong. Nobody unknown is ever sent to."""
    query = dict(request.query)
    try:
        asked = await services.database.read(lambda tx: service.ask(tx, query))
    except Invalid as refused:
        page = _PAGE.format(title="This cannot be authorized", text=escape(refused.message))
        return Reply(400, page.encode(), dict(_CLOSED), _HTML)
    if asked.error is not None:
        return Reply(302, b"", {"Location": service.refuse(asked, asked.error)}, None)
    query.pop("access_token", None)
    page = services.tools.get(CONSENT_TOOL, CONSENT_PAGE)
    return Reply(302, b"", {"Location": f"{page}?{urlencode(query)}"}, None)


def exchange(call: Call, body: TokenRequest, request: Request) -> Answer:
    """Tokens for a code or a refresh token."""
    client_id, client_secret = _client(request, body.client_id, body.client_secret)
    given = Given(
        grant_type=body.grant_type,
        client_id=client_id,
        client_secret=client_secret,
        code=body.code,
        redirect_uri=body.redirect_uri,
        verifier=body.code_verifier,
        refresh_token=body.refresh_token,
    )
    result = exchanging.exchange(call, given)
    if result.error is not None:
        return _refusal(result)
    shown: TokenBody = {
        "access_token": result.access_token,
        "refresh_token": result.refresh_token,
        "token_type": "bearer",
        "expires_in": result.expires_in_s,
    }
    return Answer(200, shown, dict(_NOT_KEPT))


def give_back(call: Call, body: GiveBack, request: Request) -> Answer:
    """End a token."""
    client_id, client_secret = _client(request, body.client_id, body.client_secret)
    result = exchanging.give_back(call, Given(client_id=client_id, client_secret=client_secret), body.token.strip())
    return Answer(200, {}, dict(_NOT_KEPT)) if result.error is None else _refusal(result)


def _refusal(result: Exchanged) -> Answer:
    is_client = result.error == "invalid_client"
    headers = {**_NOT_KEPT, **({"WWW-Authenticate": 'Basic realm="harvest"'} if is_client else {})}
    body: dict[str, Any] = {"error": result.error, "error_description": result.description}
    return Answer(401 if is_client else 400, body, headers)


def _client(request: Request, client_id: str | None, secret: str | None) -> tuple[str | None, str | None]:
    """Id and secret of the body, or of a Basic header: RFC 6749, 2.3.1, has programs send them so."""
    scheme, _, text = (request.header(b"authorization") or "").strip().partition(" ")
    if secret is not None or scheme.lower() != "basic":
        return client_id, secret
    try:
        name, _, password = b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return client_id, secret
    return unquote(name), unquote(password)


_TAGS = ("OAuth",)
ROUTES = (
    Route(
        "oauth.authorize",
        "GET",
        "/oauth2/authorize",
        authorize,
        auth="none",
        raw=True,
        summary="Ask a person for access",
        tags=_TAGS,
        reply=_HTML,
    ),
    Route(
        "oauth.token",
        "POST",
        "/api/v2/oauth2/token",
        exchange,
        auth="none",
        writes=True,
        summary="Exchange a code or a refresh token",
        tags=_TAGS,
        reply=TokenBody,
    ),
    Route(
        "oauth.revoke",
        "POST",
        "/api/v2/oauth2/revoke",
        give_back,
        auth="none",
        writes=True,
        summary="End a token",
        tags=_TAGS,
        reply=dict[str, object],
    ),
)
