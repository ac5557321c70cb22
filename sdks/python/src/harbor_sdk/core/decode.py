"""Decoding: JSON objects into typed, frozen values that keep what they do not know."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from harbor_sdk.core.moments import read_moment, show_moment
from harbor_sdk.core.reply import invalid_response

M = TypeVar("M", bound="Model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A value of the wire. `extra` holds the fields that this version of the library has no name for."""

    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The fields as on the wire, ready for `json.dumps`. Secrets that were not shown are left out."""
        shown = {
            known.name: _show(value)
            for known in fields(self)
            if known.name != "extra" and ((value := getattr(self, known.name)) is not None or known.repr)
        }
        return shown | dict(self.extra)


def decode(cls: type[M], value: object, where: str = "") -> M:
    """`value` as a `cls`. Fields with a default may be missing or null.

    Raises `HarborError` with code `invalid_response`, naming the field, when a needed field is missing or has another
    type than promised.
    """
    place = where or cls.__name__
    if not isinstance(value, dict):
        raise invalid_response(f"{place} is not an object.")
    shape: Any = cls  # mypy takes the class for one of its unhashable instances
    known: dict[str, Any] = {}
    extra = dict(value)
    for slot, hint in _slots(shape):
        given = extra.pop(slot.name, MISSING)
        has_default = slot.default is not MISSING or slot.default_factory is not MISSING
        if has_default and (given is MISSING or given is None):
            continue
        if given is MISSING:
            raise invalid_response(f"{place} has no {slot.name}.")
        known[slot.name] = _convert(hint, given, f"{place}.{slot.name}")
    return cls(extra=extra, **known)


@cache
def _slots(cls: type[Model]) -> tuple[tuple[Field[Any], Any], ...]:
    hints = get_type_hints(cls)
    return tuple((slot, hints[slot.name]) for slot in fields(cls) if slot.name != "extra")


def _convert(hint: Any, value: Any, place: str) -> Any:
    if hint is Any:
        return value
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not types.NoneType]
        assert len(options) == 1, hint
        return None if value is None else _convert(options[0], value, place)
    if origin is tuple and isinstance(value, list):
        item = get_args(hint)[0]
        return tuple(_convert(item, one, f"{place}[{index}]") for index, one in enumerate(value))
    if origin is Mapping and isinstance(value, dict):
        item = get_args(hint)[1]
        return {name: _convert(item, one, f"{place}.{name}") for name, one in value.items()}
    if isinstance(hint, type) and issubclass(hint, Model):
        return decode(hint, value, place)
    if hint is datetime and isinstance(value, str):
        try:
            return read_moment(value)
        except ValueError:
            raise invalid_response(f"{place} is not a moment.") from None
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if hint in (str, bool) and isinstance(value, hint):
        return value
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    raise invalid_response(f"{place} has the wrong type.")


def _show(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, datetime):
        return show_moment(value, "")
    if isinstance(value, tuple):
        return [_show(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _show(item) for name, item in value.items()}
    return value
