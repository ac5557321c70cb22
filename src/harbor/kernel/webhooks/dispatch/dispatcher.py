"""The dispatcher of one process: finds lanes with something due, claims a few of each, sends, records in batches."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime

import structlog

from harbor.kernel import bounds
from harbor.kernel.clock import micros, real_now
from harbor.kernel.errors import HarborError, Unavailable
from harbor.kernel.outbound import OutboundClient
from harbor.kernel.ratelimit.limiter import RateLimiter
from harbor.kernel.ratelimit.rules import Rule
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.vault import Vault
from harbor.kernel.webhooks.dispatch.lanes import Lane
from harbor.kernel.webhooks.dispatch.prepare import Prepared, Preparer
from harbor.kernel.webhooks.dispatch.record import PARK_STEP_ROWS, Recorder
from harbor.kernel.webhooks.dispatch.send import Finished, send
from harbor.kernel.webhooks.model import Ordering, ParkedBy, Standing
from harbor.kernel.webhooks.parking import store as parking
from harbor.kernel.webhooks.queue import store as queue
from harbor.kernel.webhooks.subscriptions.directory import Directory
from harbor.kernel.webhooks.view import Meanwhile, Views
from harbor.kernel.workspaces.model import Status

log = structlog.get_logger("harbor.dispatcher")

LEASE_S = 60.0
# A row whose lease ends sooner than an attempt may last is given up rather than sent twice.
_LEASE_RESERVE_S = 20.0
_POLL_S = 1.0
_RECOVER_EVERY_S = 5.0
_RESULTS_BATCH = 256
_RETRY_RECORDING_S = 0.5
# Results wait a moment for others that are under way, so that one sync records many: nobody waits for them but lists and
# strict order. Of a flood at 4,000 a second 80 come together, where 5 ms brought 20.
_GATHER_S = 0.02
_GATHER_STEP_S = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the dispatcher works with."""

    database: Database
    client: OutboundClient
    directory: Directory
    views: Views
    vault: Vault
    limiter: RateLimiter
    recorder: Recorder
    new_id: Callable[[str], str]
    owner: str
    observe: Callable[[Finished], None] = lambda _: None
    now: Callable[[], datetime] = real_now  # the calendar


@dataclass(frozen=True, slots=True)
class _Claim:
    prepared: list[Prepared]
    asked: int
    is_strict: bool
    rate_limit: int | None
    may_have_more: bool


