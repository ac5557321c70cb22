"""AppHarbor's dialect: `BEARER` tokens in the header or the URL, `error {message}`, exact codes, indented JSON.

Source: docs/products/appharbor.md#requests, #errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from harbor.kernel.errors import HarborError, Kind
from harbor.kernel.http.dialect import Dialect
from harbor.kernel.http.encode import as_json
from harbor.kernel.http.pagestyles import Cursor
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Route
from harbor.kernel.identity.model import Principal
from harbor.kernel.ratelimit.rules import Rule
from harbor.products.appharbor_apps import bodies
from harbor.products.appharbor_apps.access.callers import Access
from harbor.products.appharbor_apps.setup import Limits
from harbor.products.appharbor_apps.wire import FORM, JSON, Done, Pairs, Text, indented, show_moment

_STATUS = {
    Kind.UNAUTHENTICATED: 401,
    Kind.DENIED: 403,
    Kind.MISSING: 404,
    Kind.INVALID: 400,
    Kind.UNSUPPORTED: 415,
    Kind.CONFLICT: 409,
    Kind.GONE: 404,
    Kind.LIMITED: 429,
    Kind.QUOTA: 402,
    Kind.TOO_LARGE: 413,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}
_STATUS_BY_CODE = {"method_not_allowed": 405, "build_refused": 422, "addon_refused": 422}
# A client of OAuth reads `error=…` where others read JSON.
_FORM_ROUTES = frozenset({"oauth.token", "oauth.password"})
_OAUTH_WORDS = {Kind.UNAUTHENTICATED: "invalid_grant", Kind.DENIED: "unauthorized_client"}
# git asks for a name and a password when it is told so, and for nothing otherwise.
_GIT = "git."
REALM = 'Basic realm="Harbor", charset="UTF-8"'


def error(fault: HarborError, request: Request) -> Reply:
    """`{"error": {"message": …}}`, and `fields` where single fields are wrong."""
    status = _STATUS_BY_CODE.get(fault.code, _STATUS[fault.kind])
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = REALM if request.route_name.startswith(_GIT) else "Bearer"
    if fault.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(fault.retry_after_s)))
    if request.route_name in _FORM_ROUTES and status < 500:
        word = _OAUTH_WORDS.get(fault.kind, "invalid_request")
        return Reply(status if status in (401, 429) else 400, f"error={word}".encode(), headers, FORM)
    about: dict[str, Any] = {"message": fault.message}
    fields = {str(each["field"]): each["message"] for each in fault.details if each.get("field")}
    if fault.field is not None:
        fields.setdefault(fault.field, fault.message)
    if fields:
        about["fields"] = fields
    return Reply(status, indented(msgspec.json.encode({"error": about})), headers, JSON)


def encode(value: object, _request: Request) -> tuple[bytes, str]:
    """Indented JSON, or what the value says it is."""
    if isinstance(value, Done):
        return b"", JSON
    if isinstance(value, Pairs):
        return "&".join(f"{name}={text}" for name, text in value.pairs).encode(), FORM
    if isinstance(value, Text):
        return value.content.encode(), value.media_type
    return indented(as_json(value, moment=show_moment, decimal=float)), JSON


def drop_blanks(request: Request, _route: Route) -> None:
    """A query parameter without a value counts as absent, and of one given twice the last counts."""
    last = dict(request.query)
    request.query[:] = [(name, value) for name, value in last.items() if value.strip()]


def appharbor_dialect(access: Access, limits: Limits) -> Dialect:
    """The dialect over one source of callers and an installation's limits."""

    def limit(_request: Request, principal: Principal) -> Sequence[tuple[str, Rule]]:
        return () if limits.calls is None else ((f"appharbor:{principal.actor}", limits.calls),)

    def refusal_limit(request: Request) -> tuple[str, Rule] | None:
        return None if limits.refusals is None else (f"appharbor:refused:{request.client}", limits.refusals)

    async def authenticate(request: Request, find: Callable[..., Any]) -> Principal:
        del find  # tokens of people are no credentials of the kernel
        return await access.authenticate(request)

    return Dialect(
        name="appharbor",
        authenticate=authenticate,
        confirm=access.confirm,
        error=error,
        page=Cursor(size=25, size_max=200),
        moment=show_moment,
        limit=limit,
        refusal_limit=refusal_limit,
        headers=lambda request: {"X-Request-Id": request.request_id, "Cache-Control": "no-cache"},
        checks=("blanks", "caller", "limit", "scope"),
        extra={"blanks": drop_blanks},
        refuses_unknown=False,
        # Bodies hold values of configuration variables and tokens in addresses of archives.
        logs_bodies=False,
        parse=bodies.parse,
        decode=bodies.decode,
        encode=encode,
        reply_media_type=JSON,
    )
