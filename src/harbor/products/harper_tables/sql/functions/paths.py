"""SEARCH_JSON: an expression of JSONata over a value. It may take a second; its patterns are those of RE2."""

from __future__ import annotations

import re
import threading
import time
from contextlib import suppress
from typing import Any

import msgspec
import re2  # type: ignore[import-untyped]

from harbor.kernel.bounds import JSON_DEPTH_MAX
from harbor.products.harper_tables.sql.faults import wrong
from harbor.products.harper_tables.sql.functions.libraries import library
from harbor.products.harper_tables.sql.functions.model import function
from harbor.products.harper_tables.sql.operators import NOTHING, to_text
from harbor.products.harper_tables.values import Instant

_LENGTH_MAX = 2_000
_SECONDS_MAX = 1.0
_STEPS_DEEP_MAX = 100
# What an expression may make on its way; a value that is larger already may stay as large.
_SIZE_MAX = 10_000
_KEPT_MAX = 64
# They make a text of any length at once, or run another text.
_REFUSED = re.compile(r"\$(?:pad|eval|formatNumber|formatInteger)\b")


class _Readers(threading.local):
    """The expressions read by a thread: the library keeps what it runs for each thread."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}


_readers = _Readers()


def _search(expression: Any, value: Any) -> Any:
    if isinstance(value, str):
        with suppress(ValueError, RecursionError):  # a text that is no JSON is a text
            value = msgspec.json.decode(value)
    value = _plain(value)
    read = _read(to_text(expression))
    try:
        found = read.evaluate(value, _guards(value))
        return NOTHING if found is None else _plain(found)
    except Exception as error:  # its faults are of many kinds, all of them in the expression
        raise _refused(error) from None


def _read(expression: str) -> Any:
    jsonata = library("jsonata")
    known = _readers.known
    if (found := known.get(expression)) is not None:
        return found
    if len(expression) > _LENGTH_MAX:
        raise wrong(f"The expression of SEARCH_JSON has at most {_LENGTH_MAX} characters.", "invalid_expression")
    if match := _REFUSED.search(expression):
        raise wrong(f"SEARCH_JSON has no function {match[0]}.", "invalid_expression")
    try:
        found = jsonata.Jsonata(expression, _linear)
    except Exception as error:  # as above
        raise _refused(error) from None
    if len(known) >= _KEPT_MAX:
        known.clear()
    known[expression] = found
    return found


def _linear(pattern: str, flags: Any) -> Any:
    """A pattern of an expression, by RE2."""
    options = re2.Options()
    options.case_sensitive = not flags.case_insensitive
    options.log_errors = False
    return re2.compile(f"(?m){pattern}" if flags.multiline else pattern, options)


def _guards(value: Any) -> dict[str, Any]:
    """What the library calls before and after each step of an expression: it ends those that run away."""
    until = time.monotonic() + _SECONDS_MAX
    size_max = max(_SIZE_MAX, len(msgspec.json.encode(value)))
    depth = 0

    def enter(_expr: Any, _input: Any, _frame: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > _STEPS_DEEP_MAX:
            raise ValueError("it calls itself too often")
        if time.monotonic() > until:
            raise ValueError(f"it runs longer than {_SECONDS_MAX:g} seconds")

    def leave(_expr: Any, _input: Any, _frame: Any, result: Any) -> None:
        nonlocal depth
        depth -= 1
        if isinstance(result, str | list) and len(result) > size_max:
            raise ValueError("it makes a value that is too large")

    return {"__evaluate_entry": enter, "__evaluate_exit": leave}


def _plain(value: Any, depth: int = 0) -> Any:
    """Values that records can hold; functions and the like are nothing."""
    if value is None or isinstance(value, bool | int | str | float):
        return value
    if isinstance(value, Instant):
        return value.iso()
    if depth >= JSON_DEPTH_MAX:
        raise ValueError("too deep")
    if isinstance(value, dict):
        return {str(name): _plain(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, depth + 1) for each in value]
    return None


def _refused(error: BaseException) -> Exception:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return wrong(f"SEARCH_JSON cannot use its expression: {reason}", "invalid_expression")


FUNCTIONS = {"SEARCH_JSON": function(_search, 2)}
