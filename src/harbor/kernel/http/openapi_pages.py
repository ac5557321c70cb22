"""Pages in an OpenAPI document: the parameters and the envelope of each page style."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol, runtime_checkable

from harbor.kernel.http.dialect import Dialect
from harbor.kernel.http.openapi_schemas import Schema, inferred, merged
from harbor.kernel.http.pagestyles import Cursor, Numbered

_CURSOR_LENGTH_MAX = 128


@dataclass(frozen=True, slots=True)
class Form:
    """How a page style looks in a document."""

    parameters: Callable[[Any], list[Schema]]
    envelope: Callable[[Any, Schema, str | None], Schema]


@runtime_checkable
class Documented(Protocol):
    """A page style of a product's own, which tells itself how it looks in a document."""

    def documented_parameters(self) -> list[Schema]:
        """The query parameters that every list takes."""
        ...

    def documented_envelope(self, item: Schema, key: str | None) -> Schema:
        """The schema of a page of items."""
        ...


def parameters(dialect: Dialect) -> list[Schema]:
    """The query parameters that every list of a dialect takes."""
    if isinstance(dialect.page, Documented):
        return dialect.page.documented_parameters()
    return _FORMS[type(dialect.page)].parameters(dialect.page)


def envelope(dialect: Dialect, item: Schema, key: str | None) -> Schema:
    """The schema of a page of items. `key` names them where the style has a name for each list."""
    if isinstance(dialect.page, Documented):
        return dialect.page.documented_envelope(item, key)
    return _FORMS[type(dialect.page)].envelope(dialect.page, item, key)


def _cursor_parameters(style: Cursor) -> list[Schema]:
    after = {"type": "string", "minLength": 1, "maxLength": _CURSOR_LENGTH_MAX}
    return [
        _query("limit", "How many items a page has at most.", _size(style)),
        _query(style.after, "The `end_cursor` of the page before.", after),
    ]


def _cursor_envelope(style: Cursor, item: Schema, key: str | None) -> Schema:  # noqa: ARG001
    return {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": item, "maxItems": style.size_max},
            "has_more": {"type": "boolean", "description": "Whether there is a page after this one."},
            "end_cursor": {
                "anyOf": [{"type": "string"}, {"type": "null"}],
                "description": f"What `{style.after}` takes for the next page; null if this one is empty.",
            },
        },
        "required": ["data", "has_more", "end_cursor"],
        "additionalProperties": False,
    }


def _numbered_parameters(style: Numbered) -> list[Schema]:
    number = {"type": "integer", "minimum": 1, "maximum": style.page_max, "default": 1}
    return [
        _query("page", "The number of the page, from 1.", number),
        _query(style.size_parameter, "How many items a page has at most.", _size(style)),
    ]


def _numbered_envelope(style: Numbered, item: Schema, key: str | None) -> Schema:
    # The envelope is the product's own function, so it is asked for the first, a middle and the last of three pages.
    marker: list[Any] = [object()]
    shown = [style.envelope(marker, 3 * style.size, number, style.size, 3, key) for number in (1, 2, 3)]
    schema = reduce(merged, map(inferred, shown))
    for name in (name for name, value in shown[0].items() if value is marker):
        schema["properties"][name] = {"type": "array", "items": item, "maxItems": style.size_max}
    return schema


def _size(style: Cursor | Numbered) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": style.size_max, "default": style.size}


def _query(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema}


_FORMS: Mapping[type, Form] = {
    Cursor: Form(_cursor_parameters, _cursor_envelope),
    Numbered: Form(_numbered_parameters, _numbered_envelope),
}
