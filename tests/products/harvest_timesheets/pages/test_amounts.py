"""Amounts as people type them, by the company's separators."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.company.model import BudgetHours, Company, Rounding
from harbor.products.harvest_timesheets.pages import amounts

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def company(decimal_symbol: str = ".", thousands_separator: str = ",") -> Company:
    """A company with these marks."""
    return Company(
        account_id="acc",
        number=1,
        name="",
        is_active=True,
        week_start_day="Monday",
        wants_timestamp_timers=False,
        time_format="decimal",
        date_format="%Y-%m-%d",
        plan_type="",
        expense_feature=True,
        invoice_feature=True,
        estimate_feature=True,
        team_feature=True,
        approval_feature=True,
        weekly_capacity_s=0,
        clock="24h",
        currency="EUR",
        currency_code_display="",
        currency_symbol_display="",
        decimal_symbol=decimal_symbol,
        thousands_separator=thousands_separator,
        color_scheme="",
        timezone="UTC",
        rounding=Rounding.OFF,
        rounding_minutes=15,
        budget_hours=BudgetHours.ALL,
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.mark.parametrize(
    ("typed", "marks", "amount"),
    [
        ("12.50", ".,", "12.50"),
        ("12,50", ".,", "12.50"),
        ("1,234", ".,", "1234"),
        ("1.234", ".,", "1.234"),
        ("1.234", ",.", "1234"),
        ("1,234", ",.", "1.234"),
        ("1,234.5", ",.", "1234.5"),
        ("1.234,5", ".,", "1234.5"),
        ("1,234,567", ",.", "1234567"),
        ("1'234.50", ".'", "1234.50"),
        ("1\u202f234,5", ", ", "1234.5"),
        ("7", ".,", "7"),
        (".5", ".,", ".5"),
        ("5.", ".,", "5"),
    ],
)
def test_amounts_are_read_with_either_mark(typed: str, marks: str, amount: str) -> None:
    assert amounts.read(f" {typed} ", company(*marks), field="total_cost") == Decimal(amount)


@pytest.mark.parametrize("typed", ["-1", "x", "1.2.3", "1e5", "٣", "NaN", "9" * 21, ".", "12 €"])
def test_what_is_no_amount_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(Invalid, match=r"Total cost is an amount such as 12\.50") as refused:
        amounts.read(typed, company(), field="total_cost")
    assert refused.value.field == "total_cost"


def test_an_empty_field_is_no_amount() -> None:
    assert amounts.read("  ", company(), field="units") is None


@given(st.integers(0, 10**14), st.sampled_from([".,", ",.", ", "]))
def test_what_is_shown_to_be_changed_reads_as_it_was(units: int, marks: str) -> None:
    here = company(*marks)
    for places in (2, 4):
        assert amounts.read(amounts.word(units, places, here), here, field="units") == Decimal(units) / 10**places
        assert amounts.read(amounts.number(units, places, here), here, field="units") == Decimal(units) / 10**places
