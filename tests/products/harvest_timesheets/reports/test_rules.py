"""Periods, their parts, amounts, and the order of names."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.reports.model import period
from harbor.products.harvest_timesheets.reports.rules import amount_e2, collation
from harbor.products.harvest_timesheets.time_entries.sums_rules import parts_of

_DAYS = st.dates(date(1999, 12, 1), date(2001, 3, 31))


@given(_DAYS, st.integers(-40, 400))
def test_the_parts_of_a_period_are_its_days(from_on: date, length: int) -> None:
    to_on = from_on + timedelta(days=length)
    parts = parts_of(from_on, to_on)

    counted: dict[date, int] = {}
    if parts.months is not None:
        day = date.fromisoformat(f"{parts.months[0]}-01")
        while day.isoformat()[:7] <= parts.months[1]:
            counted[day] = 1
            day += timedelta(days=1)
    for sign, spans in ((1, parts.plus), (-1, parts.minus)):
        for first, last in spans:
            for number in range((last - first).days + 1):
                day = first + timedelta(days=number)
                counted[day] = counted.get(day, 0) + sign

    assert {day for day, count in counted.items() if count == 1} == {
        from_on + timedelta(days=number) for number in range(max(0, length + 1))
    }
    assert set(counted.values()) <= {0, 1}
    assert sum((last - first).days + 1 for first, last in (*parts.plus, *parts.minus)) <= 30


@pytest.mark.parametrize(
    ("from_on", "to_on", "message"),
    [
        (None, None, "From can't be blank, To can't be blank"),
        (date(2021, 1, 1), None, "To can't be blank"),
        (date(2021, 1, 1), date(2022, 1, 2), "To can't be more than 365 days after from"),
        (date(2021, 1, 2), date(2021, 1, 1), "To can't be before from"),
    ],
)
def test_a_period_has_two_ends_and_a_year(from_on: date | None, to_on: date | None, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        period(from_on, to_on)

    assert refused.value.message == message


def test_a_year_from_its_first_day_to_the_next_first_day_is_taken() -> None:
    assert period(date(2021, 1, 1), date(2022, 1, 1)).to_on == date(2022, 1, 1)


@given(st.integers(0, 10**30))
def test_amounts_are_rounded_half_up(exact: int) -> None:
    assert amount_e2(exact) == int(Decimal(exact).scaleb(-4).quantize(Decimal(1), ROUND_HALF_UP)) or exact >= 10**28


def test_marks_come_before_digits_and_digits_before_letters() -> None:
    names = ["Zebra", "airbyte", "[SAMPLE] Client", "Écru", "edge", "4711", "Edge 2", "_x"]

    assert sorted(names, key=collation) == [
        "[SAMPLE] Client", "_x", "4711", "airbyte", "Écru", "edge", "Edge 2", "Zebra",
    ]  # fmt: skip
