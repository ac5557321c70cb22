"""The worker: claims due jobs, runs them side by side, keeps their leases and settles what came of them."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from harbor.kernel import clock as clocks
from harbor.kernel.clock import Clock, micros
from harbor.kernel.jobs import claims, queue, schedule, store
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import Job, JobKind, LeaseLost
from harbor.kernel.jobs.outcome import settle
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.storage.database import Database, Lane, Tx

log = structlog.get_logger("harbor.jobs")

CONCURRENCY = 8
POLL_S = 1.0
_UNKNOWN_KINDS_LOOK_S = 60.0
_UNKNOWN_KINDS_MAX = 100
# Bounds one advance of a manual calendar, should jobs put new ones into the queue for ever.
RUN_DUE_JOBS_MAX = 10_000


@dataclass(slots=True)
class _Running:
    job: Job
    kind: JobKind
    task: asyncio.Task[Job | None]


class Worker:
    """Runs jobs of the given kinds, at most `concurrency` at a time; several workers may share a database.

    Jobs are due by the calendar (`clock`), leases last by real time (`real_now`). It is woken by commits of this
    process and otherwise looks each `poll_s` seconds. A job of an unknown kind stays queued and is named in the log.
    """

    def __init__(
        self,
        database: Database,
        kinds: Mapping[str, JobKind],
        clock: Clock,
        new_id: Callable[[str], str],
        *,
        schedules: Sequence[Schedule] = (),
        concurrency: int = CONCURRENCY,
        poll_s: float = POLL_S,
        real_now: Callable[[], datetime] = clocks.real_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        assert all(name == kind.name for name, kind in kinds.items()), kinds
        assert all(each.kind in kinds for each in schedules), schedules
        self._database = database
        self._kinds = kinds
        self._clock = clock
        self._new_id = new_id
        self._schedules = schedules
        self._concurrency = concurrency
        self._poll_s = poll_s
        self._real_now = real_now
        self._chance = chance
        self._running: dict[tuple[str, str, str], _Running] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._advancing = 0
        self._claiming: asyncio.Task[None] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._warned: set[str] = set()
        self._look_at = 0.0

    # Life

    async def start(self) -> None:
        """Begin to claim and run jobs."""
        assert self._claiming is None, "a worker is started once"
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed; nobody waits any more
                loop.call_soon_threadsafe(self._wake.set)

        self._database.on(queue.TOPIC, wake)
        self._claiming = asyncio.create_task(self._claim_forever(), name="jobs-claim")

    async def stop(self, grace_s: float = 10.0) -> None:
        """Claim nothing more, let running jobs finish for up to `grace_s` seconds and give the others back.

        A job given back goes on at its last committed position, here after the next start or in another process.
        """
        self._stopping = True
        self._wake.set()
        if self._claiming is not None:
            await self._claiming
        tasks = [running.task for running in self._running.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)
        await self._give_back([running for running in self._running.values() if not running.task.done()])
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)

    def next_due(self, tx: Tx, *, every_s_min: int = 0) -> datetime | None:
        """When the next job or schedule of this worker is due by the calendar; None if nothing waits.

        Schedules that come round more often than every `every_s_min` seconds are left out.
        """
        rare = [each for each in self._schedules if each.every_s >= every_s_min]
        found = [store.first_due_us(tx, self._kinds), schedule.next_us(tx, rare)]
        return clocks.moment_or_none(min((each for each in found if each is not None), default=None))

    async def run_due(self, now: datetime) -> list[Job]:
        """Run all that is due by `now`, and what that puts into the queue for now, and return how the jobs ended.

        It returns when nothing due is left and nothing runs in this worker. For a manual calendar's advance, which sets
        the calendar to `now` first.
        """
        self._advancing += 1
        try:
            ended: list[Job] = []
            while len(ended) < RUN_DUE_JOBS_MAX:
                claimed = await self._claim(micros(now), limit=self._concurrency)
                tasks = {running.task for running in self._running.values()} | set(map(self._launch, claimed))
                if not tasks:
                    return ended
                ended += [job for job in await asyncio.gather(*tasks, return_exceptions=True) if isinstance(job, Job)]
            log.warning("jobs_left_due", ran=len(ended))
            return ended
        finally:
            self._advancing -= 1
            self._wake.set()

    # Claiming

    async def _claim_forever(self) -> None:
        while not self._stopping:
            self._wake.clear()
            wait_s = self._poll_s
            try:
                await self._warn_of_unknown_kinds()
                free = self._concurrency - len(self._running)
                if free > 0 and not self._advancing:
                    due_in_s = await self._database.read(self._due_in_s)
                    wait_s = min(wait_s, due_in_s)
                    if due_in_s <= 0:
                        claimed = await self._claim(micros(self._clock.now()), limit=free)
                        for job in claimed:
                            self._launch(job)
                        wait_s = 0 if claimed else self._poll_s
            except Exception as error:
                wait_s = self._poll_s  # what is due stays due: asking on and on would fill the log and take a core
                log.warning("jobs_claim_failed", error=repr(error))
            if wait_s > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait_s)

    def _due_in_s(self, tx: Tx) -> float:
        if store.has_expired(tx, self._kinds, real_us=micros(self._real_now())):
            return 0.0
        due_at = self.next_due(tx)
        return self._poll_s if due_at is None else (due_at - tx.now).total_seconds()

    async def _claim(self, now_us: int, *, limit: int) -> list[Job]:
        def claim(tx: Tx) -> list[Job]:
            schedule.queue_due(tx, self._schedules, now_us=now_us, new_id=self._new_id)
            real_us = micros(self._real_now())
            return claims.claim(
                tx, self._kinds, now_us=now_us, real_us=real_us, token=self._new_id("run_"), limit=limit
            )

        return await self._database.write(claim, lane=Lane.BACKGROUND)

    async def _warn_of_unknown_kinds(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._look_at:
            return
        self._look_at = now + _UNKNOWN_KINDS_LOOK_S
        found = await self._database.read(
            lambda tx: store.unknown_kinds(tx, self._kinds, limit=_UNKNOWN_KINDS_MAX), long=True
        )
        for kind in set(found) - self._warned:
            self._warned.add(kind)
            log.warning("job_kind_unknown", kind=kind)

    # Running

    def _launch(self, job: Job) -> asyncio.Task[Job | None]:
        kind = self._kinds[job.kind]
        task = asyncio.create_task(self._run(kind, job), name=f"job-{job.id}")
        key = (job.account_id, job.id, job.lease_token or "")
        self._running[key] = _Running(job, kind, task)
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat_forever(), name="jobs-heartbeat")

        def ended(_: asyncio.Task[Job | None]) -> None:
            del self._running[key]
            self._wake.set()

        task.add_done_callback(ended)
        return task

    async def _run(self, kind: JobKind, job: Job) -> Job | None:
        context = JobContext(self._database, kind, job)
        try:
            return await settle(self._database, kind, context, chance=self._chance)
        except LeaseLost:
            log.info("job_lease_lost", job=job.id, kind=kind.name)
        except Exception as error:
            # The outcome could not be written. The lease ends, and the job runs again.
            log.warning("job_not_settled", job=job.id, kind=kind.name, error=repr(error))
        return None

    async def _beat_forever(self) -> None:
        interval_s = min(kind.lease_s for kind in self._kinds.values()) / 3
        while self._running:
            await asyncio.sleep(interval_s)
            try:
                await self.renew_leases()
            except Exception as error:
                log.warning("jobs_not_renewed", error=repr(error))

    async def renew_leases(self) -> None:
        """Renew the leases of all that runs here, and stop what lost its own: the heartbeat does it by itself."""
        held = list(self._running.values())
        if not held:
            return
        real_us = micros(self._real_now())

        def renew(tx: Tx) -> list[_Running]:
            return [running for running in held if not claims.renew(tx, running.kind, running.job, real_us=real_us)]

        # In the foreground: behind a heap of background steps the leases could end.
        for lost in await self._database.write(renew, lane=Lane.FOREGROUND):
            if lost.task.cancel():
                log.info("job_lease_lost", job=lost.job.id, kind=lost.kind.name)

    async def _give_back(self, unfinished: list[_Running]) -> None:
        if not unfinished:
            return
        for running in unfinished:
            running.task.cancel()
        await asyncio.gather(*(running.task for running in unfinished), return_exceptions=True)

        def release(tx: Tx) -> None:
            for running in unfinished:
                claims.release(tx, running.job)

        try:
            await self._database.write(release)
        except Exception as error:
            log.warning("jobs_not_released", error=repr(error), jobs=len(unfinished))
        else:
            log.info("jobs_released", jobs=len(unfinished))
