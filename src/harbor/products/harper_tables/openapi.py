"""The OpenAPI document of the operations: one path, and a schema for each operation of what its body holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harbor.products.harper_tables.openapi_fields import FIELDS
from harbor.products.harper_tables.operations import Operation, Operations

Schema = dict[str, Any]

_TYPES: Final[Mapping[str, Schema]] = {
    "any": {},
    "array": {"type": "array"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "object": {"type": "object"},
    "objects": {"type": "array", "items": {"type": "object"}},
    "string": {"type": "string"},
    "strings": {"type": "array", "items": {"type": "string"}},
}
_FORMS: Final = ("application/json", "application/cbor", "application/x-msgpack")
_REFUSALS: Final[Mapping[str, str]] = {
    "400": "A fault of the request; the header Harper-Error-Code says which.",
    "401": "No credential, or a wrong one.",
    "403": "Not for this caller's role.",
    "404": "Something named is not there.",
    "409": "Something of this name is there already.",
    "413": "The body is too large.",
    "429": "Too many failed sign-ins; Retry-After says when to come again.",
}


def document(operations: Operations, *, title: str, description: str, version: str, base_url: str) -> dict[str, Any]:
    """The document. Every operation is in it, under all its names."""
    known = sorted((each for each in operations.known), key=lambda each: each.name)
    names = [name for each in known for name in (each.name, *each.also)]
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "servers": [{"url": base_url}],
        "tags": [{"name": "Operations"}, {"name": "Service"}],
        "security": [{"basic": []}, {"token": []}],
        "paths": {
            "/": {"get": _running("home"), "post": _post(names)},
            "/health": {"get": _running("health")},
            "/api/openapi/rest": {"get": _rest()},
            "/changes": {"get": _changes()},
        },
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
            "schemas": {
                "error": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {
                        "error": {"type": "string"},
                        "unauthorized_access": {"type": "array"},
                        "invalid_schema_items": {"type": "array", "items": {"type": "string"}},
                        "details": {"type": "array", "items": {"type": "object"}},
                        "operation_index": {"type": "integer"},
                        "path": {"type": "string"},
                    },
                },
                **{name: _body(each, name) for each in known for name in (each.name, *each.also)},
            },
        },
    }


def _post(names: list[str]) -> Schema:
    body = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in names],
        "discriminator": {"propertyName": "operation"},
    }
    return {
        "operationId": "operate",
        "summary": "Run an operation",
        "tags": ["Operations"],
        "description": "The body's field `operation` names it; other fields are its own, and unknown ones are ignored.",
        "parameters": [
            _header("Idempotency-Key", "A write that comes again with its key is answered again and not done again."),
            _header("Harper-Error-Details", "With `true` a refusal lists each fault with its path.", {"const": "true"}),
        ],
        "requestBody": {"required": True, "content": {form: {"schema": body} for form in _FORMS}},
        "responses": {
            "200": {
                "description": "Done. A text, number or boolean is the `message` of an object.",
                "content": {form: {"schema": {"type": ["object", "array"]}} for form in (*_FORMS, "text/csv")},
            },
            **{status: _refusal(words) for status, words in _REFUSALS.items()},
        },
    }


def _running(name: str) -> Schema:
    text = {"description": "It runs.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    return {
        "operationId": name,
        "summary": "Whether it runs",
        "description": "Nobody needs a credential to learn that.",
        "tags": ["Service"],
        "security": [],
        "responses": {"200": text},
    }


def _rest() -> Schema:
    found = {"description": "The document.", "content": {"application/json": {"schema": {"type": "object"}}}}
    refusals = {status: _refusal(_REFUSALS[status]) for status in ("401", "403")}
    return {
        "operationId": "describeTables",
        "summary": "The tables as schemas of an OpenAPI document",
        "description": "For super users.",
        "tags": ["Service"],
        "responses": {"200": found, **refusals},
    }


def _changes() -> Schema:
    stream = {
        "description": "Server-sent events, one for each change.",
        "content": {"text/event-stream": {"schema": {}}},
    }
    refusals = {status: _refusal(_REFUSALS[status]) for status in ("400", "401", "403", "404")}
    asked = [
        {
            "name": field.names[0],
            "in": "query",
            "required": field.is_required,
            "schema": field.schema,
        }
        for field in fields_of("changes")
    ]
    return {
        "operationId": "followChanges",
        "summary": "Follow the changes of a table",
        "description": "As they happen, from a moment, or behind the change that Last-Event-ID names.",
        "tags": ["Operations"],
        "parameters": [*asked, _header("Last-Event-ID", "The id of the last change that came.")],
        "responses": {"200": stream, **refusals},
    }


def _header(name: str, words: str, schema: Schema | None = None) -> Schema:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": words,
        "schema": schema or {"type": "string", "minLength": 1, "maxLength": 255},
    }


def _refusal(words: str) -> Schema:
    return {"description": words, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}}}


def _body(operation: Operation, name: str) -> Schema:
    properties: dict[str, Schema] = {"operation": {"const": name}}
    required = ["operation"]
    one_of: list[list[str]] = []
    for field in fields_of(operation.name):
        for each in field.names:
            properties[each] = field.schema
        if field.is_required and len(field.names) == 1:
            required.append(field.names[0])
        elif field.is_required:
            one_of.append(list(field.names))
    schema: Schema = {
        "type": "object",
        "description": operation.summary,
        "required": required,
        "properties": properties,
    }
    if operation.group:
        schema["x-group"] = operation.group
    if one_of:
        schema["allOf"] = [{"anyOf": [{"required": [each]} for each in names]} for names in one_of]
    return schema


class Field:
    """One field: its names, the newest first, whether it is required, and its schema."""

    __slots__ = ("is_required", "names", "schema")

    def __init__(self, text: str) -> None:
        names, _, kind = text.partition(":")
        self.is_required = names.endswith("!")
        self.names = tuple(names.removesuffix("!").split("|"))
        self.schema = _TYPES[kind or "any"] if "/" not in kind else {"enum": kind.split("/")}


def fields_of(name: str) -> list[Field]:
    """The fields of an operation."""
    return [Field(text) for text in FIELDS.get(name, "").split()]
