"""Steps: how a sweep goes through much without holding the writer.

A step ends after 2,000 rows or 50 ms, and its position is in the same commit, so after a crash the next run goes on
where the last one committed.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from harbor.kernel import bounds
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject, Progress
from harbor.kernel.storage.database import Tx

# What one statement takes at once. The clock is looked at between statements, and rows may be 256 KB long.
CHUNK_ROWS = 100
_REST_S_MAX = 1.0


class Budget:
    """What one step may still do. `spent` counts the rows it changed.

    It is never spent before the first `spend`: a step goes forward, however slow it was to find where.
    """

    def __init__(
        self,
        *,
        rows_max: int = bounds.BACKGROUND_STEP_ROWS_MAX,
        seconds_max: float = bounds.BACKGROUND_STEP_S_MAX,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self.spent = 0
        self._has_acted = False
        self._rows_max = rows_max
        self._stopwatch = stopwatch
        self._until = stopwatch() + seconds_max

    @property
    def rows_left(self) -> int:
        """How many rows may still be changed."""
        return max(0, self._rows_max - self.spent)

    @property
    def chunk(self) -> int:
        """How many rows the next statement may take."""
        return min(CHUNK_ROWS, self.rows_left)

    @property
    def is_spent(self) -> bool:
        """Whether the step must end."""
        return self._has_acted and (self.rows_left == 0 or self._stopwatch() >= self._until)

    def spend(self, rows: int) -> None:
        """Count rows that were changed; 0 where something was only looked at."""
        self.spent += rows
        self._has_acted = True

    def end(self) -> None:
        """End the step: what comes next needs more than is left."""
        self._until = -math.inf
        self._has_acted = True

    def drain(self, act: Callable[[int], int]) -> bool:
        """Call `act(limit)` until it finds less than it may take; False if the budget ended first."""
        while not self.is_spent:
            limit = self.chunk
            changed = act(limit)
            self.spend(changed)
            if changed < limit:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a step came to. At the end `at` is the job's result."""

    at: JsonObject
    is_end: bool = False


Step = Callable[[Tx, JsonObject, Budget], Reached]


def walk_kind(name: str, step: Step) -> JobKind:
    """The kind of job that repeats `step` from position to position until its end; `{}` is the beginning."""

    async def run(context: JobContext) -> JsonObject:
        while True:
            at: JsonObject = context.job.position or {}
            done = context.job.progress.done
            began = time.monotonic()

            def work(tx: Tx, at: JsonObject = at) -> tuple[Reached, int]:
                budget = Budget()
                return step(tx, at, budget), budget.spent

            reached, _ = await context.step(
                work,
                position=lambda result: result[0].at,
                progress=lambda result, done=done: Progress(done + result[1]),  # type: ignore[misc]
            )
            if reached.is_end:
                return {**reached.at, "rows": context.job.progress.done}
            # As long as the step took, waiting included: a sweep has at most half of the writer, and less under load.
            await asyncio.sleep(min(_REST_S_MAX, time.monotonic() - began))

    return JobKind(name=name, run=run)
