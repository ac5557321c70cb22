"""An import: where it comes from, how far it is, and what it found. Source: docs/products/harvest.md#imports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

# Integers beyond are not exact for clients in JavaScript. Source: ECMA-262, Number.MAX_SAFE_INTEGER.
ID_MAX: Final = 2**53 - 1
# Ids of Harvest are below; ours go on above, so that a later import meets none of them.
FLOOR_STEP: Final = 10**12
PROBLEMS_MAX: Final = 1_000
PROBLEM_LENGTH_MAX: Final = 300
# Beyond, the source and we do not mean the same by its records.
LEFT_OUT_MAX: Final = 10_000
# What changes at the source while its clock is read may carry a moment a little before.
OVERLAP_S: Final = 300


class State(StrEnum):
    """Where an import stands. What is waiting or running is open."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


OPEN: Final = frozenset({State.WAITING, State.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import. `user_id` is who started it, 0 for nobody; `since` is from when on changes are asked for, None for everything.

    `began_at` is when its copying began; until then nothing of the account has changed.
    """

    account_id: str
    id: int
    job_id: str
    source_url: str
    source_account: str
    user_id: int
    is_full: bool
    state: State
    error: str | None
    since: datetime | None
    source_time: datetime | None
    began_at: datetime | None
    floor: int | None
    problems: int
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it still goes on."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What became of the records of one kind."""

    resource: str
    seen: int = 0
    added: int = 0
    changed: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A count or a sum on both sides. Hours and money are hundredths, counts are counts."""

    measure: str
    subject: str
    there: int
    here: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A record that was left out, is missing here, or is not the same. `thing` is its id."""

    phase: str
    resource: str
    thing: str
    what: str
