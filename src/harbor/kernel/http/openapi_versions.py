"""Shown objects in the document of an older version: a sample is walked back, and what comes out is described.

Bodies are described in the newest shape, since what an older body may say is known only to the steps that lead it up.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import msgspec

from harbor.kernel.http.openapi_schemas import SAMPLE_MOMENT, Schema, Schemas, inferred
from harbor.kernel.http.versions import Versions

_VALUES: dict[Any, Any] = {
    str: "text",
    int: 1,
    float: 1.5,
    bool: True,
    datetime: SAMPLE_MOMENT,
    Decimal: Decimal("1.5"),
    msgspec.Raw: msgspec.Raw(b"{}"),
}


def walked_back(schemas: Schemas, versions: Versions, version: str, kind: str, type_: Any) -> Schema:
    """The schema of a shown TypedDict as callers of `version` get it."""
    newest = schemas.of(type_, is_shown=True)
    is_changed = any(kind in change.down for change in versions.newer_than(version))
    if not is_changed or not is_typeddict(type_):
        return newest
    before = sample(type_)
    after = versions.down(version, kind, dict(before))
    known = schemas.resolved(newest)["properties"]
    properties = {name: _property(schemas, known.get(name), before.get(name), value) for name, value in after.items()}
    optional = set(known) - set(schemas.resolved(newest).get("required", ()))
    name = f"{newest['$ref'].rpartition('/')[2]}V{version.replace('.', '_')}"
    schemas.components[name] = {
        **schemas.resolved(newest),
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }
    return {"$ref": f"#/components/schemas/{name}"}


def sample(type_: Any) -> Any:
    """A value of a shown type, with every field."""
    origin, args = get_origin(type_), get_args(type_)
    if is_typeddict(type_):
        hints = get_type_hints(type_, include_extras=True)
        return {name: sample(hint) for name, hint in hints.items()}
    if origin in (Annotated, Required, NotRequired):
        return sample(args[0])
    if origin is Literal:
        return args[0]
    if origin in (Union, UnionType):
        return sample(next(part for part in args if part is not NoneType))
    if origin is list:
        return [sample(args[0])]
    if origin is dict or type_ is dict:
        return {}
    return _VALUES.get(type_)


def _property(schemas: Schemas, known: Schema | None, before: object, after: object) -> Schema:
    if known is not None and type(before) is type(after) and before == after:
        return known
    schema = schemas.of(type(after), is_shown=True) if isinstance(after, datetime | Decimal) else inferred(after)
    may_be_null = known is not None and {"type": "null"} in known.get("anyOf", ())
    return {"anyOf": [schema, {"type": "null"}]} if may_be_null else schema
