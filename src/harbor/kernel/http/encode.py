"""From what `show` returns to JSON bytes: moments and decimals as the dialect writes them, raw JSON text as it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")


def as_json(value: object, *, moment: Callable[[datetime], object], decimal: Callable[[Decimal], object]) -> bytes:
    """The bytes of a value made of dicts, lists, text, numbers, moments, dates, decimals and `msgspec.Raw`."""
    return _encoder.encode(plain(value, moment, decimal))


# A page is mostly these: looked up in one place, they are spared a call each.
_AS_THEY_ARE = frozenset({str, int, float, bool, type(None), msgspec.Raw})


def plain(value: Any, moment: Callable[[datetime], object], decimal: Callable[[Decimal], object]) -> Any:
    """The same value with moments and decimals in the dialect's form."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is dict:
        return {
            name: item if type(item) in _AS_THEY_ARE else plain(item, moment, decimal) for name, item in value.items()
        }
    if kind is list or kind is tuple:
        return [item if type(item) in _AS_THEY_ARE else plain(item, moment, decimal) for item in value]
    if kind is datetime:
        return moment(value)
    if kind is Decimal:
        return decimal(value)
    if kind is date:
        return value.isoformat()
    return value
