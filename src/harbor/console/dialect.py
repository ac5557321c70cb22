"""The console's dialect: a cookie instead of a key, forms instead of JSON, pages instead of objects."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from harbor.console import forms
from harbor.console.cookies import end_session, is_over_tls, secret_of
from harbor.console.rendering import BASE, MEDIA_TYPE, Renderer
from harbor.kernel.clock import iso_ms
from harbor.kernel.errors import HarborError, Kind, Missing, Unauthenticated
from harbor.kernel.http.dialect import Dialect
from harbor.kernel.http.page import Html
from harbor.kernel.http.pagestyles import Cursor
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.identity import sessions
from harbor.kernel.identity.model import Environment, Principal
from harbor.kernel.storage.database import Database, Tx

PAGE_SIZE = 50
_STATUS = {
    Kind.UNAUTHENTICATED: 401,
    Kind.DENIED: 403,
    Kind.MISSING: 404,
    Kind.INVALID: 422,
    Kind.UNSUPPORTED: 415,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.LIMITED: 429,
    Kind.QUOTA: 403,
    Kind.TOO_LARGE: 413,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}
_TITLES = {
    401: "Sign in again",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "That cannot be done now",
    410: "No longer good",
    413: "Too large",
    415: "Not understood",
    422: "Something is missing or wrong",
    429: "Too often",
    500: "Something went wrong",
    503: "Harbor cannot do this right now",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def console_dialect(database: Database, renderer: Renderer, member_scopes: frozenset[str]) -> Dialect:
    """The dialect over a database, for looking up sessions."""

    def look_up(tx: Tx, request: Request) -> Principal:
        secret = secret_of(request)
        found = (
            sessions.find(tx, secret, environment_of(request), member_scopes=member_scopes)
            if secret is not None
            else None
        )
        if found is None:
            raise Unauthenticated("Your session has ended. Sign in again.", code="session_ended")
        request.signed_in = found
        return found.principal

    async def authenticate(request: Request, find: Callable[..., Any]) -> Principal:  # noqa: ARG001
        return await database.read(lambda tx: look_up(tx, request))

    return Dialect(
        name="console",
        authenticate=authenticate,
        confirm=lambda tx, request, _principal: look_up(tx, request),
        error=lambda fault, request: _error(renderer, fault, request),
        page=Cursor(size=PAGE_SIZE, size_max=100),
        moment=iso_ms,
        headers=_headers,
        checks=("caller", "scope"),
        refuses_unknown=False,
        accepts_media_type=forms.accepts,
        parse=forms.parse,
        decode=forms.decoded,
        vouch=forms.vouch,
        encode=renderer.encode,
        reply_media_type=MEDIA_TYPE,
        logs_bodies=False,
        logs_requests=False,
    )


def environment_of(request: Request) -> Environment:
    """The side that the path names; pages without one are about production. Raises `Missing` for another word."""
    word = request.params.get("environment", Environment.PRODUCTION.value)
    if word not in set(Environment):
        raise Missing("There is no such page.", code="route_not_found")
    return Environment(word)


def _headers(request: Request) -> dict[str, str]:
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Harbor-Request-Id": request.request_id,
    }
    if is_over_tls(request):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def _error(renderer: Renderer, fault: HarborError, request: Request) -> Reply:
    status = 405 if fault.code == "method_not_allowed" else _STATUS[fault.kind]
    headers: dict[str, str] = {}
    if fault.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(fault.retry_after_s)))
    if fault.code == "session_ended":
        if secret_of(request) is not None:
            headers["Set-Cookie"] = end_session(request)
        if request.method in ("GET", "HEAD"):
            ended = "&ended=true" if "Set-Cookie" in headers else ""
            there = f"{BASE}/sign-in?next={quote(_here(request))}{ended}"
            return Reply(303, b"", {**headers, "Location": there}, None)
    message = fault.message
    if fault.code == "permission_denied" and request.signed_in is not None:
        message = "Your role does not allow this. An owner or administrator of the organization can do it."
    page = Html(
        "error.html",
        _TITLES.get(status, "Something went wrong"),
        {
            "status": status,
            "message": message,
            "field": fault.field,
            "code": fault.code,
            "details": fault.details,
            "request_id": request.request_id,
            "retry_after_s": fault.retry_after_s,
        },
    )
    return Reply(status, renderer.refusal(page, request), headers, MEDIA_TYPE)


def _here(request: Request) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return BASE + request.path + (f"?{query}" if query else "")
