"""Every object has the attributes that live replies have, in their order, and none besides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.products.harvest_timesheets.office import Json, Office, open_office

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database

DAY = "2026-05-25"
COMPANY = (
    "base_uri full_domain name is_active week_start_day wants_timestamp_timers time_format date_format plan_type "
    "expense_feature invoice_feature estimate_feature team_feature approval_feature weekly_capacity clock currency "
    "currency_code_display currency_symbol_display decimal_symbol thousands_separator color_scheme"
)
CLIENT = "id name is_active address statement_key created_at updated_at currency"
CONTACT = "id title first_name last_name email phone_office phone_mobile fax created_at updated_at client"
TASK = "id name billable_by_default default_hourly_rate is_default is_active created_at updated_at"
PROJECT = (
    "id name code is_active is_billable is_fixed_fee bill_by budget budget_by budget_is_monthly notify_when_over_budget "
    "over_budget_notification_percentage show_budget_to_all created_at updated_at starts_on ends_on "
    "over_budget_notification_date notes cost_budget cost_budget_include_expenses hourly_rate fee client"
)
USER_ASSIGNMENT = (
    "id is_project_manager is_active use_default_rates budget created_at updated_at hourly_rate project user"
)
TASK_ASSIGNMENT = "id billable is_active created_at updated_at hourly_rate budget project task"
PROJECT_ASSIGNMENT = (
    "id is_project_manager is_active use_default_rates budget created_at updated_at hourly_rate project client "
    "task_assignments"
)
USER = {
    *[
        "id",
        "first_name",
        "last_name",
        "email",
        "telephone",
        "timezone",
        "weekly_capacity",
        "has_access_to_all_future_projects",
    ],
    *[
        "is_contractor",
        "is_active",
        "created_at",
        "updated_at",
        "default_hourly_rate",
        "cost_rate",
        "roles",
        "access_roles",
        "avatar_url",
    ],
    *["calendar_integration_enabled", "calendar_integration_source", "can_create_projects", "permissions_claims"],
}
RATE = "id amount start_date end_date created_at updated_at"
ROLE = "id name created_at updated_at user_ids"
TIME_ENTRY = (
    "id spent_date hours hours_without_timer rounded_hours notes is_locked locked_reason is_closed approval_status "
    "is_explicitly_locked is_billed timer_started_at started_time ended_time is_running billable budgeted billable_rate "
    "cost_rate created_at updated_at user client project task user_assignment task_assignment invoice external_reference"
)
ENVELOPE = "per_page total_pages total_entries next_page previous_page page links"


@pytest.fixture
async def office(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    """One account with something of everything."""
    async with open_office(sqlite_database, clock, tmp_path) as opened:
        yield opened


async def test_objects_have_the_attributes_of_live_replies_in_their_order(office: Office) -> None:
    admin = office.admin
    project = await office.project(bill_by="Project", hourly_rate=100, budget_by="person")
    path = f"/v2/projects/{project['id']}"
    me = office.opened.administrator.id
    contact = await admin.made("/v2/contacts", {"client_id": project["client"]["id"], "first_name": "Richard"})
    uses = await admin.got(f"{path}/task_assignments")
    use = uses["task_assignments"][0]
    seat = (await admin.got(f"{path}/user_assignments"))["user_assignments"][0]
    picker = (await admin.got("/v2/users/me/project_assignments"))["project_assignments"][0]
    about = {"project_id": project["id"], "task_id": use["task"]["id"], "spent_date": DAY, "hours": 1}
    entry = await admin.made("/v2/time_entries", about)
    role = await admin.made("/v2/roles", {"name": "Sales"})
    rate = await admin.made(f"/v2/users/{me}/billable_rates", {"amount": 13.37})

    def in_order(thing: Json, names: str) -> None:
        assert list(thing) == names.split()

    in_order(await admin.got("/v2/company"), COMPANY)
    in_order(await office.client(), CLIENT)
    in_order(contact, CONTACT)
    in_order(await office.task(), TASK)
    in_order(project, PROJECT)
    in_order(project["client"], "id name currency")
    in_order(seat, USER_ASSIGNMENT)
    in_order(use, TASK_ASSIGNMENT)
    in_order(picker, PROJECT_ASSIGNMENT)
    in_order(picker["task_assignments"][0], TASK_ASSIGNMENT.replace(" project", ""))
    assert set(await admin.got("/v2/users/me")) == USER
    in_order(rate, RATE)
    in_order(role, ROLE)
    in_order(entry, TIME_ENTRY)
    in_order(entry["user_assignment"], USER_ASSIGNMENT.removesuffix(" project user"))
    in_order(entry["task_assignment"], TASK_ASSIGNMENT.removesuffix(" project task"))
    in_order(uses, f"task_assignments {ENVELOPE}")
    in_order(uses["links"], "first next previous last")


async def test_numbers_are_numbers_with_a_fraction(office: Office) -> None:
    project = await office.project(bill_by="Project", hourly_rate=100, budget_by="project", budget=50)

    reply = await office.admin.ask("GET", f"/v2/projects/{project['id']}")

    assert b'"budget":50.0,' in reply.body
    assert b'"hourly_rate":100.0,' in reply.body
    assert b'"over_budget_notification_percentage":80.0,' in reply.body
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
