"""Spans: weeks, months, quarters, years, and the ones beside them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.company.model import WEEK_START_DAYS
from harbor.products.harvest_timesheets.reports.spans import FIRST, LAST, Unit, around, span

UNITS = [unit for unit in Unit if unit is not Unit.CUSTOM]


@pytest.mark.parametrize(
    ("unit", "start", "from_on", "to_on", "label"),
    [
        ("week", "Monday", "2026-05-25", "2026-05-31", "25 May – 31 May 2026"),
        ("week", "Sunday", "2026-05-24", "2026-05-30", "24 May – 30 May 2026"),
        ("week", "Saturday", "2026-05-23", "2026-05-29", "23 May – 29 May 2026"),
        ("month", "Monday", "2026-05-01", "2026-05-31", "May 2026"),
        ("quarter", "Monday", "2026-04-01", "2026-06-30", "Q2 2026"),
        ("year", "Monday", "2026-01-01", "2026-12-31", "2026"),
    ],
)
def test_a_span_is_around_today(unit: str, start: str, from_on: str, to_on: str, label: str) -> None:
    found = span(unit, None, None, today=date(2026, 5, 28), week_start_day=start)
    assert (found.period.from_on.isoformat(), found.period.to_on.isoformat(), found.label) == (from_on, to_on, label)


@given(st.sampled_from(UNITS), st.dates(FIRST, LAST), st.sampled_from(WEEK_START_DAYS))
def test_spans_follow_each_other_without_a_gap(unit: Unit, day: date, start: str) -> None:
    here = around(unit, day, start)
    assert here.period.from_on <= day <= here.period.to_on
    assert here.days <= 366
    after = here.beside(1)
    if after is not None:
        assert after.period.from_on == here.period.to_on + timedelta(days=1)
        assert after.beside(-1) == here


def test_days_of_ones_own_move_by_their_length() -> None:
    own = span("custom", date(2026, 3, 30), date(2026, 4, 8), today=date(2026, 5, 1), week_start_day="Monday")
    before = own.beside(-1)
    assert own.label == "30 Mar – 8 Apr 2026"
    assert before is not None
    assert before.asked() == {"span": "custom", "from": "2026-03-20", "to": "2026-03-29"}


@pytest.mark.parametrize("word", ["", "day", "WEEK"])
def test_an_unknown_span_is_refused(word: str) -> None:
    with pytest.raises(Invalid) as refused:
        span(word, None, None, today=date(2026, 5, 1), week_start_day="Monday")
    assert refused.value.field == "span"
