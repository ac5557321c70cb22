"""Refusals in Harbour's words: problems of a request with their path and code, and what is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harbor.kernel.errors import Invalid, Missing
from harbor.products.harbour_agreements.numbers import ITEM_CODES


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: the dotted path, a code of `ITEM_CODES`, a sentence, and what was sent."""

    path: str
    code: str
    message: str
    value: object = None

    def __post_init__(self) -> None:
        assert self.code in ITEM_CODES, self.code


def invalid(*problems: Problem) -> Invalid:
    """The refusal of a request with these problems."""
    return refused(problems)


def refused(problems: Sequence[Problem]) -> Invalid:
    """The refusal of a request with these problems, at least one."""
    first = problems[0]
    details = [{"path": one.path, "code": one.code, "message": one.message, "value": one.value} for one in problems]
    return Invalid(first.message, code=first.code, field=first.path or None, details=details)


def not_found(what: str, id_: str) -> Missing:
    """What a caller is told of a thing that is not his or never was."""
    return Missing(f"There is no {what} {id_[:200]}.")
