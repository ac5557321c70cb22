"""Marks at the edges of charts are round, few, and around every number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.console import ticks

MIDNIGHT = datetime(2026, 5, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0, 0, [0, 1]),
        (0, 1, [0, 0.25, 0.5, 0.75, 1]),
        (0, 7, [0, 2, 4, 6, 8]),
        (0, 99.2, [0, 25, 50, 75, 100]),
        (0, 0.0003, [0, 0.0001, 0.0002, 0.0003]),
        (-5, 5, [-5, -2.5, 0, 2.5, 5]),
        (40, 45, [0, 20, 40, 60]),
    ],
)
def test_marks(low: float, high: float, marks: list[float]) -> None:
    assert ticks.of_numbers(low, high).marks == marks


@pytest.mark.parametrize(("high", "marks"), [(0, [0, 1]), (1, [0, 1]), (3, [0, 1, 2, 3]), (10, [0, 5, 10])])
def test_whole_numbers_have_whole_marks(high: int, marks: list[float]) -> None:
    assert ticks.of_numbers(0, high, is_whole=True).marks == marks


@given(low=st.floats(-1e300, 1e300), high=st.floats(-1e300, 1e300))
def test_every_number_lies_between_the_marks(low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)

    scale = ticks.of_numbers(low, high)

    slack = 1e-6 * (scale.high - scale.low)
    assert scale.low - slack <= low
    assert high <= scale.high + slack
    assert 2 <= len(scale.marks) <= 7
    assert 0 in scale.marks


@pytest.mark.parametrize(
    ("value", "step", "unit", "word"),
    [
        (0, 25, "", "0"),
        (0, 2e6, "ms", "0 ms"),
        (1500, 500, "ms", "1,500 ms"),
        (40_000, 20_000, "", "40k"),
        (5_000_000, 5_000_000, "", "5M"),
        (0.25, 0.25, "s", "0.25 s"),
        (1e300, 2.5e299, "", "1e+300"),
    ],
)
def test_words_of_marks(value: float, step: float, unit: str, word: str) -> None:
    assert ticks.word(value, step, unit) == word


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (-0.0001, "0"), (12.25, "12.25"), (1234567.8916, "1,234,567.892"), (1e21, "1e+21")]
)
def test_exact_numbers(value: float, text: str) -> None:
    assert ticks.exact(value) == text


@pytest.mark.parametrize(
    ("step", "count", "form", "words"),
    [
        (timedelta(seconds=10), 30, "second", ["00:00:00", "00:01:00", "00:02:00", "00:03:00", "00:04:00"]),
        (timedelta(hours=1), 24, "hour", ["00:00", "06:00", "12:00", "18:00"]),
        (timedelta(days=1), 30, "day", ["28 May", "4 Jun", "11 Jun", "18 Jun"]),
    ],
)
def test_moments_are_marked_where_they_are_round(step: timedelta, count: int, form: str, words: list[str]) -> None:
    moments = [MIDNIGHT + step * index for index in range(count)]

    chosen = ticks.of_moments(moments, 6)

    assert ticks.form_of(moments) == form
    assert [ticks.moment_word(moments[index], form) for index in chosen] == words


def test_moments_that_are_nowhere_round_are_marked_evenly() -> None:
    moments = [MIDNIGHT + timedelta(seconds=index * 61.7) for index in range(100)]

    assert ticks.of_moments(moments, 5) == [0, 20, 40, 60, 80]
