"""From what clients of AppHarbor send to declared types: JSON, forms, and JSON that says nothing of what it is.

One client sends forms only, another sends JSON without a Content-Type, a third writes its fields in mixed case. So the
first letter decides between JSON and form, names are compared without regard to case, and null means absent. Source:
docs/products/appharbor.md#bodies.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec

from harbor.kernel import strict
from harbor.kernel.errors import Invalid, Unsupported
from harbor.kernel.http import decode as kernel
from harbor.kernel.http.request import Request

FIELDS_MAX = 1_000
# A form of one client names its fields by the page they were on.
_PREFIX = "application."
_READABLE = frozenset({"", "application/json", "text/json", "application/x-www-form-urlencoded", "text/plain"})
_UNNAMED = frozenset({"application/octet-stream", "binary/octet-stream"})


def parse(request: Request, raw: bytes) -> object:
    """The value of a body: an object's fields by name. Raises `Invalid`, and `Unsupported` for what is neither form."""
    essence = (request.header(b"content-type") or "").partition(";")[0].strip().lower()
    begins = raw.lstrip()[:1]
    if begins in (b"{", b"["):
        return strict.check(raw)
    if essence.endswith("json"):
        value = strict.check(raw)
        if value is None:
            return None
        raise Invalid("The body must be an object.", code="invalid_json")
    if essence not in _READABLE and essence not in _UNNAMED:
        raise Unsupported(f"The body has the media type {essence[:100]}; send JSON or a form.")
    return form(raw)


def form(raw: bytes) -> dict[str, str]:
    """The fields of a form; of one given twice the last counts. Raises `Invalid`."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii").strip(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX
        )
    except (ValueError, UnicodeDecodeError):
        raise Invalid("The body is neither JSON nor a form of percent-encoded UTF-8.", code="invalid_form") from None
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise Invalid("The body contains the character U+0000, which is not allowed.", code="invalid_form")
    return {name[len(_PREFIX) :] if name.lower().startswith(_PREFIX) else name: value for name, value in pairs}


def decode(_request: Request, value: object, type_: type[Any]) -> Any:
    """The declared type. Raises `Invalid` that names every field which is wrong."""
    if value is not None and not isinstance(value, dict):
        raise Invalid("The body must be an object.")
    fitted = _fitted_struct(value or {}, type_)
    faults = kernel.faults(fitted, type_)
    if faults:
        raise Invalid(
            faults[0].message,
            field=faults[0].path or None,
            details=[{"field": fault.path, "message": fault.message} for fault in faults],
        )
    return msgspec.convert(fitted, type_)


def _fitted(value: Any, type_: Any) -> Any:
    """The value in the form a type wants it, where that is clear; else as it is, and the check says what is wrong."""
    kind = _kind(type_)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _fitted_struct(value, kind) if isinstance(value, dict) else value
    if get_origin(kind) in (dict, Mapping):
        item = get_args(kind)[1]
        return {name: _fitted(each, item) for name, each in value.items()} if isinstance(value, dict) else value
    if get_origin(kind) is list:
        return [_fitted(each, get_args(kind)[0]) for each in value] if isinstance(value, list) else value
    if kind is str and isinstance(value, bool):
        return "true" if value else "false"
    if kind is str and isinstance(value, int | float):
        return str(value)
    if kind is bool and isinstance(value, str):
        return {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}.get(
            value.strip().lower(), value
        )
    if kind is int and isinstance(value, str) and _is_whole(value.strip()):
        return int(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _is_whole(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 18


def _fitted_struct(value: Mapping[str, Any], type_: type[Any]) -> dict[str, Any]:
    declared: Any = type_
    fields = _fields(declared)
    found: dict[str, Any] = {}
    for name, each in value.items():
        field = fields.get(name.casefold())
        if field is None or each is None:
            continue
        wire_name, kind = field
        if isinstance(each, str) and not each.strip() and _kind(kind) in (int, bool):
            continue
        found[wire_name] = _fitted(each, kind)
    return found


@lru_cache(maxsize=500)
def _fields(type_: Any) -> dict[str, tuple[str, Any]]:
    return {field.encode_name.casefold(): (field.encode_name, field.type) for field in msgspec.structs.fields(type_)}


def _kind(type_: Any) -> Any:
    """The type itself without annotations and without its absence."""
    if get_origin(type_) is Annotated:
        return _kind(get_args(type_)[0])
    if get_origin(type_) in (Union, UnionType):
        choices = [each for each in get_args(type_) if each is not NoneType and each is not msgspec.UnsetType]
        return _kind(choices[0]) if len(choices) == 1 else type_
    return type_
