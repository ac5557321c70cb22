"""The manual calendar: it stands still until it is advanced, and then goes from one due moment to the next.

At each it runs what is due, deliveries and jobs, to the end. So weeks of retries pass in a second and in order.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from harbor.kernel import instance_store as instance
from harbor.kernel.clock import Clock, ManualClock, micros, moment
from harbor.kernel.errors import Unavailable
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.webhooks.dispatch.dispatcher import Dispatcher
from harbor.kernel.webhooks.queue import store as queue
from harbor.kernel.writebehind import WriteBehind

STEPS_MAX = 20_000
# Sweeps that come round more often than daily run at every stop and at the end, but are no reason to stop: with those of
# every minute a day took 4.7 s, with those of every hour 0.24 s; now 91 days take 1.2 s.
STOP_EVERY_S_MIN = 86_400


@dataclass(slots=True)
class Calendar:
    """The calendar of a process and what moves with it."""

    clock: Clock
    database: Database
    dispatcher: Dispatcher
    worker: Worker
    write_behind: WriteBehind
    _moving: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def mode(self) -> str:
        """`manual` or `system`."""
        return "manual" if isinstance(self.clock, ManualClock) else "system"

    async def advance(self, seconds: float) -> list[dict[str, Any]]:
        """Move forward; returns for each moment at which something ran what it was: `at`, `deliveries`, `jobs`."""
        clock = self.clock
        assert isinstance(clock, ManualClock), "the pipeline asks for the mode first"
        async with self._moving:
            target = clock.now() + timedelta(seconds=seconds)
            ran: list[dict[str, Any]] = []
            await self._run_due(clock, ran)
            for _ in range(STEPS_MAX):
                due = await self.database.read(self._next_due)
                if due is None or due > target:
                    break
                await self._move(clock, max(due, clock.now()))
                await self._run_due(clock, ran)
            else:
                raise Unavailable(f"More than {STEPS_MAX} moments were due on the way; advance in smaller steps.")
            await self._move(clock, target)
            await self._run_due(clock, ran)
            return ran

    async def _run_due(self, clock: ManualClock, ran: list[dict[str, Any]]) -> None:
        # What is written behind belongs to the moment that ends now.
        await self.write_behind.flush()
        jobs = await self.worker.run_due(clock.now())
        deliveries = await self.dispatcher.run_due()
        if jobs or deliveries:
            ran.append({"at": clock.now(), "deliveries": deliveries, "jobs": [job.kind for job in jobs][:100]})

    async def _move(self, clock: ManualClock, to: datetime) -> None:
        await self.database.write(lambda tx: instance.put(tx, instance.CALENDAR, str(micros(to))))
        clock.set(to)

    def _next_due(self, tx: Tx) -> datetime | None:
        later = [moment(row["due_at"]) for row in queue.due(tx) if row["due_at"] > tx.now_us]
        job = self.worker.next_due(tx, every_s_min=STOP_EVERY_S_MIN)
        if job is not None:
            later.append(job)
        return min(later, default=None)
