"""A job: a piece of work to be done later, what it has reached, and how its kind is run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

from harbor.kernel import bounds
from harbor.kernel.storage.database import Lane

if TYPE_CHECKING:
    from harbor.kernel.jobs.context import JobContext

JsonObject = Mapping[str, Any]

KIND_LENGTH_MAX = 64
UNIQUE_KEY_LENGTH_MAX = 256
DATA_BYTES_MAX = 256 * bounds.KIB
ERROR_LENGTH_MAX = 1_000
LISTING_ITEMS_MAX = bounds.PAGE_ITEMS_MAX

# Jobs of the installation itself, such as purges, belong to no customer's account.
SYSTEM_ACCOUNT = "system"


class State(StrEnum):
    """Where a job stands. `queued` covers waiting for its first run as well as for the next try."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


OPEN = frozenset({State.QUEUED, State.RUNNING})


class Priority(IntEnum):
    """Which due jobs go first. Few levels, because a claim looks at each of them."""

    LOW = -1
    NORMAL = 0
    HIGH = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in units of its own; `total` is None while nobody knows."""

    done: int
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job. `data` is what it was given, `position` where it goes on after a crash, `result` what it came to.

    `attempts` counts runs since the last step forward, the present one included. `error` is the text of the last
    failure. `lease_token` names the present run; only who knows it may write for the job.
    """

    id: str
    account_id: str
    kind: str
    state: State
    priority: Priority
    due_at: datetime
    unique_key: str | None
    data: JsonObject
    position: JsonObject | None
    progress: Progress
    result: JsonObject | None
    error: str | None
    attempts: int
    lease_token: str | None = field(default=None, repr=False)
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it still has to be done."""
        return self.state in OPEN


Run = Callable[["JobContext"], Awaitable[JsonObject | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """How jobs of one name are run.

    `run` may run again after a crash, from the last committed position, so it repeats without harm. What it returns is
    kept as the job's result. A failure is tried again after a delay that doubles from `retry_delay_s_min` up to
    `retry_delay_s_max`, until `attempts_max` runs in a row brought nothing. `lease_s` is how long (in real time) a
    process may be silent before another takes over. `lane` is where its writes wait.
    """

    name: str
    run: Run
    attempts_max: int = bounds.JOB_ATTEMPTS_MAX
    lease_s: float = 30.0
    retry_delay_s_min: float = 5.0
    retry_delay_s_max: float = 3600.0
    lane: Lane = Lane.BACKGROUND

    def __post_init__(self) -> None:
        assert 1 <= len(self.name) <= KIND_LENGTH_MAX, self.name
        assert self.attempts_max >= 1, self
        assert self.lease_s > 0, self
        assert 0 < self.retry_delay_s_min <= self.retry_delay_s_max, self

    def retry_delay_s(self, attempts: int, chance: float) -> float:
        """How long to wait after the run numbered `attempts` failed; `chance` (0 to 1) spreads it over its upper half.

        Half of it is chance so that jobs that failed together do not come back together.
        """
        assert attempts >= 1, attempts
        # The exponent is bounded before the power, which would overflow for a kind with a thousand attempts.
        whole = min(self.retry_delay_s_max, self.retry_delay_s_min * 2.0 ** min(attempts - 1, 60))
        return whole * (0.5 + chance / 2)


class Abandon(Exception):
    """Raised by a run to say that trying again is useless: the job fails at once, with this message as its error."""


class LeaseLost(Exception):
    """The job was canceled or taken over by another process; whoever ran it stops and changes nothing."""


def kinds_by_name(*kinds: JobKind) -> Mapping[str, JobKind]:
    """The kinds as the worker takes them. Two of one name are a mistake."""
    named = {kind.name: kind for kind in kinds}
    assert len(named) == len(kinds), sorted(kind.name for kind in kinds)
    return named
