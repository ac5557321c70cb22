"""Clocks: the calendar and how moments are stored and written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.clock import (
    EPOCH,
    ManualClock,
    SystemClock,
    iso_ms,
    micros,
    micros_or_none,
    moment,
    moment_or_none,
    real_now,
)

NOON = datetime(2026, 5, 25, 12, 0, tzinfo=UTC)
MOMENTS = st.datetimes(timezones=st.timezones(), allow_imaginary=False, min_value=datetime(2, 1, 1)).filter(
    lambda found: found.year < 9_998
)


def test_a_manual_calendar_stands_still_until_it_is_advanced() -> None:
    clock = ManualClock(NOON)

    assert clock.now() == clock.now() == NOON
    assert clock.advance(90.5) == NOON + timedelta(seconds=90.5)
    clock.set(NOON + timedelta(days=1))
    assert clock.now() == NOON + timedelta(days=1)


def test_a_manual_calendar_never_goes_back() -> None:
    clock = ManualClock(NOON)

    with pytest.raises(AssertionError):
        clock.set(NOON - timedelta(microseconds=1))
    with pytest.raises(AssertionError):
        clock.advance(-1)

    assert clock.now() == NOON


def test_the_machine_says_utc() -> None:
    before = real_now()
    found = SystemClock().now()

    assert before <= found <= real_now()
    assert found.utcoffset() == timedelta(0)


@given(MOMENTS)
def test_a_stored_moment_comes_back_to_the_microsecond(found: datetime) -> None:
    assert moment(micros(found)) == found.astimezone(UTC)


def test_nothing_is_stored_as_nothing() -> None:
    assert micros_or_none(None) is None
    assert moment_or_none(None) is None
    assert micros_or_none(EPOCH) == 0
    assert moment_or_none(0) == EPOCH


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (NOON, "2026-05-25T12:00:00.000Z"),
        (NOON.replace(microsecond=999_999), "2026-05-25T12:00:00.999Z"),
        (NOON.replace(microsecond=999), "2026-05-25T12:00:00.000Z"),
        (NOON.astimezone(timezone(timedelta(hours=5, minutes=45))), "2026-05-25T12:00:00.000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
    ],
)
def test_moments_are_written_in_utc_with_three_digits_cut_off(found: datetime, text: str) -> None:
    assert iso_ms(found) == text


@given(MOMENTS)
def test_a_written_moment_is_the_same_millisecond(found: datetime) -> None:
    assert micros(datetime.fromisoformat(iso_ms(found))) == micros(found) // 1_000 * 1_000
