"""Texts. Places are counted from 1. Patterns are those of RE2, whose time is linear in the text."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

from harbor.products.harper_tables.sql.faults import wrong
from harbor.products.harper_tables.sql.functions.model import ANY_NUMBER, function
from harbor.products.harper_tables.sql.operators import (
    NOTHING,
    TEXT_LENGTH_MAX,
    bounded,
    is_null,
    to_number,
    to_text,
)

_PATTERN_LENGTH_MAX = 1_000
_PATTERN_BYTES_MAX = 1 << 20
_LIKE_LENGTH_MAX = 10_000

Test = Callable[[str], bool]


@lru_cache(512)
def regexp(pattern: str) -> Test:
    """Whether a text holds what a pattern says. Raises `Invalid` for a pattern that cannot be."""
    if len(pattern) > _PATTERN_LENGTH_MAX:
        raise wrong(f"A pattern has at most {_PATTERN_LENGTH_MAX} characters.", "invalid_pattern")
    options = re2.Options()
    options.max_mem = _PATTERN_BYTES_MAX
    options.log_errors = False
    try:
        search = re2.compile(pattern, options).search
    except (re2.error, ValueError) as error:
        reason = str(error.args[0] if error.args else error)
        if isinstance(error.args[0] if error.args else None, bytes):
            reason = error.args[0].decode(errors="replace")
        raise wrong(f"The pattern cannot be used: {reason}.", "invalid_pattern") from None
    return lambda text: search(text) is not None


@lru_cache(512)
def like(pattern: str, escape: str | None) -> Test:
    """Whether a whole text is as a LIKE pattern says: % is anything, _ one character; letters of ASCII in any case."""
    if len(pattern) > _LIKE_LENGTH_MAX:
        raise wrong(f"A LIKE pattern has at most {_LIKE_LENGTH_MAX} characters.", "invalid_pattern")
    parts = [[]] if not pattern else _like_parts(pattern, escape)
    if all(None not in part for part in parts):
        return _like_texts(["".join(each or "" for each in part) for part in parts])
    return _like_any(parts)


def folded(text: str) -> str:
    """The text with ASCII letters in lower case and all others as they are."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


_LOWER = {code: code + 32 for code in range(65, 91)}


def _like_parts(pattern: str, escape: str | None) -> list[list[str | None]]:
    """What lies between the percent signs, letter by letter; None is any one character."""
    parts: list[list[str | None]] = [[]]
    letters = iter(pattern)
    for letter in letters:
        if letter == escape:
            parts[-1].append(folded(next(letters, letter)))
        elif letter == "%":
            parts.append([])
        else:
            parts[-1].append(None if letter == "_" else folded(letter))
    return parts


def _like_texts(parts: list[str]) -> Test:
    """Without `_`: the first part begins the text, the last ends it, the others come between in their order."""
    if len(parts) == 1:
        return lambda text: folded(text) == parts[0]
    first, *middle, last = parts

    def test(text: str) -> bool:
        text = folded(text)
        if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
            return False
        position, end = len(first), len(text) - len(last)
        for part in middle:
            found = text.find(part, position, end)
            if found < 0:
                return False
            position = found + len(part)
        return True

    return test


def _like_any(parts: list[list[str | None]]) -> Test:
    body = ".*".join("".join("." if each is None else re2.escape(each) for each in part) for part in parts)
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    try:
        match = re2.compile(body, options).fullmatch
    except (re2.error, ValueError):
        raise wrong("The LIKE pattern is too long.", "invalid_pattern") from None
    return lambda text: match(folded(text)) is not None


def _concat(*values: Any) -> str:
    return bounded("".join(to_text(value) for value in values))


def _concat_ws(separator: Any, *values: Any) -> Any:
    if is_null(separator):
        return None
    return bounded(to_text(separator).join(to_text(value) for value in values if not is_null(value)))


def _replace(text: Any, old: Any, new: Any) -> str:
    text, old, new = to_text(text), to_text(old), to_text(new)
    if not old:
        return str(text)
    if len(text) + text.count(old) * (len(new) - len(old)) > TEXT_LENGTH_MAX:
        bounded(" " * (TEXT_LENGTH_MAX + 1))
    return str(text.replace(old, new))


def _substring(text: Any, start: Any, length: Any = None) -> Any:
    text, first = to_text(text), to_number(start)
    count = len(text) if length is None else to_number(length)
    if first != first or count != count:
        return NOTHING
    # A start below zero counts from the end.
    begin = int(first) - 1 if first > 0 else max(0, len(text) + int(first)) if first < 0 else 0
    return text[begin : begin + max(0, int(count))]


def _regexp_like(text: Any, pattern: Any) -> bool:
    return regexp(to_text(pattern))(to_text(text))


def _len(value: Any) -> int:
    return len(value) if isinstance(value, list | bytes) else len(to_text(value))


FUNCTIONS = {
    "CONCAT": function(_concat, 1, ANY_NUMBER, takes_null=True),
    "CONCAT_WS": function(_concat_ws, 2, ANY_NUMBER, takes_null=True),
    "INSTR": function(lambda text, part: to_text(text).find(to_text(part)) + 1, 2),
    "LEN": function(_len, 1),
    "LENGTH": function(_len, 1),
    "LOWER": function(lambda text: to_text(text).lower(), 1),
    "LCASE": function(lambda text: to_text(text).lower(), 1),
    "UPPER": function(lambda text: to_text(text).upper(), 1),
    "UCASE": function(lambda text: to_text(text).upper(), 1),
    "TRIM": function(lambda text: to_text(text).strip(), 1),
    "REPLACE": function(_replace, 3),
    "SUBSTRING": function(_substring, 2, 3),
    "SUBSTR": function(_substring, 2, 3),
    "REGEXP_LIKE": function(_regexp_like, 2),
}
