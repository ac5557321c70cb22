"""From checked JSON or query text to declared types, with errors a caller can act on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin

import msgspec

from harbor.kernel.errors import Invalid

T = TypeVar("T")


class Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A request body whose unknown fields are refused by name."""


class OpenBody(msgspec.Struct, kw_only=True):
    """A request body whose unknown fields are ignored."""


class Query(msgspec.Struct, kw_only=True):
    """Query parameters. A field of a list type takes a repeated parameter."""


_NOTHING_ASKED = Query()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: the dotted path (empty for the whole) and a sentence."""

    path: str
    message: str


_PATH = re.compile(r" - at `(?:key in )?\$([^`]*)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.*)`$", re.DOTALL)
_UNKNOWN_LENGTH_MAX = 100
_MISSING = re.compile(r"^Object missing required field `(.*)`$")
_EXPECTED = re.compile(r"^Expected `(.*)`, got `(.*)`$")
_BOUNDED = re.compile(r"^Expected `(\w+)`( of length)? (>=|<=) (-?[\d.]+)$")
_MATCHING = re.compile(r"^Expected `str` matching regex '(.*)'$", re.DOTALL)
_CHOSEN = re.compile(r"^Invalid enum value (.*)$", re.DOTALL)
_COUNTED = {"str": "characters", "bytes": "bytes", "array": "items", "object": "fields"}
_WORDS = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
    "datetime": "an ISO 8601 moment",
    "date": "an ISO 8601 date",
}


@lru_cache(maxsize=2_000)
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


def body(raw: bytes, type_: type[T]) -> T:
    """The declared type out of a checked JSON text. Raises `Invalid` for the first fault."""
    try:
        return cast(T, _decoder(cast(Any, type_)).decode(raw))
    except msgspec.ValidationError as error:
        fault = _fault(str(error))
        raise Invalid(fault.message, field=fault.path or None) from None


def query(
    pairs: Sequence[tuple[str, str]], type_: type[T], *, known_elsewhere: frozenset[str], refuse_unknown: bool = True
) -> T:
    """The declared query parameters. Raises `Invalid` for a parameter that is unknown, repeated or malformed."""
    if not pairs and type_ is Query:  # most requests
        return cast(T, _NOTHING_ASKED)
    fields = _fields(cast(Any, type_))
    values: dict[str, Any] = {}
    for name, value in pairs:
        parameter = fields.get(name)
        if parameter is None:
            if name in known_elsewhere or not refuse_unknown:
                continue
            raise unknown_parameter(name, sorted({*fields, *known_elsewhere}))
        if parameter.is_list:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise Invalid(f"{name} is given twice; once is possible.", field=name)
        elif parameter.is_optional and value.lower() == "null":
            raise Invalid(f"{name} must not be null; leave it out instead.", field=name)
        else:
            values[name] = value
    try:
        return msgspec.convert(values, type_, strict=False)
    except msgspec.ValidationError as error:
        fault = _fault(str(error))
        raise Invalid(fault.message, field=fault.path or None) from None


def unknown_parameter(name: str, known: Sequence[str]) -> Invalid:
    """The refusal of a query parameter nobody knows."""
    shown = name[:100]
    if not known:
        return Invalid(f"{shown} is not a parameter of this request; it takes none.", field=shown)
    return Invalid(f"{shown} is not a parameter of this request; it takes {', '.join(known)}.", field=shown)


def faults(value: object, type_: type[Any]) -> list[Fault]:
    """Every field's fault, for dialects that name them all at once. `value` is a decoded JSON value."""
    if not isinstance(value, dict):
        return [Fault("", f"The body must be an object, not {_kind_of(value)}.")]
    found = []
    for field in msgspec.structs.fields(type_):
        if field.encode_name in value:
            try:
                msgspec.convert(value[field.encode_name], field.type)
            except msgspec.ValidationError as error:
                fault = _fault(str(error), under=field.encode_name)
                found.append(fault)
        elif field.required:
            found.append(Fault(field.encode_name, f"{field.encode_name} is required."))
    if type_.__struct_config__.forbid_unknown_fields:
        known = {field.encode_name for field in msgspec.structs.fields(type_)}
        found.extend(_unknown("", name) for name in value if name not in known)
    return found


@dataclass(frozen=True, slots=True)
class _Parameter:
    """Whether it may be repeated, and whether the word null would be read as its absence: text is text."""

    is_list: bool
    is_optional: bool


@lru_cache(maxsize=2_000)
def _fields(type_: Any) -> dict[str, _Parameter]:
    return {field.encode_name: _parameter(field.type) for field in msgspec.structs.fields(type_)}


def _parameter(type_: Any) -> _Parameter:
    parts = [get_args(part)[0] if get_origin(part) is Annotated else part for part in (type_, *get_args(type_))]
    return _Parameter(
        is_list=any(get_origin(part) is list for part in parts), is_optional=NoneType in parts and str not in parts
    )


def _fault(text: str, under: str = "") -> Fault:
    match = _PATH.search(text)
    path = (match[1] if match else "").lstrip(".")
    path = re.sub(r"\[(\d+)\]", r".\1", path.replace("[...]", ".*")).lstrip(".")
    if under:
        path = f"{under}.{path}" if path else under
    bare = text[: match.start()] if match else text
    if unknown := _UNKNOWN.match(bare):
        return _unknown(f"{path}." if path else "", unknown[1])
    if missing := _MISSING.match(bare):
        path = f"{path}.{missing[1]}" if path else missing[1]
        return Fault(path, f"{path} is required.")
    subject = path or "The body"
    if expected := _EXPECTED.match(bare):
        wanted = " or ".join(_WORDS.get(word, word) for word in expected[1].split(" | "))
        return Fault(path, f"{subject} must be {wanted}, not {_WORDS.get(expected[2], expected[2])}.")
    return Fault(path, f"{subject} {_bound(bare) or _otherwise(bare)}.")


def _bound(bare: str) -> str | None:
    """A bound that was missed, in the words of who sent the value."""
    match = _BOUNDED.match(bare)
    if match is None:
        return None
    kind, is_length, sign, bound = match.groups()
    if not is_length:
        return f"must be {bound} or {'more' if sign == '>=' else 'less'}"
    noun = _COUNTED.get(kind, "items")
    return f"must have at {'least' if sign == '>=' else 'most'} {bound} {noun[:-1] if bound == '1' else noun}"


def _otherwise(bare: str) -> str:
    if matching := _MATCHING.match(bare):
        return f"must have the form {matching[1]}"
    if chosen := _CHOSEN.match(bare):
        return f"cannot be {chosen[1]}"
    return f"must be {bare.removeprefix('Expected ')}" if bare.startswith("Expected ") else f"is not right: {bare}"


def _unknown(under: str, name: str) -> Fault:
    # The caller chose the name: it may be empty, or as long as the body.
    path = under + (name[:_UNKNOWN_LENGTH_MAX] or '""')
    return Fault(path, f"{path} is not a known field.")


def _kind_of(value: object) -> str:
    names = {
        str: "a string",
        bool: "a boolean",
        int: "an integer",
        float: "a number",
        list: "an array",
        type(None): "null",
    }
    return names.get(type(value), "something else")
