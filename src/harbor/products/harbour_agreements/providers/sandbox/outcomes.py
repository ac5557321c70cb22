"""Which outcome a sandbox check has. Source: docs/products/harbour.md#sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from harbor.products.harbour_agreements.verifications.model import Type

METADATA_KEY: Final = "sandbox_outcome"
FLAKY_ERRORS: Final = 2


class Outcome(StrEnum):
    """The table of the sandbox."""

    CLEAR = "clear"
    REJECT = "reject"
    POSITIVE = "positive"
    COUNTY = "county"
    WATCHLIST = "watchlist"
    EXPIRED = "expired"
    MISMATCH = "mismatch"
    CANCEL = "cancel"
    STUCK = "stuck"
    FLAKY = "flaky"
    DOWN = "down"


# What an outcome is good for; a type that is not named is clear.
_ONLY: Final[Mapping[Outcome, frozenset[Type]]] = {
    Outcome.POSITIVE: frozenset({Type.DRUG}),
    Outcome.COUNTY: frozenset({Type.CRIMINAL}),
    Outcome.WATCHLIST: frozenset({Type.CRIMINAL}),
    Outcome.EXPIRED: frozenset({Type.IDENTITY, Type.MOTOR_VEHICLE}),
    Outcome.MISMATCH: frozenset({Type.IDENTITY}),
    Outcome.CANCEL: frozenset({Type.IDENTITY, Type.DRUG}),
}


def outcome_of(type_: Type, metadata: Mapping[str, Any], last_name: str | None) -> Outcome:
    """The outcome that the metadata names, else the last name; what names none is clear."""
    word = metadata.get(METADATA_KEY, last_name)
    text = word.strip().casefold() if isinstance(word, str) else ""
    found = Outcome(text) if text in set(Outcome) else Outcome.CLEAR
    return found if type_ in _ONLY.get(found, frozenset(Type)) else Outcome.CLEAR
