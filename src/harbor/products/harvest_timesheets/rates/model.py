"""A rate of a person and the days it is in force. Source: docs/products/harvest.md#rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum


class RateKind(StrEnum):
    """What is billed for an hour, or what it costs the company."""

    BILLABLE = "billable"
    COST = "cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`amount_e4` an hour from `start_on` (None: from the beginning) to `end_on` (None: open), both inclusive.

    `end_on` is not kept: it is the day before the next rate begins.
    """

    account_id: str
    kind: RateKind
    id: int
    user_id: int
    amount_e4: int
    start_on: date | None
    end_on: date | None = None
    created_at: datetime
    updated_at: datetime


def with_ends(rates: Sequence[Rate]) -> list[Rate]:
    """Rates in the order of their starts, each with its end. None but the first is without a start, or at that of time."""
    ends = [rate.start_on - timedelta(days=1) if rate.start_on else None for rate in rates[1:]]
    return [replace(rate, end_on=end) for rate, end in zip(rates, [*ends, None][: len(rates)], strict=True)]
