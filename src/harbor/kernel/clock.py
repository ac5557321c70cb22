"""Clocks: the calendar, which may be manual, and the stopwatch, which never is.

The calendar gives moments that people see and that things are due at. Leases, time-outs and signature timestamps use
real time (`real_now`, `time.monotonic`), also when the calendar is manual. Source: docs/decisions/0003-clocks.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """The calendar."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...


# A machine's clock that is set back further than this was wrong before, and is believed.
BRIDGED = timedelta(hours=1)


# Asked for three times a request, so there is no function of ours around it.
_wall = partial(datetime.now, UTC)


class SystemClock:
    """The calendar of the machine, which runs on evenly when the machine's clock is set back a little.

    What is due stays due, and nothing is made before what came earlier, until the machine has caught up.
    """

    def __init__(self, wall: Callable[[], datetime] = _wall, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._monotonic_s = monotonic_s
        self._last = (wall(), monotonic_s())

    def now(self) -> datetime:
        """The present moment, UTC. Safe to use from any thread."""
        now, at_s = self._wall(), self._monotonic_s()
        last, last_s = self._last  # one assignment, so that two threads never see half of it
        if now < last and last - now <= BRIDGED:
            now = last + timedelta(seconds=max(0.0, at_s - last_s))
        self._last = (now, at_s)
        return now


class ManualClock:
    """A calendar that stands still until it is advanced. Its state is kept in the database by `kernel.storage`."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The moment it was last set to."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Move forward to `moment`; a calendar never goes back."""
        assert moment >= self._now, (moment, self._now)
        self._now = moment

    def advance(self, seconds: float) -> datetime:
        """Move forward by `seconds` and return the new moment."""
        self.set(self._now + timedelta(seconds=seconds))
        return self._now


def real_now() -> datetime:
    """The machine's moment, whatever the calendar says: for leases and signature timestamps."""
    return datetime.now(UTC)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, as moments are stored."""
    return (moment - EPOCH) // _MICROSECOND


def moment(micros_: int) -> datetime:
    """The moment stored as `micros_` microseconds since 1970."""
    return EPOCH + timedelta(microseconds=micros_)


def moment_or_none(micros_: int | None) -> datetime | None:
    """The stored moment, or None where none is stored."""
    return None if micros_ is None else moment(micros_)


def micros_or_none(moment_: datetime | None) -> int | None:
    """The moment as stored, or None."""
    return None if moment_ is None else micros(moment_)


def iso_ms(moment_: datetime) -> str:
    """`2026-05-25T12:00:00.000Z`: UTC, three digits, cut and not rounded."""
    utc = moment_.astimezone(UTC) if moment_.tzinfo is not UTC else moment_
    return f"{utc.isoformat(timespec='milliseconds')[:23]}Z"
