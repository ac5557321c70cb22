"""From declared types to JSON Schema: bodies and queries as they are read, shown objects as the dialect writes them.

`msgspec` makes schemas too, but sorts the fields of a shown object and knows nothing of how a dialect prints moments.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Protocol,
    Required,
    TypeGuard,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
    runtime_checkable,
)

import msgspec

from harbor.kernel.http.dialect import Dialect

Schema = dict[str, Any]

ANY_OBJECT: Schema = {"type": "object"}
DATE_TIME: Schema = {"type": "string", "format": "date-time"}
SAMPLE_MOMENT = datetime(2026, 5, 25, 12, 0, tzinfo=UTC)
_PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    NoneType: {"type": "null"},
    date: {"type": "string", "format": "date"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    # Raw JSON text is checked by its slice; wherever it is used it must be an object.
    msgspec.Raw: ANY_OBJECT,
    dict: ANY_OBJECT,
    list: {"type": "array", "items": {}},
    object: {},
    Any: {},
}
# How a file of a form is described: OpenAPI 3.1, "Considerations for file uploads".
FILE: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


@runtime_checkable
class Documented(Protocol):
    """A type of a product's own, which tells itself how it looks in a document."""

    @classmethod
    def documented_schema(cls) -> Schema:
        """The schema of a value of this type."""
        ...


class Schemas:
    """The schemas of one document. Structs and TypedDicts become components, each once."""

    def __init__(self, dialect: Dialect) -> None:
        self.components: dict[str, Schema] = {}
        self._names: dict[object, str] = {}
        self._moment = (
            DATE_TIME if isinstance(dialect.moment(SAMPLE_MOMENT), str) else inferred(dialect.moment(SAMPLE_MOMENT))
        )
        self._decimal = inferred(dialect.decimal(Decimal("1.5")))

    def of(self, type_: Any, *, is_shown: bool = False) -> Schema:
        """The schema of a type. `is_shown` writes moments and decimals as the dialect does, and not as bodies have them."""
        if type_ in (datetime, Decimal):
            read = DATE_TIME if type_ is datetime else {"type": ["number", "string"]}
            return dict((self._moment if type_ is datetime else self._decimal) if is_shown else read)
        if isinstance(type_, type) and issubclass(type_, Enum):
            return {"type": "string", "enum": [member.value for member in type_]}
        if isinstance(type_, Documented):
            return type_.documented_schema()
        if _is_record(type_):
            return {"$ref": f"#/components/schemas/{self._component(type_)}"}
        if _is_hashable(type_) and type_ in _PLAIN:
            return dict(_PLAIN[type_])
        return self._compound(type_, is_shown)

    def resolved(self, schema: Schema) -> Schema:
        """The component a reference leads to, or the schema itself."""
        return self.components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema

    def _compound(self, type_: Any, is_shown: bool) -> Schema:
        origin, args = get_origin(type_), get_args(type_)
        if origin is Annotated:
            return self._annotated(args[0], args[1:], is_shown)
        if origin in (Required, NotRequired):
            return self.of(args[0], is_shown=is_shown)
        if origin is Literal:
            return {**inferred(args[0]), "enum": list(args)}
        if origin in (Union, UnionType):
            kinds = [self.of(part, is_shown=is_shown) for part in args if part is not msgspec.UnsetType]
            return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        if origin in (list, tuple, Sequence, set, frozenset):
            return {"type": "array", "items": self.of(args[0], is_shown=is_shown)}
        if origin in (dict, Mapping):
            values = self.of(args[1], is_shown=is_shown)
            return {"type": "object", "additionalProperties": values} if values else dict(ANY_OBJECT)
        raise TypeError(f"{type_!r} has no schema")

    def _annotated(self, type_: Any, metas: Sequence[Any], is_shown: bool) -> Schema:
        schema = self.of(type_, is_shown=is_shown)
        for meta in metas:
            if isinstance(meta, msgspec.Meta):
                schema = {**schema, **_constraints(meta, str(schema.get("type")))}
        return schema

    def _component(self, type_: Any) -> str:
        if type_ in self._names:
            return self._names[type_]
        short = type_.__name__.removesuffix("Body") or type_.__name__
        name = next(name for name in (short, type_.__name__, f"{_slice(type_)}{short}") if name not in self.components)
        self._names[type_] = name
        self.components[name] = {}  # the name is taken before the fields are read, which may mention it
        schema = self._struct(type_) if _is_struct(type_) else self._typed_dict(type_)
        self.components[name].update(schema)
        return name

    def _struct(self, type_: type[msgspec.Struct]) -> Schema:
        fields = msgspec.structs.fields(type_)
        properties = {field.encode_name: {**self.of(field.type), **_default(field)} for field in fields}
        required = [field.encode_name for field in fields if field.required]
        return _object(type_, properties, required, is_closed=type_.__struct_config__.forbid_unknown_fields)

    def _typed_dict(self, type_: Any) -> Schema:
        hints = get_type_hints(type_, include_extras=True)
        properties = {name: self.of(hint, is_shown=True) for name, hint in hints.items()}
        # `__required_keys__` misses what annotations that are text say, so the resolved hints are asked first.
        required = [
            name
            for name, hint in hints.items()
            if get_origin(hint) is Required or (get_origin(hint) is not NotRequired and name in type_.__required_keys__)
        ]
        return _object(type_, properties, required, is_closed=True)


