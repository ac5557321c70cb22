"""Work days and the share of a week's capacity that they have."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.products.harvest_timesheets.reports.capacity import capacity_e2, work_days

DAYS = st.dates(date(2000, 1, 1), date(2050, 1, 1))


@given(DAYS, st.integers(-3, 800))
def test_work_days_are_those_that_can_be_counted(first: date, length: int) -> None:
    days = [first + timedelta(days=count) for count in range(length)]
    assert work_days(first, first + timedelta(days=length - 1)) == sum(day.weekday() < 5 for day in days)


@pytest.mark.parametrize(
    ("weekly_s", "days", "hours_e2"),
    [(126_000, 5, 3500), (126_000, 1, 700), (0, 5, 0), (1_800, 1, 10), (126_000, 0, 0)],
)
def test_a_day_has_a_fifth_of_a_week(weekly_s: int, days: int, hours_e2: int) -> None:
    assert capacity_e2(weekly_s, days) == hours_e2
