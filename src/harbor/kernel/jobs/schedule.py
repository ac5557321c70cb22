"""Recurring jobs: put into the queue at an interval, once for all processes, and not forgotten over a restart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harbor.kernel.jobs import queue, store
from harbor.kernel.jobs.model import SYSTEM_ACCOUNT, JsonObject
from harbor.kernel.storage.database import Tx

_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A job of `kind` each `every_s` seconds of the calendar, the first at once. One still open is not doubled."""

    name: str
    every_s: int
    kind: str
    data: JsonObject = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.every_s >= 1, self

    @property
    def every_us(self) -> int:
        """The interval in microseconds."""
        return self.every_s * _SECOND_US


def next_us(tx: Tx, schedules: Sequence[Schedule]) -> int | None:
    """When the next of the schedules is due, in microseconds; None without schedules."""
    if not schedules:
        return None
    last = store.last_runs(tx, SYSTEM_ACCOUNT)
    return min(
        last[schedule.name] + schedule.every_us if schedule.name in last else tx.now_us for schedule in schedules
    )


def queue_due(tx: Tx, schedules: Sequence[Schedule], *, now_us: int, new_id: Callable[[str], str]) -> int:
    """Queue the jobs of all schedules due by `now_us` and return how many were due.

    Missed intervals are made up for by one job. The rhythm is kept: a late run does not move the next.
    """
    if not schedules:
        return 0
    # Whoever takes the lock first queues the jobs; the next one finds the rows it wrote.
    tx.lock("job_schedules")
    last = store.last_runs(tx, SYSTEM_ACCOUNT)
    count = 0
    for schedule in schedules:
        last_us = last.get(schedule.name)
        if last_us is not None and last_us + schedule.every_us > now_us:
            continue
        intervals = 0 if last_us is None else (now_us - last_us) // schedule.every_us
        slot_us = now_us if last_us is None else last_us + intervals * schedule.every_us
        store.remember_run(tx, SYSTEM_ACCOUNT, schedule.name, slot_us)
        queue.enqueue(
            tx,
            SYSTEM_ACCOUNT,
            schedule.kind,
            schedule.data,
            job_id=new_id("job_"),
            unique_key=f"schedule:{schedule.name}",
        )
        count += 1
    return count
