"""The days of recurring invoices, and when late ones are reminded of."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.products.harvest_timesheets.recurring_invoices.model import Unit, day_of_step, first_step, told, words_of
from harbor.products.harvest_timesheets.reminders.model import ReminderSettings, is_due

DAY = date(2026, 5, 25)


@pytest.mark.parametrize(
    ("start", "every", "unit", "days"),
    [
        ("2026-01-31", 1, Unit.MONTH, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        ("2024-02-29", 1, Unit.YEAR, ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        ("2026-11-15", 3, Unit.MONTH, ["2026-11-15", "2027-02-15", "2027-05-15"]),
        ("2026-12-28", 2, Unit.WEEK, ["2026-12-28", "2027-01-11"]),
        ("2026-02-27", 2, Unit.DAY, ["2026-02-27", "2026-03-01"]),
    ],
)
def test_days_of_issue_are_counted_from_the_start(start: str, every: int, unit: Unit, days: list[str]) -> None:
    begin = date.fromisoformat(start)
    assert [day_of_step(begin, every, unit, step).isoformat() for step in range(len(days))] == days


@given(
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    every=st.integers(1, 40),
    unit=st.sampled_from(Unit),
    later=st.integers(-400, 4_000),
)
def test_the_first_day_from_a_day_on_is_the_first(start: date, every: int, unit: Unit, later: int) -> None:
    not_before = start + timedelta(days=later)
    step = first_step(start, every, unit, not_before)
    assert day_of_step(start, every, unit, step) >= not_before
    assert step == 0 or day_of_step(start, every, unit, step - 1) < not_before


def test_words_are_those_of_the_day_of_issue() -> None:
    words = words_of(DAY)
    assert (words["invoice_issue_month_year"], words["invoice_issue_quarter"]) == ("May 2026", "2")
    assert (told(1, Unit.MONTH), told(2, Unit.WEEK)) == ("every month", "every 2 weeks")


@pytest.mark.parametrize(
    ("after", "every", "late", "reminded", "expected"),
    [
        (3, 7, 2, None, False),
        (3, 7, 3, None, True),
        (3, 7, 30, None, True),
        (3, 7, 9, 6, False),
        (3, 7, 10, 7, True),
        (3, 0, 100, 90, False),
        (3, 7, 3, 5, True),  # it was reminded of before it became due later
    ],
)
def test_reminders_come_after_some_days_and_again(
    after: int, every: int, late: int, reminded: int | None, expected: bool
) -> None:
    settings = ReminderSettings(is_on=True, after_days=after, every_days=every)
    due_on = DAY - timedelta(days=late)
    last = None if reminded is None else DAY - timedelta(days=reminded)
    assert is_due(settings, due_on=due_on, reminded_on=last, today=DAY) is expected
    assert not is_due(ReminderSettings(), due_on=due_on, reminded_on=last, today=DAY)
