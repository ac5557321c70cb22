"""The calendar of a machine whose clock is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harbor.kernel.clock import BRIDGED, SystemClock

NOON = datetime(2026, 5, 25, 12, tzinfo=UTC)


class Machine:
    """A wall clock somebody may set, and a stopwatch nobody can."""

    def __init__(self) -> None:
        self.wall = NOON
        self.stopwatch_s = 100.0

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.stopwatch_s += seconds

    def calendar(self) -> SystemClock:
        return SystemClock(lambda: self.wall, lambda: self.stopwatch_s)


def test_a_clock_set_back_a_little_runs_on_evenly_until_the_machine_has_caught_up() -> None:
    machine = Machine()
    calendar = machine.calendar()
    machine.passes(10)
    before = calendar.now()

    machine.wall -= timedelta(minutes=30)
    machine.passes(5)

    assert calendar.now() == before + timedelta(seconds=5)
    machine.passes(1_795)
    assert calendar.now() == before + timedelta(seconds=1_800)
    machine.passes(60)
    assert calendar.now() == before + timedelta(seconds=1_860)


def test_a_clock_that_was_wrong_by_more_than_an_hour_is_believed_when_it_is_put_right() -> None:
    machine = Machine()
    machine.wall += timedelta(days=400)
    calendar = machine.calendar()
    calendar.now()

    machine.wall = NOON

    assert calendar.now() == NOON
    assert timedelta(days=400) > BRIDGED


def test_a_clock_set_forward_is_followed_at_once() -> None:
    machine = Machine()
    calendar = machine.calendar()

    machine.wall += timedelta(hours=3)

    assert calendar.now() == NOON + timedelta(hours=3)


def test_a_stopwatch_read_out_of_order_never_moves_the_calendar_back() -> None:
    machine = Machine()
    calendar = machine.calendar()
    machine.passes(10)
    before = calendar.now()

    machine.wall -= timedelta(seconds=20)
    machine.stopwatch_s -= 1

    assert calendar.now() == before
