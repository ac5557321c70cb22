"""Metadata of a verification: what may be in it, and how its values compare.

Source: docs/products/harbour.md#metadata.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from harbor.products.harbour_agreements.refusals import Problem, invalid
from harbor.products.harbour_agreements.text import plain

PAIRS_MAX: Final = 50
VALUE_LENGTH_MAX: Final = 512
NULL: Final = "null"
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_PATH = "verification_metadata"


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata as it is kept: at most 50 pairs of plain values, texts in NFC. Raises `Invalid`."""
    if len(given) > PAIRS_MAX:
        raise invalid(Problem(_PATH, "too_many", f"{_PATH} has {len(given)} pairs; at most {PAIRS_MAX} fit."))
    kept: dict[str, Any] = {}
    for key, value in given.items():
        path = f"{_PATH}.{key[:64]}"
        if _KEY.fullmatch(key) is None:
            raise invalid(Problem(path, "custom", "A key has 1 to 64 letters, digits, '_', '.' and '-'.", key[:100]))
        if isinstance(value, dict | list):
            raise invalid(Problem(path, "type", f"{path} must be a string, a number, true, false or null."))
        kept[key] = plain(value, path, length_max=VALUE_LENGTH_MAX) if isinstance(value, str) else value
    return kept


def canonical(value: object) -> str:
    """The text by which values compare: behind `=` the string, the shortest number, `true` or `false`; null apart.

    So `"123"` and 123 are equal, and null equals nothing but null.
    """
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "=true" if value else "=false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return "=" + (value if isinstance(value, str) else msgspec.json.encode(value).decode())
