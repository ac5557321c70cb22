"""When a failed delivery is tried again, and how long in all.

A table is a value, and a view brings its own. Attempts are counted within a budget: the first attempt opens it, a
manual replay that fails opens a new one. Nothing here reads a clock or draws a number by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import accumulate
from typing import Final

_HOUR_S: Final = 3_600
_DAY_S: Final = 24 * _HOUR_S

ATTEMPTS_MAX: Final = 50
SCHEDULE_DELAY_S_MAX: Final = 30 * _DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryTable:
    """`delays_s[n]` is the wait after failure n of the budget; the first attempt has none before it, and is not listed.

    `jitter` spreads each wait by that part of itself to either side. `total_s`, if given, ends the budget that long
    after its first attempt, and the last attempt happens exactly then; jitter and `Retry-After` cannot move it.
    `retry_after_s_max` caps what an endpoint may ask for; 0 ignores it.
    """

    delays_s: tuple[float, ...]
    jitter: float
    total_s: float | None
    retry_after_s_max: float

    def __post_init__(self) -> None:
        assert 0 <= self.jitter < 1, self.jitter
        assert all(delay_s >= 0 for delay_s in self.delays_s), self.delays_s
        assert self.retry_after_s_max >= 0, self.retry_after_s_max
        assert self.total_s is None or self.total_s >= 0, self.total_s

    @property
    def attempts(self) -> int:
        """How many attempts a budget holds when none is delayed: the first, and one per wait."""
        return 1 + len(self.delays_s)

    @property
    def ages_s(self) -> tuple[float, ...]:
        """The nominal age of each attempt in seconds, without jitter: what documentation and tests print."""
        ages = list(accumulate(self.delays_s, initial=0.0))
        if self.total_s is not None and len(ages) > 1:
            ages = [min(age, self.total_s) for age in ages[:-1]] + [self.total_s]
        return tuple(ages)


# 5 and 30 minutes, then at most a day apart, and 72 hours in all: the documented rows. The rest are our choice.
# Source: docs/products/harbor.md#retries.
STANDARD: Final = RetryTable(
    delays_s=(300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 73_500),
    jitter=0.10,
    total_s=72 * _HOUR_S,
    retry_after_s_max=_DAY_S,
)


def budget_end(table: RetryTable, first_attempt_at: datetime) -> datetime | None:
    """When the budget opened by an attempt at `first_attempt_at` ends; None for a table that only counts attempts."""
    return None if table.total_s is None else first_attempt_at + timedelta(seconds=table.total_s)


def next_due(
    table: RetryTable,
    *,
    attempts_made: int,
    failed_at: datetime,
    ends_at: datetime | None,
    retry_after_s: float | None,
    random: Callable[[], float],
) -> datetime | None:
    """The moment of the next attempt after failure number `attempts_made` of this budget, or None: no more.

    `ends_at` is the end of the budget as kept with the delivery, moved when it was parked. The wait is that of the
    table with its jitter, or what the endpoint asked for within the cap, whichever is longer, and never goes past
    `ends_at`. `random` gives a number from 0 up to 1.
    """
    assert attempts_made >= 1, attempts_made
    if attempts_made >= table.attempts or (ends_at is not None and failed_at >= ends_at):
        return None
    if ends_at is not None and attempts_made + 1 == table.attempts:
        return ends_at
    wait_s = table.delays_s[attempts_made - 1] * (1 + table.jitter * (2 * random() - 1))
    asked_s = min(retry_after_s or 0.0, table.retry_after_s_max)
    due_at = failed_at + timedelta(seconds=max(wait_s, asked_s))
    return due_at if ends_at is None else min(due_at, ends_at)


def parse_schedule(text: str, *, jitter: float = STANDARD.jitter) -> RetryTable:
    """A table from a setting: the wait before each attempt in seconds, comma-separated, the first being 0.

    `0,300,1800` is three attempts; the last comes exactly 2100 s after the first. Raises `ValueError` with a sentence
    for a person.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"[0-9]{1,9}", part, re.ASCII) for part in parts):
        raise ValueError(f"a retry schedule is whole seconds with commas between them, like 0,300,1800, not {text!r}")
    delays_s = [int(part) for part in parts]
    if delays_s[0] != 0:
        raise ValueError(f"a retry schedule begins with 0, the first attempt, not with {delays_s[0]}")
    if len(delays_s) > ATTEMPTS_MAX:
        raise ValueError(f"a retry schedule of {len(delays_s)} attempts is too long; at most {ATTEMPTS_MAX} fit")
    if max(delays_s) > SCHEDULE_DELAY_S_MAX:
        raise ValueError(f"a retry schedule waits at most {SCHEDULE_DELAY_S_MAX} s at a time, not {max(delays_s)}")
    return RetryTable(
        delays_s=tuple(delays_s[1:]),
        jitter=jitter,
        total_s=sum(delays_s),
        retry_after_s_max=STANDARD.retry_after_s_max,
    )


def parse_retry_after(text: str | None, received_at: datetime) -> float | None:
    """Seconds that a `Retry-After` header asks to wait, not negative; None where it is absent or unreadable.

    Seconds (fractions are tolerated) or an HTTP date, which counts from `received_at`, the real moment of the answer.
    """
    if text is None:
        return None
    value = text.strip()
    # A receiver may send anything: twelve digits are 31,000 years, and dates are short.
    if re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", value, re.ASCII):
        return float(value)
    if len(value) > 40:
        return None
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # The asctime form has no zone; HTTP says it is UTC.
    moment = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    return max(0.0, (moment - received_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of a delivery's tries: the next one, and the end, which is None before the first attempt."""

    due_at: datetime
    ends_at: datetime | None

    def left(self, now: datetime) -> timedelta | None:
        """How much of the budget remains at `now`, or was left when it was parked then; None where there is no end."""
        return None if self.ends_at is None else max(timedelta(0), self.ends_at - now)


def resume(budget: Budget, *, parked_at: datetime, resumed_at: datetime) -> Budget:
    """The budget of a delivery that was parked: everything moves by the time it stood still.

    So the wait and the budget that remained are the same as before; what was overdue when it was parked is due at once.
    """
    assert resumed_at >= parked_at, (parked_at, resumed_at)
    stood = resumed_at - parked_at
    ends_at = None if budget.ends_at is None else budget.ends_at + stood
    return Budget(due_at=budget.due_at + stood, ends_at=ends_at)
