"""The OpenAPI 3.1 document of a product, made from its route table.

Nothing is described twice: parameters and bodies come from the types that handlers declare, replies from what `show`
returns, refusals and headers from the dialect. A route that is in the table is in the document.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any, get_type_hints

import msgspec

from harbor.kernel import bounds
from harbor.kernel.errors import Kind
from harbor.kernel.http import openapi_pages
from harbor.kernel.http.decode import Query
from harbor.kernel.http.openapi_replies import EVENT_STREAM, Replies, shown_types
from harbor.kernel.http.openapi_schemas import FILE, Schema, Schemas, without_null
from harbor.kernel.http.openapi_versions import walked_back
from harbor.kernel.http.product import Product
from harbor.kernel.http.routes import Bound, Route, bind

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# The ids of the kernel by the names that path parameters have; a handler that declares a type of its own comes first.
_ID_PREFIXES: Mapping[str, str] = {
    "workspace_id": "ws",
    "event_id": "evt",
    "webhook_id": "wh",
    "delivery_id": "del",
    "attempt_id": "att",
    "key_id": "key",
    "request_id": "req",
    "job_id": "job",
}
_STATUS_WORDS = {200: "Done.", 201: "Made.", 202: "Accepted; it is done afterwards.", 204: "Done; there is no body."}
_IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": (
        "Repeating a request with the same key and body within 24 hours gives the first reply again and does nothing. "
        "A UUID is a good key."
    ),
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": bounds.IDEMPOTENCY_KEY_LENGTH_MAX,
        "pattern": "^[!-~]+$",
        "examples": ["3f0c5d1e-8a27-4f0e-9d5b-6f1f0a2b7c31"],
    },
}
_LAST_EVENT_ID: Schema = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "Resume after this event, as clients of server-sent events do by themselves.",
    "schema": {"type": "string"},
}


def document(product: Product, *, base_url: str, version: str | None = None) -> dict[str, Any]:
    """The document of a product, or of an older `version` of it, reached under `base_url`."""
    return _Document(product, version or product.versions.known[0]).made(base_url, version or product.version)


def encode(document: Mapping[str, Any]) -> bytes:
    """The document as JSON text whose order depends on nothing but the product."""
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


class _Document:
    """One document while it is being made."""

    def __init__(self, product: Product, version: str) -> None:
        self.product = product
        self.version = version
        self.dialect = product.dialect
        self.schemas = Schemas(product.dialect)
        self.replies = Replies(product.dialect, self.schemas)
        self.routes = [
            bind(route, product.dialect.page.parameters)
            for route in product.routes
            if not route.is_hidden and product.versions.has_route(version, route.name)
        ]

    def made(self, base_url: str, version: str) -> dict[str, Any]:
        scheme = self.replies.scheme
        paths: dict[str, dict[str, Any]] = {}
        originals: dict[Any, str] = {}
        for bound in self.routes:
            route = bound.route
            original = originals.setdefault((route.handler, route.show), route.name)
            operation = self._operation(bound, None if original == route.name else original)
            paths.setdefault(route.path, {})[route.method.lower()] = operation
        tags = dict.fromkeys(tag for bound in self.routes for tag in bound.route.tags)
        return {
            "openapi": "3.1.0",
            "info": {"title": self.product.title, "version": version, "description": self.product.description},
            "servers": [{"url": base_url}],
            "tags": [{"name": tag} for tag in tags],
            "security": [{scheme: []}],
            "paths": paths,
            "components": {
                "securitySchemes": {scheme: self._security(scheme)},
                "headers": dict(sorted(self.replies.headers.items())),
                "responses": self.replies.responses,
                "schemas": dict(sorted(self.schemas.components.items())),
            },
        }

    def _operation(self, bound: Bound, alias_of: str | None) -> dict[str, Any]:
        route = bound.route
        operation: dict[str, Any] = {
            "operationId": route.name,
            "summary": route.summary,
            "description": _description(bound, alias_of),
            "tags": list(route.tags),
        }
        if alias_of is not None:
            operation["deprecated"] = False
        if route.scopes:
            operation["x-harbor-scopes"] = list(route.scopes)
        if route.auth != "caller":
            operation["security"] = []
        if parameters := [*self._path(bound), *self._query(bound), *self._headers(route)]:
            operation["parameters"] = parameters
        if bound.body_type is not None:
            operation["requestBody"] = self._body(bound.body_type, route)
        operation["responses"] = {**self._successes(route), **self.replies.refusals(_kinds(self.dialect, bound))}
        return operation

    def _path(self, bound: Bound) -> list[Schema]:
        hints = get_type_hints(bound.route.handler, include_extras=True)
        names = re.findall(r"\{(\w+)[^}]*\}", bound.route.path)
        return [
            {"name": name, "in": "path", "required": True, **_moved_up(self._path_schema(name, hints.get(name, str)))}
            for name in names
        ]

    def _path_schema(self, name: str, declared: Any) -> Schema:
        if declared is not str:
            return self.schemas.of(declared)
        if (prefix := _ID_PREFIXES.get(name)) is not None:
            example = f"{prefix}_01j8yxw2v3t4s5r6q7p8n9m0k1"
            return {"type": "string", "pattern": f"^{prefix}_[0-9a-z]{{6,64}}$", "examples": [example]}
        return {"type": "string", "minLength": 1, "maxLength": bounds.HEADER_NAME_LENGTH_MAX}

    def _query(self, bound: Bound) -> list[Schema]:
        fields = msgspec.structs.fields(bound.query_type) if bound.query_type is not None else ()
        found = []
        for field in fields:
            schema = without_null(self.schemas.of(field.type))
            if isinstance(field.default, str | int | float):
                schema["default"] = field.default
            required = {"required": True} if field.required else {}
            found.append({"name": field.encode_name, "in": "query", **required, **_moved_up(schema)})
        return found + (openapi_pages.parameters(self.dialect) if bound.route.paged else [])

    def _headers(self, route: Route) -> list[Schema]:
        if self._is_once(route):
            return [_IDEMPOTENCY_KEY]
        return [_LAST_EVENT_ID] if EVENT_STREAM in shown_types(route).values() else []

    def _is_once(self, route: Route) -> bool:
        return self.dialect.allows_idempotency and route.method == "POST" and not route.raw

    def _body(self, body_type: Any, route: Route) -> Schema:
        schema = self.schemas.of(body_type)
        described = self.schemas.resolved(schema)
        media_types = ["application/json"]
        if any(FILE in (each, *each.get("anyOf", ())) for each in map(_bare, described.get("properties", {}).values())):
            media_types.append("multipart/form-data")  # files come in no other way
        return {
            "description": f"At most {route.body_bytes_max:,} bytes.",
            "required": bool(described.get("required")),
            "content": {media_type: {"schema": schema} for media_type in media_types},
        }

    def _successes(self, route: Route) -> dict[str, Schema]:
        is_limited = route.auth == "caller"
        return {
            str(status): self.replies.success(
                _STATUS_WORDS.get(status, "Done, in parts."),
                self._content(route, shown),
                is_limited=is_limited,
                is_once=self._is_once(route),
            )
            for status, shown in sorted(shown_types(route).items())
        }

    def _content(self, route: Route, shown: Any) -> Schema | None:
        if shown is None:
            return None
        if isinstance(shown, str):
            return {shown: {"schema": {"type": "string"}}}
        if route.shows is not None:
            schema = walked_back(self.schemas, self.product.versions, self.version, route.shows, shown)
        else:
            schema = self.schemas.of(shown, is_shown=True)
        if route.paged:
            schema = openapi_pages.envelope(self.dialect, schema, route.key)
        return {self.dialect.reply_media_type: {"schema": schema}}

    def _security(self, scheme: str) -> Schema:
        scopes = sorted({scope for bound in self.routes for scope in bound.route.scopes})
        listed = (
            f" A restricted key has some of the scopes {', '.join(f'`{scope}`' for scope in scopes)}." if scopes else ""
        )
        return {"type": "http", "scheme": scheme, "description": f"A secret key.{listed}"}


def _bare(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name != "default"}


def _kinds(dialect: Any, bound: Bound) -> list[Kind]:
    """The sorts of refusals a route can give."""
    route = bound.route
    kinds = [Kind.INVALID, Kind.INTERNAL, Kind.UNAVAILABLE]
    if route.auth != "none":
        kinds += [Kind.UNAUTHENTICATED, Kind.DENIED, Kind.LIMITED]
    takes_workspace = bound.query_type is not None and "workspace_id" in bound.query_type.__struct_fields__
    if bound.path_params or route.locate is not None or takes_workspace:
        kinds.append(Kind.MISSING)
    if route.writes or route.journey or (dialect.allows_idempotency and route.method == "POST"):
        kinds += [Kind.CONFLICT, Kind.QUOTA]
    if route.method in _BODY_METHODS:
        kinds += [Kind.TOO_LARGE, Kind.UNSUPPORTED]
    return kinds


def _description(bound: Bound, alias_of: str | None) -> str:
    route, query_type = bound.route, bound.query_type
    sentences = [route.description or inspect.getdoc(route.handler) or ""]
    if query_type is not None and query_type is not Query and (described := inspect.getdoc(query_type)):
        sentences.append(described)
    if route.scopes:
        words = " or ".join(f"`{scope}`" for scope in route.scopes)
        sentences.append(f"Needs the scope {words}.")
    if alias_of is not None:
        sentences.append(f"The same as `{alias_of}`, under another name for convenience.")
    return "\n\n".join(sentences)


def _moved_up(schema: Schema) -> Schema:
    """A parameter's schema, with its description where readers of parameters look for it."""
    rest = {name: value for name, value in schema.items() if name != "description"}
    return {**({"description": schema["description"]} if "description" in schema else {}), "schema": rest}
