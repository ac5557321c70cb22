"""Doing something, looking what comes of it, and undoing it: what `dry_run` means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from harbor.kernel.call import Call

T = TypeVar("T")


class _Undone(Exception):
    """Carries what was found out past the point where everything is undone."""

    def __init__(self, result: Any) -> None:
        self.result = result


def tried(call: Call, act: Callable[[], T]) -> T:
    """The result of `act`, of which nothing remains."""

    def do() -> None:
        raise _Undone(act())

    try:
        call.tx.attempt(do)
    except _Undone as done:
        return cast(T, done.result)
    raise AssertionError("what is tried is always undone")