class Dispatcher:
    """Sends what is due until it is stopped. `run` is its life; `run_due` is one round for a manual calendar."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._preparer = Preparer(means.vault)
        self._lanes: dict[str, Lane] = {}
        self._waiting: deque[Lane] = deque()
        self._in_flight = 0
        self._results: list[Finished] = []
        self._flushing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._loop = asyncio.get_running_loop()
        self.sent = 0
        means.database.on("deliveries", self._woken)

    @property
    def in_flight(self) -> int:
        """Attempts under way in this process."""
        return self._in_flight

    def _woken(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop of a closed server
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Scan, send and record until `stop`."""
        recovered_at = time.monotonic()
        while not self._stopping:
            self._wake.clear()
            began = time.monotonic()
            wait_s = _POLL_S
            try:
                wait_s = await self._scan()
                if began - recovered_at > _RECOVER_EVERY_S:
                    recovered_at = began
                    await self._recover()
            except Exception as error:  # whatever the store says, the next scan may find it well again
                log.warning("scan_failed", error=str(error))
            # With many lanes a scan costs more, so the pauses grow with it.
            pause_s = 4 * (time.monotonic() - began)
            if pause_s > 0.001:
                await asyncio.sleep(min(pause_s, _POLL_S))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), timeout=max(0.001, wait_s))

    async def run_due(self) -> int:
        """Send all that is due at the calendar's moment, to the end; returns how many attempts were made."""
        before = self.sent
        while True:
            await self._scan()
            if self._all_idle():
                return self.sent - before
            self._idle.clear()
            await self._idle.wait()

    async def stop(self, drain_s: float) -> None:
        """Start nothing more, finish what is under way, give back what was claimed."""
        self._stopping = True
        self._wake.set()
        deadline = time.monotonic() + drain_s
        while self._tasks and time.monotonic() < deadline:
            await asyncio.wait(
                self._tasks, timeout=max(0.01, deadline - time.monotonic()), return_when=asyncio.FIRST_COMPLETED
            )
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        left = [prepared.claimed for lane in self._lanes.values() for prepared in lane.buffer]
        if left:
            with contextlib.suppress(HarborError):
                await self._means.database.write(lambda tx: queue.release(tx, left, self._means.owner))

    async def _scan(self) -> float:
        """Wake the lanes with something due; returns the seconds until the next one is."""

        def look(tx: Tx) -> tuple[list[tuple[str, str]], int | None]:
            rows = queue.due(tx)
            later = [row["due_at"] for row in rows if row["due_at"] > tx.now_us]
            now = [(row["account_id"], row["subscription_id"]) for row in rows if row["due_at"] <= tx.now_us]
            return now, min(later) - tx.now_us if later else None

        due, until_us = await self._means.database.read(look)
        for account_id, subscription_id in due:
            lane = self._lanes.get(subscription_id)
            if lane is None:
                lane = self._lanes[subscription_id] = Lane(account_id, subscription_id)
            lane.has_due = True
            self._advance(lane)
        if len(self._lanes) > 2 * len(due) + 1_000:
            self._lanes = {name: lane for name, lane in self._lanes.items() if not lane.is_idle}
        return _POLL_S if until_us is None else min(_POLL_S, until_us / 1e6)

    async def _recover(self) -> None:
        found = await self._means.database.write(lambda tx: queue.recover(tx, micros(real_now())))
        if found:
            log.warning("leases_recovered", deliveries=found)
            self._wake.set()

    def _advance(self, lane: Lane) -> None:
        if self._stopping:
            return
        if lane.wants_claim:
            lane.is_claiming = True
            self._start(self._claim(lane))
        limit = 1 if lane.is_strict else lane.limit
        while lane.buffer and lane.in_flight < limit:
            if self._in_flight >= bounds.WEBHOOK_IN_FLIGHT_MAX:
                if not lane.is_waiting:
                    lane.is_waiting = True
                    self._waiting.append(lane)
                return
            self._in_flight += 1
            lane.in_flight += 1
            self._start(self._work(lane, lane.buffer.popleft()))

    async def _claim(self, lane: Lane) -> None:
        lease_until_us = micros(real_now()) + int(LEASE_S * 1e6)
        try:
            size = await self._permitted(lane)
            if size == 0:
                return
            lane.has_due = False  # whatever becomes due from here on wakes the lane again
            claim = await self._means.database.write(lambda tx: self._claim_in(tx, lane, size, lease_until_us))
            lane.is_strict = claim.is_strict
            lane.buffer.extend(claim.prepared)
            lane.has_due = lane.has_due or claim.may_have_more
            lane.claimed(len(claim.prepared))
        except Exception as error:
            log.warning("claim_failed", subscription_id=lane.subscription_id, error=str(error))
            await asyncio.sleep(_RETRY_RECORDING_S)
        finally:
            lane.is_claiming = False
            self._advance(lane)
            self._look_idle()

    async def _permitted(self, lane: Lane) -> int:
        """How many a throttled subscription may have now; waits for its next token if there is none."""
        limit = await self._means.database.read(lambda tx: self._rate_limit(tx, lane))
        if limit is None:
            return lane.claim_size
        rule = Rule(quota=limit, window_s=1, burst=limit)
        while not self._stopping:
            granted = await self._means.limiter.take_up_to(
                f"deliver:{lane.subscription_id}", rule, real_now(), lane.claim_size
            )
            if granted:
                return granted
            await asyncio.sleep(min(0.5, 1 / limit))
        return 0

    def _rate_limit(self, tx: Tx, lane: Lane) -> int | None:
        subscription = self._means.directory.subscription(tx, lane.account_id, lane.subscription_id)
        return subscription.rate_limit if subscription else None

    def _claim_in(self, tx: Tx, lane: Lane, size: int, lease_until_us: int) -> _Claim:
        means = self._means
        subscription = means.directory.subscription(tx, lane.account_id, lane.subscription_id)
        if subscription is None:
            moved = parking.cancel_subscription(tx, lane.account_id, lane.subscription_id, PARK_STEP_ROWS)
            return _Claim([], size, False, None, may_have_more=moved == PARK_STEP_ROWS)
        view = means.views.of(subscription)
        workspace = means.directory.workspace(tx, lane.account_id, subscription.workspace_id)
        moved = 0
        if workspace is None or workspace.status is Status.ARCHIVED:
            moved = parking.cancel_subscription(tx, lane.account_id, subscription.id, PARK_STEP_ROWS)
        elif subscription.status is Standing.DISABLED:
            by = ParkedBy.HOLD if view.meanwhile is Meanwhile.HOLD else ParkedBy.SUBSCRIPTION
            moved = parking.park_subscription(tx, lane.account_id, subscription.id, PARK_STEP_ROWS, by=by)
        elif workspace.status is Status.SUSPENDED:
            moved = parking.park_workspace(tx, lane.account_id, subscription.workspace_id, PARK_STEP_ROWS)
        else:
            is_strict = subscription.ordering is Ordering.STRICT
            claimed = queue.claim(
                tx,
                lane.account_id,
                subscription.id,
                owner=means.owner,
                lease_until_us=lease_until_us,
                limit=size,
                is_strict=is_strict,
            )
            table = view.table(means.directory.environment(tx, lane.account_id))
            prepared = [self._preparer.prepare(tx, one, subscription, view, table, lease_until_us) for one in claimed]
            return _Claim(
                prepared, size, is_strict, subscription.rate_limit, may_have_more=len(claimed) == size and not is_strict
            )
        return _Claim([], size, False, None, may_have_more=moved == PARK_STEP_ROWS)

    async def _work(self, lane: Lane, first: Prepared) -> None:
        """Send one delivery after another while the lane has some and nobody else waits for the place."""
        prepared: Prepared | None = first
        try:
            while prepared is not None:
                if micros(real_now()) + int(_LEASE_RESERVE_S * 1e6) < prepared.lease_until_us:
                    finished = await send(self._means.client, prepared, self._means.new_id, self._means.now)
                    self._finish(lane, finished)
                yields = bool(self._waiting) or self._stopping or lane.in_flight > lane.limit
                prepared = lane.buffer.popleft() if lane.buffer and not yields else None
                if lane.wants_claim:
                    self._advance(lane)
        finally:
            self._in_flight -= 1
            lane.in_flight -= 1
            self._next_waiting()
            self._advance(lane)
            self._look_idle()

    def _finish(self, lane: Lane, finished: Finished) -> None:
        self.sent += 1
        if finished.outcome.slows_down:
            lane.slow_down()
        elif finished.outcome.is_success:
            lane.speed_up()
        self._means.observe(finished)
        self._results.append(finished)
        if not self._flushing:
            self._flushing = True
            self._start(self._flush())

    def _next_waiting(self) -> None:
        while self._waiting and self._in_flight < bounds.WEBHOOK_IN_FLIGHT_MAX:
            lane = self._waiting.popleft()
            lane.is_waiting = False
            self._advance(lane)

    async def _flush(self) -> None:
        size = _RESULTS_BATCH
        try:
            while self._results:
                await self._gather()
                batch = self._results[:size]
                try:
                    await self._means.database.write(lambda tx, batch=batch: self._means.recorder.record(tx, batch))  # type: ignore[misc]
                except Unavailable as error:
                    # The rows stay leased; if this goes on too long they are attempted again, which receivers must bear.
                    log.warning("recording_failed", error=error.message, attempts=len(batch))
                    await asyncio.sleep(_RETRY_RECORDING_S)
                    continue
                except Exception as error:
                    # Too much for one transaction, or one result that cannot be recorded: fewer at a time, so that it
                    # stands in nobody's way. Alone it is given up, and the end of its lease repairs it.
                    log.warning("recording_failed", error=str(error), attempts=len(batch))
                    if len(batch) > 1:
                        size = max(1, len(batch) // 2)
                        continue
                del self._results[: len(batch)]
                size = min(_RESULTS_BATCH, size * 2)
                for one in batch:
                    self._recorded(one)
        finally:
            self._flushing = False
            self._look_idle()

    async def _gather(self) -> None:
        until = time.monotonic() + _GATHER_S
        while self._in_flight and len(self._results) < _RESULTS_BATCH and time.monotonic() < until:
            if self._somebody_waits():
                return
            await asyncio.sleep(_GATHER_STEP_S)

    def _somebody_waits(self) -> bool:
        """Whether a result must be recorded at once: the server stops, or a strict lane goes on after it."""
        return self._stopping or any(one.prepared.subscription.ordering is Ordering.STRICT for one in self._results)

    def _recorded(self, one: Finished) -> None:
        lane = self._lanes.get(one.prepared.subscription.id)
        if lane is not None and lane.is_strict:
            lane.has_due = True  # the next one in order may go now
            self._advance(lane)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("dispatcher_fault", exc_info=error)
        self._look_idle()

    def _all_idle(self) -> bool:
        return not (self._results or self._flushing or self._in_flight) and all(
            lane.is_idle for lane in self._lanes.values()
        )

    def _look_idle(self) -> None:
        if not self._idle.is_set() and self._all_idle():
            self._idle.set()
