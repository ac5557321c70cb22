"""Choices between values, and values as other types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from harbor.products.harper_tables.bodies import check_kept
from harbor.products.harper_tables.sql.functions.model import ANY_NUMBER, function
from harbor.products.harper_tables.sql.operators import NOTHING, group_key, is_null, is_true, to_number, to_text
from harbor.products.harper_tables.values import Instant


def _if(condition: Any, yes: Any, no: Any = None) -> Any:
    return yes if is_true(condition) else no


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if not is_null(value)), None)


def _nullif(a: Any, b: Any) -> Any:
    return None if not is_null(a) and group_key(a) == group_key(b) else a


def _integer(value: Any) -> Any:
    number = to_number(value)
    return number if is_null(number) else int(number)


def _boolean(value: Any) -> Any:
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word in ("true", "1") else False if word in ("false", "0", "") else None
    return is_true(value)


def _date(value: Any) -> Any:
    if isinstance(value, Instant):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Instant(value)
    return Instant.parse(value) or NOTHING if isinstance(value, str) else NOTHING


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        found = msgspec.json.decode(value)
    except (ValueError, RecursionError):
        return NOTHING
    check_kept(found, ())
    return found


def _same_names(names: str, run: Callable[[Any], Any]) -> dict[str, Callable[[Any], Any]]:
    return dict.fromkeys(names.split(), run)


# What CAST and CONVERT turn a value into, by the name of the type.
CASTS: Mapping[str, Callable[[Any], Any]] = {
    **_same_names("CHAR VARCHAR NCHAR NVARCHAR TEXT STRING CLOB", to_text),
    **_same_names("INT INTEGER BIGINT SMALLINT TINYINT LONG SIGNED UNSIGNED", _integer),
    **_same_names("NUMBER NUMERIC DECIMAL FLOAT DOUBLE REAL MONEY", to_number),
    **_same_names("BOOL BOOLEAN", _boolean),
    **_same_names("DATE DATETIME TIMESTAMP", _date),
    **_same_names("JSON OBJECT ARRAY", _json),
}

FUNCTIONS = {
    "IF": function(_if, 2, 3, takes_null=True),
    "IIF": function(_if, 3, takes_null=True),
    "IFNULL": function(_coalesce, 2, takes_null=True),
    "NULLIF": function(_nullif, 2, takes_null=True),
    "COALESCE": function(_coalesce, 1, ANY_NUMBER, takes_null=True),
}
