"""The replies in an OpenAPI document: what a route gives, refusals, headers.

Refusals and headers are not described a second time: the dialect is asked for samples of each, so what the document
says of them is what the pipeline sends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from harbor.kernel.errors import Kind
from harbor.kernel.http.dialect import Dialect
from harbor.kernel.http.openapi_refusals import REFUSALS
from harbor.kernel.http.openapi_schemas import Schema, Schemas, inferred, merged
from harbor.kernel.http.request import Mount, Reply, Request
from harbor.kernel.http.routes import Answer, Created, Route
from harbor.kernel.ratelimit.rules import Verdict

EVENT_STREAM = "text/event-stream"
_SAMPLE_ID = "req_01j8z1m2n3p4q5r6s7t8v9w0xy"
_VERDICT = Verdict(allowed=True, limit=600, remaining=599, reset_us=60_000_000, retry_after_ms=0)
# By the end of a header's name, since each product has names of its own.
_HEADERS = (
    ("request-id", "The id of this request; name it when you ask about it."),
    ("version", "The version of the API that answered."),
    ("cache-control", "Replies are not kept by caches."),
    ("limit-limit", "How many requests the present window allows."),
    ("limit-remaining", "How many of them are left."),
    ("limit-reset", "When the window ends, in Unix seconds."),
    ("ratelimit-policy", "The rule of the limit: `q` requests in `w` seconds."),
    ("ratelimit", "Where the caller stands: `r` requests are left for `t` seconds."),
    ("retry-after", "After how many seconds another try makes sense."),
    ("www-authenticate", "How to authenticate."),
)
REPLAYED: Schema = {
    "description": "`true` if this is the reply to an earlier request with the same idempotency key.",
    "schema": {"type": "string", "enum": ["true"]},
}


class Replies:
    """What the routes of one product may answer, for its document. `scheme` is how a refusal asks for credentials."""

    def __init__(self, dialect: Dialect, schemas: Schemas) -> None:
        self._dialect = dialect
        self._schemas = schemas
        self.headers: dict[str, Schema] = {}
        self.responses: dict[str, Schema] = {}
        request = _sample_request()
        self._always = {name: {"type": "string"} for name in dialect.headers(request)}
        self._limits = {name: _header_schema(value) for name, value in dialect.limit_headers(_VERDICT).items()}
        self._status_of: dict[Kind, int] = {}
        self.scheme = "bearer"
        self._gather(request)

    def refusals(self, kinds: list[Kind]) -> dict[str, Schema]:
        """References to the replies to these sorts of refusals, by status."""
        statuses = sorted({self._status_of[kind] for kind in kinds})
        return {str(status): {"$ref": f"#/components/responses/Error{status}"} for status in statuses}

    def success(self, description: str, content: Schema | None, *, is_limited: bool, is_once: bool) -> Schema:
        """A reply that gives `content`, or none."""
        known = {**self._always, **(self._limits if is_limited else {})}
        headers = self._named(known)
        if is_once:
            self.headers["Idempotent-Replayed"] = REPLAYED
            headers["Idempotent-Replayed"] = {"$ref": "#/components/headers/Idempotent-Replayed"}
        reply: Schema = {"description": description, "headers": headers}
        return reply if content is None else {**reply, "content": content}

    def _gather(self, request: Request) -> None:
        samples: dict[int, list[tuple[Kind, Reply, Reply]]] = {}
        for kind, refusal in REFUSALS.items():
            plain, full = (self._dialect.error(fault, request) for fault in (refusal.plain, refusal.full))
            self._status_of[kind] = plain.status
            if kind is Kind.UNAUTHENTICATED and "WWW-Authenticate" in plain.headers:
                self.scheme = plain.headers["WWW-Authenticate"].partition(" ")[0].lower()
            samples.setdefault(plain.status, []).append((kind, plain, full))
        schema: Schema = {}
        for group in samples.values():
            for _, plain, full in group:
                schema = merged(merged(schema, _body_schema(plain)), _body_schema(full))
        self._schemas.components["Error"] = {"description": "Why a request was refused.", **schema}
        for status, group in sorted(samples.items()):
            self.responses[f"Error{status}"] = self._refusal(group)

    def _refusal(self, group: list[tuple[Kind, Reply, Reply]]) -> Schema:
        own = {name: _header_schema(value) for _, _, full in group for name, value in full.headers.items()}
        limits = {} if any(kind is Kind.UNAUTHENTICATED for kind, _, _ in group) else self._limits
        media_type = group[0][1].media_type or "application/json"
        return {
            "description": " ".join(REFUSALS[kind].description for kind, _, _ in group),
            "headers": self._named({**self._always, **limits, **own}),
            "content": {
                media_type: {
                    "schema": {"$ref": "#/components/schemas/Error"},
                    "examples": {kind.value: {"value": msgspec.json.decode(full.body)} for kind, _, full in group},
                }
            },
        }

    def _named(self, schemas: Mapping[str, Schema]) -> dict[str, Schema]:
        for name, schema in schemas.items():
            self.headers[name] = {"description": _header_note(name), "schema": schema}
        return {name: {"$ref": f"#/components/headers/{name}"} for name in schemas}


def shown_types(route: Route) -> dict[int, Any]:
    """What a route gives by status: a type, a media type of its own as text, or None for no body.

    `Route.reply` may be one type, or several by status where a handler answers with more than one.
    """
    if isinstance(route.reply, Mapping):
        return dict(route.reply)
    returned = get_type_hints(route.handler).get("return")
    if returned is type(None) and route.reply is None:
        return {204 if route.status == 200 else route.status: None}
    if route.raw:
        return {route.status: route.reply or EVENT_STREAM}
    shown = route.reply
    if shown is None and route.show is not None:
        shown = get_type_hints(route.show, include_extras=True).get("return")
    if shown is None:
        shown = dict if returned in (Answer, Reply) else get_type_hints(route.handler, include_extras=True)["return"]
    if get_origin(returned) is list:
        shown = list[shown]  # type: ignore[valid-type]
    parts = get_args(returned) if get_origin(returned) in (Union, UnionType) else (returned,)
    is_made = [get_origin(part) is Created for part in parts]
    statuses = {route.status} | ({201} if any(is_made) else set())
    return dict.fromkeys(sorted({201} if all(is_made) else statuses), shown)


def is_unspoken(route: Route) -> bool:
    """Whether nothing says what a route answers, so that the document can only say it is an object."""
    return dict in shown_types(route).values()


def _sample_request() -> Request:
    scope: dict[str, Any] = {"method": "GET", "headers": [], "query_string": b"", "scheme": "https", "client": None}
    return Request(scope, "/", Mount(), _SAMPLE_ID)


def _body_schema(reply: Reply) -> Schema:
    return inferred(msgspec.json.decode(reply.body))


def _header_schema(value: str) -> Schema:
    return {"type": "integer"} if re.fullmatch(r"-?\d+", value) else {"type": "string"}


def _header_note(name: str) -> str:
    lower = name.lower()
    return next((note for end, note in _HEADERS if lower.endswith(end)), "Sent with the reply.")
