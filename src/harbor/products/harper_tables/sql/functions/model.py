"""What a function of SQL is: how it is called, and what it does with the values of its arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Context:
    """What a function may know besides its arguments: the moment of the transaction in milliseconds."""

    now_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of `least` to `most` arguments. A NULL among them makes the result NULL, unless it `takes_null`.

    One that `takes_context` gets the `Context` first; one that `varies` gives another value for each row.
    """

    run: Callable[..., Any]
    least: int
    most: int
    takes_null: bool = False
    takes_context: bool = False
    varies: bool = False


ANY_NUMBER = 100


def function(run: Callable[..., Any], least: int, most: int | None = None, **more: bool) -> Function:
    """A function with exactly `least` arguments, or up to `most`."""
    return Function(run=run, least=least, most=least if most is None else most, **more)