def inferred(value: object) -> Schema:
    """The schema of a sample: what is there is required, and nothing else may be."""
    if isinstance(value, dict):
        properties = {name: inferred(item) for name, item in value.items()}
        if not properties:
            return dict(ANY_OBJECT)
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    if isinstance(value, list | tuple):
        return {"type": "array", "items": inferred(value[0]) if value else {}}
    if isinstance(value, datetime):
        return dict(DATE_TIME)
    return dict(_PLAIN.get(type(value), {}))


def merged(one: Schema, other: Schema) -> Schema:
    """What describes both samples: fields of either, of which those of both are required."""
    if one == other or not other:
        return one
    if not one:
        return other
    if one.get("type") == other.get("type") == "object":
        names = [*one.get("properties", {}), *other.get("properties", {})]
        properties = {
            name: merged(one["properties"].get(name, {}), other["properties"].get(name, {}))
            for name in dict.fromkeys(names)
        }
        required = [name for name in one["required"] if name in other["required"]]
        return {**one, "properties": properties, "required": required}
    return {"anyOf": [*one.get("anyOf", [one]), *other.get("anyOf", [other])]}


def without_null(schema: Schema) -> Schema:
    """The schema of a query parameter: one that is absent is not sent, since a query knows no null."""
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    if "anyOf" not in schema:
        return rest
    return {**kinds[0], **rest} if len(kinds) == 1 else {"anyOf": kinds, **rest}


def _object(type_: Any, properties: dict[str, Schema], required: list[str], *, is_closed: bool) -> Schema:
    schema: Schema = {"type": "object"}
    if type_.__doc__:
        schema["description"] = inspect.cleandoc(type_.__doc__)
    schema["properties"] = properties
    if required:
        schema["required"] = required
    if is_closed:
        schema["additionalProperties"] = False
    return schema


def _constraints(meta: msgspec.Meta, kind: str) -> Schema:
    found: Schema = {}
    if meta.title is not None:
        found["title"] = meta.title
    if meta.description is not None:
        found["description"] = meta.description
    found.update({word: value for name, word in _BOUNDS.items() if (value := getattr(meta, name)) is not None})
    if meta.multiple_of is not None:
        found["multipleOf"] = meta.multiple_of
    if meta.pattern is not None:
        found["pattern"] = meta.pattern
    noun = {"array": "Items", "object": "Properties"}.get(kind, "Length")
    if meta.min_length is not None:
        found[f"min{noun}"] = meta.min_length
    if meta.max_length is not None:
        found[f"max{noun}"] = meta.max_length
    if meta.examples is not None:
        found["examples"] = list(meta.examples)
    return {**found, **(meta.extra_json_schema or {})}


def _default(field: msgspec.structs.FieldInfo) -> Schema:
    if field.default_factory is not msgspec.NODEFAULT:
        return {"default": msgspec.to_builtins(field.default_factory())}
    if field.default in (msgspec.NODEFAULT, msgspec.UNSET):
        return {}
    return {"default": msgspec.to_builtins(field.default)}


def _is_struct(type_: Any) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(type_, type) and issubclass(type_, msgspec.Struct)


def _is_record(type_: Any) -> bool:
    return _is_struct(type_) or is_typeddict(type_)


def _is_hashable(type_: Any) -> bool:
    # A Literal or Meta may hold lists, and then the type cannot be looked up in a table.
    try:
        hash(type_)
    except TypeError:
        return False
    return True


def _slice(type_: Any) -> str:
    """`Webhooks` for a type of `…harbor_events.webhooks.api`: to tell apart two types of one name."""
    words = type_.__module__.split(".")
    return "".join(word.capitalize() for word in words[-2].split("_"))
