"""Lines out of tracked time, without storage: whatever the grouping, all hours are on them and the sums agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.products.harvest_timesheets.bills.wording import amount_shown, filled
from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.company.model import BudgetHours, Company, Rounding
from harbor.products.harvest_timesheets.invoices.import_rules import (
    Manner,
    TimeSummary,
    fee_lines,
    rate_e4,
    time_lines,
)
from harbor.products.harvest_timesheets.projects.model import BillBy, BudgetBy, Project
from harbor.products.harvest_timesheets.tasks.model import Task
from harbor.products.harvest_timesheets.time_entries.model import Surroundings, TimeEntry, TimeEntrySeen
from harbor.products.harvest_timesheets.users.model import User

NOW = datetime(2026, 5, 25, 12, tzinfo=UTC)
DAY = date(2026, 5, 25)
CLIENT = Client(
    account_id="a",
    id=1,
    name="ABC Corp",
    is_active=True,
    address=None,
    statement_key="k",
    currency="USD",
    created_at=NOW,
    updated_at=NOW,
)
PROJECT = Project(
    account_id="a",
    id=1,
    client_id=1,
    name="Website",
    code="W",
    is_active=True,
    is_billable=True,
    is_fixed_fee=False,
    bill_by=BillBy.PEOPLE,
    hourly_rate_e4=None,
    budget_by=BudgetBy.NONE,
    budget_e2=None,
    cost_budget_e2=None,
    budget_is_monthly=False,
    notify_when_over_budget=False,
    over_budget_notification_percentage_e2=8000,
    over_budget_notified_on=None,
    show_budget_to_all=False,
    cost_budget_include_expenses=False,
    fee_e2=None,
    notes=None,
    starts_on=None,
    ends_on=None,
    created_at=NOW,
    updated_at=NOW,
)
COMPANY = Company(
    account_id="a",
    number=1,
    name="ABC",
    is_active=True,
    week_start_day="Monday",
    wants_timestamp_timers=False,
    time_format="decimal",
    date_format="%m/%d/%Y",
    plan_type="sponsored",
    expense_feature=True,
    invoice_feature=True,
    estimate_feature=True,
    team_feature=True,
    approval_feature=True,
    weekly_capacity_s=126_000,
    clock="12h",
    currency="USD",
    currency_code_display="iso_code_none",
    currency_symbol_display="symbol_before",
    decimal_symbol=".",
    thousands_separator=",",
    color_scheme="orange",
    timezone="UTC",
    rounding=Rounding.OFF,
    rounding_minutes=15,
    budget_hours=BudgetHours.ALL,
    created_at=NOW,
    updated_at=NOW,
)
MANNER = Manner(company=COMPANY, category="Service", taxed=False, taxed2=False)


def entry(number: int, hours_e2: int, rate: int | None, *, task: int = 1, user: int = 1, day: int = 0) -> TimeEntrySeen:
    """Time of a person on a task."""
    around = Surroundings(
        user=_user(user),
        client=CLIENT,
        project=PROJECT,
        task=_task(task),
        user_assignment=None,
        user_rate_e4=None,
        task_assignment=None,
    )
    found = TimeEntry(
        account_id="a",
        id=number,
        user_id=user,
        project_id=1,
        task_id=task,
        spent_on=DAY + timedelta(days=day),
        hours_e2=hours_e2,
        client_id=1,
        billable=True,
        rate_e4=rate,
        rounded_e2=hours_e2,
        created_at=NOW,
        updated_at=NOW,
    )
    return TimeEntrySeen(entry=found, around=around, hours_e2=hours_e2, rounded_e2=hours_e2, clock="12h")


def tracked(rates: st.SearchStrategy[int | None]) -> st.SearchStrategy[list[TimeEntrySeen]]:
    """Some entries with these rates."""
    one = st.tuples(st.integers(0, 999_99), rates, st.integers(1, 3), st.integers(1, 3), st.integers(0, 5))
    return st.lists(one, max_size=12).map(
        lambda found: [
            entry(number, hours, rate, task=task, user=user, day=day)
            for number, (hours, rate, task, user, day) in enumerate(found, start=1)
        ]
    )


@given(tracked(st.none() | st.integers(0, 10**7)), st.sampled_from(TimeSummary))
def test_all_hours_are_on_the_lines_however_they_are_grouped(
    entries: Sequence[TimeEntrySeen], summary: TimeSummary
) -> None:
    lines = time_lines(PROJECT, entries, summary, (DAY, DAY), MANNER)

    assert sum(line.quantity_e4 for line in lines) == 100 * sum(each.entry.rounded_e2 for each in entries)
    assert len(lines) <= len(entries)
    for line in lines:
        exact = Decimal(line.quantity_e4) * line.unit_price_e4 / 10**6
        assert abs(line.amount_e2 - exact) <= Decimal("0.5")


@given(st.integers(0, 500), st.data(), st.sampled_from([TimeSummary.PROJECT, TimeSummary.TASK, TimeSummary.PEOPLE]))
def test_with_one_rate_in_cents_every_grouping_comes_to_the_same(
    dollars: int, data: st.DataObject, summary: TimeSummary
) -> None:
    entries = data.draw(tracked(st.just(dollars * 10**4)))

    grouped = time_lines(PROJECT, entries, summary, None, MANNER)
    detailed = time_lines(PROJECT, entries, TimeSummary.DETAILED, None, MANNER)

    expected = sum(each.entry.rounded_e2 for each in entries) * dollars
    assert sum(line.amount_e2 for line in grouped) == sum(line.amount_e2 for line in detailed) == expected


@given(tracked(st.integers(0, 10**7)))
def test_an_effective_rate_is_within_half_a_cent_an_hour(entries: Sequence[TimeEntrySeen]) -> None:
    lines = time_lines(PROJECT, entries, TimeSummary.PROJECT, None, MANNER)

    exact_e6 = sum(each.entry.rounded_e2 * (each.entry.rate_e4 or 0) for each in entries)
    hours_e2 = sum(each.entry.rounded_e2 for each in entries)
    for line in lines:
        assert abs(line.amount_e2 * 10**4 - exact_e6) <= hours_e2 * 50 + 5_000


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], 0),
        ([(0, 5_0000)], 5_0000),
        ([(0, 5_0000), (0, 6_0000)], 0),
        ([(100, 33_3333), (300, 33_3333)], 33_3333),
        ([(225, 100_0000), (25, 33_3300)], 93_3300),
        ([(100, 0), (100, 100)], 100),
    ],
)
def test_the_price_of_an_hour(entries: list[tuple[int, int]], expected: int) -> None:
    assert rate_e4(entries) == expected


def test_a_fee_is_what_is_left_of_it() -> None:
    fixed = replace(PROJECT, is_fixed_fee=True, fee_e2=100_00)

    assert [line.amount_e2 for line in fee_lines(fixed, 30_00, MANNER)] == [70_00]
    assert [fee_lines(fixed, billed_e2, MANNER) for billed_e2 in (100_00, 130_00)] == [[], []]
    assert fee_lines(replace(fixed, fee_e2=None), 0, MANNER) == []


def test_amounts_are_written_as_the_company_does() -> None:
    german = replace(
        COMPANY,
        decimal_symbol=",",
        thousands_separator=".",
        currency_symbol_display="symbol_after",
        currency_code_display="iso_code_before",
    )
    bare = replace(COMPANY, currency_symbol_display="symbol_none", currency_code_display="iso_code_after")

    assert amount_shown(1_288_90, "EUR", COMPANY) == "€1,288.90"
    assert amount_shown(-5, "XOF", COMPANY) == "-XOF 0.05"
    assert amount_shown(1_234_567_00, "EUR", german) == "EUR 1.234.567,00 €"
    assert amount_shown(100, "CHF", bare) == "1.00 CHF"
    assert filled("%a% %b% 100% %a", {"a": "%b%"}) == "%b% %b% 100% %a"


def _user(number: int) -> User:
    return User(
        account_id="a",
        id=number,
        identity_id=number,
        person_id=None,
        first_name="Person",
        last_name=str(number),
        email=f"{number}@example.com",
        telephone="",
        timezone="UTC",
        weekly_capacity_s=126_000,
        has_access_to_all_future_projects=False,
        is_contractor=False,
        is_active=True,
        access_roles=("member",),
        created_at=NOW,
        updated_at=NOW,
    )


def _task(number: int) -> Task:
    return Task(
        account_id="a",
        id=number,
        name=f"Task {number}",
        billable_by_default=True,
        default_hourly_rate_e4=None,
        is_default=False,
        is_active=True,
        created_at=NOW,
        updated_at=NOW,
    )
