"""The manual calendar goes from one due moment to the next, and runs at each what is due."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.factories import make_event
from tests.harness import House, open_house
from tests.kernel.probe import VIEWS, Probe
from tests.receiver import Answer, Receiver, listening

from harbor.kernel import calendar as calendars
from harbor.kernel import instance_store as instance
from harbor.kernel.calendar import Calendar
from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock, SystemClock, micros
from harbor.kernel.errors import Unavailable
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject
from harbor.kernel.storage.database import Database

KIND = "probe.note"


class Noted:
    """Jobs that note when they ran; each may put another one into the queue."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.minutes: list[float] = []
        self.start = clock.now()
        self.again_in: timedelta | None = None

    def kind(self) -> JobKind:
        async def run(context: JobContext) -> JsonObject:
            self.minutes.append((self.clock.now() - self.start).total_seconds() / 60)
            again_in = self.again_in
            if again_in is not None:
                job_id = f"job_again{len(self.minutes):06}"
                await context.write(
                    lambda tx: queue.enqueue(
                        tx, context.job.account_id, KIND, {}, job_id=job_id, due_at=tx.now + again_in
                    )
                )
            return {}

        return JobKind(name=KIND, run=run)


@pytest.fixture
def noted(clock: ManualClock) -> Noted:
    """What the jobs noted."""
    return Noted(clock)


@pytest.fixture
async def house(database: Database, clock: ManualClock, tmp_path: Path, noted: Noted) -> AsyncIterator[House]:
    """A house whose jobs are noted."""
    async with open_house(database, clock, tmp_path, [], views=VIEWS, kinds=lambda _: [noted.kind()]) as opened:
        yield opened


@pytest.fixture
async def probe(house: House) -> Probe:
    """One account in it."""
    return Probe(house, await house.organization())


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver of webhooks."""
    async with listening() as opened:
        yield opened


def calendar(probe: Probe) -> Calendar:
    found: Calendar = probe.house.services.tools["calendar"]
    return found


async def later(probe: Probe, **span: float) -> None:
    """Queue a job that is due after a time."""

    def act(call: Call) -> None:
        queue.enqueue(
            call.tx, call.account_id, KIND, {}, job_id=call.new_id("job_"), due_at=call.tx.now + timedelta(**span)
        )

    await probe.write(act)


async def test_retries_of_an_hour_pass_in_order_each_at_its_moment(probe: Probe, receiver: Receiver) -> None:
    webhook = await probe.webhook(url=receiver.url())
    receiver.otherwise = Answer(status=500)
    await probe.write(make_event)
    start = probe.clock.now()

    ran = await calendar(probe).advance(3_600)

    minutes = [((each["at"] - start).total_seconds() / 60, each["deliveries"]) for each in ran]
    assert minutes == [(0, 1), (1, 1), (3, 1), (6, 1)]  # as the view's table says; then it is switched off
    assert len(receiver.got) == 4
    assert "parked" in await probe.states(webhook.id)
    assert probe.clock.now() == start + timedelta(hours=1)


async def test_jobs_run_at_the_moment_they_are_due(probe: Probe, noted: Noted) -> None:
    for minutes in (30, 10, 90, 20):
        await later(probe, minutes=minutes)

    ran = await calendar(probe).advance(3_600)

    assert noted.minutes == [10, 20, 30]
    assert [each["jobs"] for each in ran] == [[KIND]] * 3


async def test_what_a_job_puts_into_the_queue_on_the_way_runs_on_the_way(probe: Probe, noted: Noted) -> None:
    noted.again_in = timedelta(minutes=15)
    await later(probe, minutes=15)

    await calendar(probe).advance(3_600)

    assert noted.minutes == [15, 30, 45, 60]


async def test_a_calendar_that_is_not_advanced_runs_what_is_due_now(probe: Probe, noted: Noted) -> None:
    await later(probe, minutes=0)

    ran = await calendar(probe).advance(0)

    assert noted.minutes == [0]
    assert len(ran) == 1


async def test_the_calendar_is_kept_in_the_database(probe: Probe) -> None:
    await calendar(probe).advance(86_400)

    kept = await probe.read(lambda call: instance.get(call.tx, instance.CALENDAR))

    assert kept == str(micros(probe.clock.now()))


async def test_more_moments_than_anyone_waits_for_are_refused(
    probe: Probe, noted: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendars, "STEPS_MAX", 5)
    noted.again_in = timedelta(seconds=1)
    await later(probe, seconds=1)

    with pytest.raises(Unavailable, match="advance in smaller steps"):
        await calendar(probe).advance(3_600)

    assert len(noted.minutes) == 5


async def test_it_says_whether_it_can_be_moved(probe: Probe) -> None:
    movable = calendar(probe)
    machine = Calendar(SystemClock(), movable.database, movable.dispatcher, movable.worker, movable.write_behind)

    assert (movable.mode, machine.mode) == ("manual", "system")
