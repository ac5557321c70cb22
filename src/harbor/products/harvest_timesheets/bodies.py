"""From what clients of Harvest send to declared types: JSON, forms, multipart, and parameters in the query of a write.

A body is a struct; each of its fields is read leniently (numbers and booleans may be text, `""` is null for what is no
text) and everything that is wrong is said at once. Source: docs/products/harvest.md#requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

import msgspec

from harbor.kernel import strict
from harbor.kernel.bounds import MIB
from harbor.kernel.errors import Invalid, TooLarge
from harbor.kernel.http.multipart import Upload
from harbor.kernel.http.request import Request
from harbor.products.harvest_timesheets import forms, wire
from harbor.products.harvest_timesheets.sentences import BLANK, problems

TEXT_LENGTH_MAX = 65_535
# An invoice of 10,000 lines has 2 MB. Only a file may be larger: so much text keeps others waiting while it is read.
JSON_BYTES_MAX = 4 * MIB
FORM_BYTES_MAX = MIB
ITEMS_MAX = 10_000
_DIGITS_MAX = 18
# Who calls, and how a list is paged, is no part of a body.
_NOT_OF_THE_BODY = frozenset({"account_id", "access_token", "page", "per_page", "cursor"})
_exact = msgspec.json.Decoder(float_hook=Decimal)


def parse(request: Request, raw: bytes) -> object:
    """The value of a body by its media type. Raises `Invalid`, which is a 400 for what cannot be read at all."""
    if request.method not in ("POST", "PATCH"):
        return None  # python-harvest-apiv2 sends `null` with everything
    content_type = request.header(b"content-type") or ""
    essence = content_type.partition(";")[0].strip().lower()
    if essence == "multipart/form-data":
        return forms.multipart(raw, content_type)
    if essence == "application/x-www-form-urlencoded" and not raw.lstrip().startswith(b"{"):
        _check_size(raw, FORM_BYTES_MAX)
        return forms.form(raw)
    _check_size(raw, JSON_BYTES_MAX)
    strict.check(raw)
    return _exact.decode(raw)  # once more, so that 0.1 stays 0.1


def _check_size(raw: bytes, most: int) -> None:
    if len(raw) > most:
        raise TooLarge(f"The body has {len(raw)} bytes; without a file at most {most} fit.")


def decode(request: Request, value: object, type_: type[Any]) -> Any:
    """The declared type; parameters in the query count too, and the body overrides them. Raises `Invalid`."""
    if value is not None and not isinstance(value, dict):
        raise Invalid("The body must be an object")
    given = forms.nested(pair for pair in request.query if pair[0] not in _NOT_OF_THE_BODY)
    return build(type_, {**given, **(value or {})})


def build(type_: type[Any], values: Mapping[str, Any]) -> Any:
    """The struct out of a mapping. Raises `Invalid` that names every field which is wrong."""
    found: list[tuple[str, str]] = []
    made: dict[str, Any] = {}
    for part in _parts(cast(Any, type_)):
        if part.wire_name in values:
            try:
                read = _read(part.form, values[part.wire_name], part.wire_name)
            except _Wrong as wrong:
                found.append((part.wire_name, str(wrong)))
                continue
            if read is not None or part.form.is_nullable:
                made[part.name] = read
            elif part.is_required:
                found.append((part.wire_name, BLANK))
        elif part.is_required:
            found.append((part.wire_name, BLANK))
    if found:
        raise problems(found)
    return type_(**made)


class _Wrong(Exception):
    """What is wrong with one value, after its field's name."""


@dataclass(frozen=True, slots=True)
class _Form:
    kind: Any
    is_nullable: bool
    item: _Form | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    wire_name: str
    form: _Form
    is_required: bool


@lru_cache(maxsize=500)
def _parts(type_: type[Any]) -> tuple[_Part, ...]:
    return tuple(
        _Part(field.name, field.encode_name, _form(field.type), field.required)
        for field in msgspec.structs.fields(type_)
    )


def _form(type_: Any) -> _Form:
    if get_origin(type_) is Annotated:
        return _form(get_args(type_)[0])
    is_nullable = False
    if get_origin(type_) in (Union, UnionType):
        choices = [choice for choice in get_args(type_) if choice is not msgspec.UnsetType]
        is_nullable = NoneType in choices
        choices = [choice for choice in choices if choice is not NoneType]
        assert len(choices) == 1, type_
        inner = _form(choices[0])
        return _Form(inner.kind, is_nullable, inner.item)
    if get_origin(type_) is list:
        return _Form(list, is_nullable, _form(get_args(type_)[0]))
    return _Form(type_, is_nullable)


def _read(form: _Form, value: Any, field: str) -> Any:
    """The value in the form, or None for what counts as absent."""
    if value is None:
        return None
    kind = form.kind
    if kind is str:
        return _text(value)
    if isinstance(value, str) and not value.strip() and kind is not list:
        return None
    if kind is list:
        return _items(form, value, field)
    if kind in _READERS:
        return _READERS[kind](value)
    if kind is date or kind is datetime:
        if not isinstance(value, str):
            raise _Wrong(wire.NO_DATE)
        try:
            return wire.read_date(value, field=field) if kind is date else wire.read_moment(value, field=field)
        except Invalid:
            raise _Wrong(wire.NO_DATE if kind is date else wire.NO_MOMENT) from None
    if kind is Upload:
        if not isinstance(value, Upload):
            raise _Wrong("must be a file")
        return value
    if not isinstance(value, dict):
        raise _Wrong("must be an object")
    return build(kind, value)


def _items(form: _Form, value: Any, field: str) -> list[Any] | None:
    if value == "" or value == [""]:
        return []  # `roles[]=` is how a form says: none
    if not isinstance(value, list):
        value = [value]
    if len(value) > ITEMS_MAX:
        raise _Wrong(f"has more than {ITEMS_MAX} items")
    assert form.item is not None
    read = [_read(form.item, item, field) for item in value]
    return [item for item in read if item is not None]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, int | Decimal):
        value = str(value)
    if not isinstance(value, str):
        raise _Wrong("must be text")
    if len(value) > TEXT_LENGTH_MAX:
        raise _Wrong(f"is too long (maximum is {TEXT_LENGTH_MAX} characters)")
    if "\0" in value:
        raise _Wrong("must not contain the character U+0000")
    return value


def _boolean(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in ("true", "1"):
        return True
    if word in ("false", "0"):
        return False
    raise _Wrong("must be true or false")


def _integer(value: Any) -> int:
    amount = _decimal(value)
    if amount != amount.to_integral_value():
        raise _Wrong("must be an integer")
    return int(amount)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise _Wrong("is not a number")
    try:
        amount = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise _Wrong("is not a number") from None
    if not amount.is_finite():
        raise _Wrong("is not a number")
    if amount and (amount.adjusted() > _DIGITS_MAX or -amount.adjusted() > _DIGITS_MAX):
        raise _Wrong("is out of range")
    return amount


_READERS = {bool: _boolean, int: _integer, Decimal: _decimal}
