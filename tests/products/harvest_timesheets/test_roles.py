"""The role matrix: who may do what, with a row for every operation and a column for every role.

A cell is the status of the reply. `own`, `managed` and `other` say whose thing it is: the caller's, one of a project or a
person that the caller manages, or somebody else's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.products.harvest_timesheets.office import Office, Person, open_office

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.products.harvest_timesheets.routes import ROUTES

DAY = "2026-05-25"
COLUMNS = (
    "administrator",
    "member",
    "manager",
    "project_creator",
    "billable_rates_manager",
    "managed_projects_invoice_drafter",
    "managed_projects_invoice_manager",
    "client_and_task_manager",
    "time_and_expenses_manager",
    "estimates_manager",
)
ALL = dict.fromkeys(COLUMNS, 200)


def only(*roles: str, ok: int = 200) -> dict[str, int]:
    """Allowed to these roles, denied to all others."""
    return {role: ok if role in roles else 403 for role in COLUMNS}


MANAGERS = tuple(role for role in COLUMNS if role != "member")
ADMIN = ("administrator",)
CLIENTS = (*ADMIN, "client_and_task_manager")
CREATORS = (*ADMIN, "project_creator")
DRAFTERS = (*ADMIN, "managed_projects_invoice_drafter", "managed_projects_invoice_manager")
PERIOD = "from=2026-01-01&to=2026-12-31"
INVOICES = (*ADMIN, "managed_projects_invoice_drafter", "managed_projects_invoice_manager")
SETTLERS = (*ADMIN, "managed_projects_invoice_manager")
ESTIMATES = (*ADMIN, "estimates_manager")

OWN_LINE, OTHER_LINE = (
    {"kind": "Service", "unit_price": 1, "project_id": f"{{{name}}}"} for name in ("managed", "other")
)
OWN_IMPORT, OTHER_IMPORT = (
    {"project_ids": [f"{{{name}}}"], "expenses": {"summary_type": "project"}} for name in ("managed", "other")
)

# Operation, request, body, and the statuses by role. `{managed}` and `{other}` are projects.
MATRIX: list[tuple[str, str, Any, dict[str, int]]] = [
    ("accounts.list", "GET /api/v2/accounts", None, ALL),
    ("company.retrieve", "GET /v2/company", None, ALL),
    ("company.update", "PATCH /v2/company", {"weekly_capacity": 126000}, only(*ADMIN)),
    ("company.update_by_post", "POST /v2/company", {"weekly_capacity": 126000}, only(*ADMIN)),
    # Refused before anything is looked at; an administrator hears what is missing.
    ("imports.list", "GET /v2/imports", None, only(*ADMIN)),
    ("imports.create", "POST /v2/imports", {}, only(*ADMIN, ok=422)),
    ("imports.retrieve", "GET /v2/imports/999", None, only(*ADMIN, ok=404)),
    ("imports.report", "GET /v2/imports/999/report", None, only(*ADMIN, ok=404)),
    ("imports.cancel", "PATCH /v2/imports/999/cancel", None, only(*ADMIN, ok=404)),
    ("csv_imports.list", "GET /v2/csv_imports", None, only(*ADMIN)),
    ("csv_imports.create", "POST /v2/csv_imports", {}, only(*ADMIN, ok=422)),
    ("csv_imports.retrieve", "GET /v2/csv_imports/999", None, only(*ADMIN, ok=404)),
    ("export.download", "GET /v2/export.zip", None, only(*ADMIN)),
    ("clients.list", "GET /v2/clients", None, only(*CLIENTS, "project_creator")),
    ("clients.retrieve", "GET /v2/clients/{client}", None, only(*CLIENTS, "project_creator")),
    ("clients.create", "POST /v2/clients", {"name": "C{n}"}, only(*CLIENTS, ok=201)),
    ("clients.update", "PATCH /v2/clients/{client}", {"address": "x"}, only(*CLIENTS)),
    ("clients.delete", "DELETE /v2/clients/{spare_client}", None, only(*CLIENTS)),
    ("contacts.list", "GET /v2/contacts", None, only(*CLIENTS, "project_creator")),
    ("contacts.retrieve", "GET /v2/contacts/{contact}", None, only(*CLIENTS, "project_creator")),
    ("contacts.create", "POST /v2/contacts", {"client_id": "{client}", "first_name": "F"}, only(*CLIENTS, ok=201)),
    ("contacts.update", "PATCH /v2/contacts/{contact}", {"title": "Dr"}, only(*CLIENTS)),
    ("contacts.delete", "DELETE /v2/contacts/{spare_contact}", None, only(*CLIENTS)),
    ("tasks.list", "GET /v2/tasks", None, only(*MANAGERS)),
    ("tasks.retrieve", "GET /v2/tasks/{task}", None, only(*MANAGERS)),
    ("tasks.retrieve", "GET /v2/tasks/{unused_task}", None, only(*CLIENTS)),
    ("tasks.create", "POST /v2/tasks", {"name": "T{n}"}, only(*CLIENTS, ok=201)),
    ("tasks.update", "PATCH /v2/tasks/{task}", {"is_default": True}, only(*CLIENTS)),
    ("tasks.delete", "DELETE /v2/tasks/{spare_task}", None, only(*CLIENTS)),
    ("users.list", "GET /v2/users", None, only(*MANAGERS)),
    ("users.me", "GET /v2/users/me", None, ALL),
    ("users.retrieve", "GET /v2/users/{teammate}", None, only(*MANAGERS)),
    ("users.retrieve", "GET /v2/users/{stranger}", None, only(*ADMIN)),
    (
        "users.create",
        "POST /v2/users",
        {"first_name": "F", "last_name": "L", "email": "n{n}@x.org"},
        only(*ADMIN, ok=201),
    ),
    ("users.update", "PATCH /v2/users/{teammate}", {"timezone": "London"}, only(*MANAGERS)),
    ("users.update", "PATCH /v2/users/{teammate}", {"access_roles": ["member"]}, only(*ADMIN)),
    ("users.update", "PATCH /v2/users/{teammate}", {"email": "n{n}@y.org"}, only(*ADMIN)),
    ("users.update", "PATCH /v2/users/{stranger}", {"timezone": "London"}, only(*ADMIN)),
    ("users.delete", "DELETE /v2/users/{spare_user}", None, only(*ADMIN)),
    ("billable_rates.list", "GET /v2/users/{teammate}/billable_rates", None, only(*ADMIN, "billable_rates_manager")),
    ("billable_rates.list", "GET /v2/users/{stranger}/billable_rates", None, only(*ADMIN)),
    (
        "billable_rates.retrieve",
        "GET /v2/users/{teammate}/billable_rates/{rate}",
        None,
        only(*ADMIN, "billable_rates_manager"),
    ),
    (
        "billable_rates.create",
        "POST /v2/users/{teammate}/billable_rates",
        {"amount": 10, "start_date": DAY},
        only(*ADMIN, "billable_rates_manager", ok=201),
    ),
    ("cost_rates.list", "GET /v2/users/{teammate}/cost_rates", None, only(*ADMIN)),
    ("cost_rates.retrieve", "GET /v2/users/{teammate}/cost_rates/{cost_rate}", None, only(*ADMIN)),
    (
        "cost_rates.create",
        "POST /v2/users/{teammate}/cost_rates",
        {"amount": 1, "start_date": DAY},
        only(*ADMIN, ok=201),
    ),
    ("teammates.list", "GET /v2/users/{boss}/teammates", None, only(*ADMIN)),
    ("teammates.update", "PATCH /v2/users/{boss}/teammates", {"teammate_ids": []}, only(*ADMIN)),
    ("roles.list", "GET /v2/roles", None, only(*ADMIN)),
    ("roles.retrieve", "GET /v2/roles/{role}", None, only(*ADMIN)),
    ("roles.create", "POST /v2/roles", {"name": "R{n}"}, only(*ADMIN, ok=201)),
    ("roles.update", "PATCH /v2/roles/{role}", {"user_ids": []}, only(*ADMIN)),
    ("roles.delete", "DELETE /v2/roles/{spare_role}", None, only(*ADMIN)),
    ("projects.list", "GET /v2/projects", None, only(*MANAGERS)),
    ("projects.retrieve", "GET /v2/projects/{managed}", None, only(*MANAGERS)),
    ("projects.retrieve", "GET /v2/projects/{open}", None, only(*MANAGERS)),
    ("projects.retrieve", "GET /v2/projects/{other}", None, only(*ADMIN)),
    (
        "projects.create",
        "POST /v2/projects",
        {"client_id": "{client}", "name": "P{n}", "is_billable": True, "bill_by": "none", "budget_by": "none"},
        only(*CREATORS, ok=201),
    ),
    ("projects.update", "PATCH /v2/projects/{managed}", {"notes": "x"}, only(*CREATORS)),
    ("projects.update", "PATCH /v2/projects/{other}", {"notes": "x"}, only(*ADMIN)),
    ("projects.delete", "DELETE /v2/projects/{other_spare}", None, only(*ADMIN)),
    ("user_assignments.list", "GET /v2/user_assignments", None, only(*MANAGERS)),
    ("user_assignments.list_of_project", "GET /v2/projects/{managed}/user_assignments", None, only(*MANAGERS)),
    ("user_assignments.list_of_project", "GET /v2/projects/{other}/user_assignments", None, only(*ADMIN)),
    ("user_assignments.retrieve", "GET /v2/projects/{managed}/user_assignments/{seat}", None, only(*MANAGERS)),
    (
        "user_assignments.create",
        "POST /v2/projects/{other}/user_assignments",
        {"user_id": "{new_user}"},
        only(*ADMIN, ok=201),
    ),
    ("user_assignments.update", "PATCH /v2/projects/{managed}/user_assignments/{seat}", {"budget": 5}, only(*MANAGERS)),
    (
        "user_assignments.update",
        "PATCH /v2/projects/{managed}/user_assignments/{seat}",
        {"hourly_rate": 5, "use_default_rates": False},
        only(*ADMIN, "billable_rates_manager"),
    ),
    ("user_assignments.delete", "DELETE /v2/projects/{other}/user_assignments/{other_seat}", None, only(*ADMIN)),
    ("task_assignments.list", "GET /v2/task_assignments", None, only(*MANAGERS)),
    ("task_assignments.list_of_project", "GET /v2/projects/{managed}/task_assignments", None, only(*MANAGERS)),
    ("task_assignments.list_of_project", "GET /v2/projects/{other}/task_assignments", None, only(*ADMIN)),
    ("task_assignments.retrieve", "GET /v2/projects/{managed}/task_assignments/{use}", None, only(*MANAGERS)),
    (
        "task_assignments.create",
        "POST /v2/projects/{other}/task_assignments",
        {"task_id": "{new_task}"},
        only(*ADMIN, ok=201),
    ),
    ("task_assignments.update", "PATCH /v2/projects/{managed}/task_assignments/{use}", {"budget": 5}, only(*MANAGERS)),
    ("task_assignments.delete", "DELETE /v2/projects/{other}/task_assignments/{other_use}", None, only(*ADMIN)),
    ("project_assignments.list", "GET /v2/users/{teammate}/project_assignments", None, only(*MANAGERS)),
    ("project_assignments.list", "GET /v2/users/{stranger}/project_assignments", None, only(*ADMIN)),
    ("project_assignments.list", "GET /v2/users/{self}/project_assignments", None, ALL),
    ("project_assignments.list_of_me", "GET /v2/users/me/project_assignments", None, ALL),
    ("time_entries.list", "GET /v2/time_entries", None, ALL),
    ("time_entries.retrieve", "GET /v2/time_entries/{own_entry}", None, ALL),
    ("time_entries.retrieve", "GET /v2/time_entries/{managed_entry}", None, only(*MANAGERS)),
    ("time_entries.retrieve", "GET /v2/time_entries/{other_entry}", None, only(*ADMIN)),
    (
        "time_entries.create",
        "POST /v2/time_entries",
        {"project_id": "{managed}", "task_id": "{task}", "spent_date": DAY, "hours": 1},
        dict.fromkeys(COLUMNS, 201),
    ),
    (
        "time_entries.create",
        "POST /v2/time_entries",
        {"project_id": "{managed}", "task_id": "{task}", "spent_date": DAY, "hours": 1, "user_id": "{teammate}"},
        only(*ADMIN, "time_and_expenses_manager", ok=201),
    ),
    ("time_entries.update", "PATCH /v2/time_entries/{own_entry}", {"notes": "x"}, ALL),
    (
        "time_entries.update",
        "PATCH /v2/time_entries/{managed_entry}",
        {"notes": "x"},
        only(*ADMIN, "time_and_expenses_manager"),
    ),
    ("time_entries.update", "PATCH /v2/time_entries/{other_entry}", {"notes": "x"}, only(*ADMIN)),
    ("time_entries.restart", "PATCH /v2/time_entries/{other_entry}/restart", None, only(*ADMIN)),
    ("time_entries.restart", "PATCH /v2/time_entries/{own_entry}/restart", None, ALL),
    ("time_entries.stop", "PATCH /v2/time_entries/{own_entry}/stop", None, ALL),
    ("time_entries.stop", "PATCH /v2/time_entries/{other_entry}/stop", None, {**only(), "administrator": 200}),
    ("time_entries.delete_external_reference", "DELETE /v2/time_entries/{own_entry}/external_reference", None, ALL),
    (
        "time_entries.delete_external_reference",
        "DELETE /v2/time_entries/{other_entry}/external_reference",
        None,
        only(*ADMIN),
    ),
    ("time_entries.delete", "DELETE /v2/time_entries/{other_entry}", None, only(*ADMIN)),
    ("time_entries.delete", "DELETE /v2/time_entries/{own_entry}", None, ALL),
    ("expense_categories.list", "GET /v2/expense_categories", None, ALL),
    ("expense_categories.retrieve", "GET /v2/expense_categories/{category}", None, ALL),
    ("expense_categories.create", "POST /v2/expense_categories", {"name": "E{n}"}, only(*ADMIN, ok=201)),
    ("expense_categories.update", "PATCH /v2/expense_categories/{category}", {"name": "Food"}, only(*ADMIN)),
    ("expense_categories.delete", "DELETE /v2/expense_categories/{spare_category}", None, only(*ADMIN)),
    ("expenses.list", "GET /v2/expenses", None, ALL),
    ("expenses.retrieve", "GET /v2/expenses/{own_expense}", None, ALL),
    ("expenses.retrieve", "GET /v2/expenses/{managed_expense}", None, only(*MANAGERS)),
    ("expenses.retrieve", "GET /v2/expenses/{other_expense}", None, only(*ADMIN)),
    # Who may see it learns that there is none.
    ("expenses.receipt", "GET /expenses/{own_expense}/receipt", None, dict.fromkeys(COLUMNS, 404)),
    ("expenses.receipt", "GET /expenses/{managed_expense}/receipt", None, only(*MANAGERS, ok=404)),
    ("expenses.receipt", "GET /expenses/{other_expense}/receipt", None, only(*ADMIN, ok=404)),
    (
        "expenses.create",
        "POST /v2/expenses",
        {"project_id": "{managed}", "expense_category_id": "{category}", "spent_date": DAY, "total_cost": 1},
        dict.fromkeys(COLUMNS, 201),
    ),
    (
        "expenses.create",
        "POST /v2/expenses",
        {
            "project_id": "{managed}",
            "expense_category_id": "{category}",
            "spent_date": DAY,
            "total_cost": 1,
            "user_id": "{teammate}",
        },
        only(*ADMIN, "time_and_expenses_manager", ok=201),
    ),
    ("expenses.update", "PATCH /v2/expenses/{own_expense}", {"notes": "x"}, ALL),
    (
        "expenses.update",
        "PATCH /v2/expenses/{managed_expense}",
        {"notes": "x"},
        only(*ADMIN, "time_and_expenses_manager"),
    ),
    ("expenses.update", "PATCH /v2/expenses/{other_expense}", {"notes": "x"}, only(*ADMIN)),
    ("expenses.delete", "DELETE /v2/expenses/{other_expense}", None, only(*ADMIN)),
    ("expenses.delete", "DELETE /v2/expenses/{own_expense}", None, ALL),
    ("reports.time_clients", "GET /v2/reports/time/clients?{period}", None, ALL),
    ("reports.time_projects", "GET /v2/reports/time/projects?{period}", None, ALL),
    ("reports.time_tasks", "GET /v2/reports/time/tasks?{period}", None, ALL),
    ("reports.time_team", "GET /v2/reports/time/team?{period}", None, ALL),
    ("reports.expenses_clients", "GET /v2/reports/expenses/clients?{period}", None, ALL),
    ("reports.expenses_projects", "GET /v2/reports/expenses/projects?{period}", None, ALL),
    ("reports.expenses_categories", "GET /v2/reports/expenses/categories?{period}", None, ALL),
    ("reports.expenses_team", "GET /v2/reports/expenses/team?{period}", None, ALL),
    ("reports.uninvoiced", "GET /v2/reports/uninvoiced?{period}", None, only(*DRAFTERS)),
    # A right comes before what is wrong with the request.
    ("reports.uninvoiced", "GET /v2/reports/uninvoiced", None, only(*DRAFTERS, ok=422)),
    ("reports.project_budget", "GET /v2/reports/project_budget", None, ALL),
    (
        "time_entries.submit",
        "POST /v2/time_entries/submit_for_approval",
        {"time_entry_ids": ["{own_second}"]},
        ALL,
    ),
    (
        "time_entries.submit",
        "POST /v2/time_entries/submit_for_approval",
        {"time_entry_ids": ["{other_second}"]},
        only(*ADMIN),
    ),
    ("time_entries.unsubmit", "POST /v2/time_entries/unsubmit", {"time_entry_ids": ["{own_second}"]}, ALL),
    ("time_entries.unsubmit", "POST /v2/time_entries/unsubmit", {"time_entry_ids": ["{other_second}"]}, only(*ADMIN)),
    ("time_entries.reject", "POST /v2/time_entries/reject", {"time_entry_ids": ["{managed_entry}"]}, only(*MANAGERS)),
    ("time_entries.reject", "POST /v2/time_entries/reject", {"time_entry_ids": ["{other_second}"]}, only(*ADMIN)),
    ("time_entries.approve", "POST /v2/time_entries/approve", {"time_entry_ids": ["{managed_entry}"]}, only(*MANAGERS)),
    ("time_entries.approve", "POST /v2/time_entries/approve", {"time_entry_ids": ["{other_second}"]}, only(*ADMIN)),
    (
        "time_entries.unsubmit",
        "POST /v2/time_entries/unsubmit",
        {"time_entry_ids": ["{managed_entry}"]},
        only(*ADMIN),
    ),
    ("invoice_item_categories.list", "GET /v2/invoice_item_categories", None, only(*INVOICES)),
    ("invoice_item_categories.retrieve", "GET /v2/invoice_item_categories/{invoice_category}", None, only(*INVOICES)),
    ("invoice_item_categories.create", "POST /v2/invoice_item_categories", {"name": "I{n}"}, only(*INVOICES, ok=201)),
    (
        "invoice_item_categories.update",
        "PATCH /v2/invoice_item_categories/{invoice_category}",
        {"name": "J{n}"},
        only(*INVOICES),
    ),
    ("invoice_item_categories.delete", "DELETE /v2/invoice_item_categories/{invoice_category}", None, only(*INVOICES)),
    ("estimate_item_categories.list", "GET /v2/estimate_item_categories", None, only(*ESTIMATES)),
    (
        "estimate_item_categories.retrieve",
        "GET /v2/estimate_item_categories/{estimate_category}",
        None,
        only(*ESTIMATES),
    ),
    (
        "estimate_item_categories.create",
        "POST /v2/estimate_item_categories",
        {"name": "I{n}"},
        only(*ESTIMATES, ok=201),
    ),
    (
        "estimate_item_categories.update",
        "PATCH /v2/estimate_item_categories/{estimate_category}",
        {"name": "J{n}"},
        only(*ESTIMATES),
    ),
    (
        "estimate_item_categories.delete",
        "DELETE /v2/estimate_item_categories/{estimate_category}",
        None,
        only(*ESTIMATES),
    ),
    ("invoices.list", "GET /v2/invoices", None, only(*INVOICES)),
    ("invoices.retrieve", "GET /v2/invoices/{managed_draft}", None, only(*INVOICES)),
    ("invoices.retrieve", "GET /v2/invoices/{other_draft}", None, only(*ADMIN)),
    (
        "invoices.create",
        "POST /v2/invoices",
        {"client_id": "{client}", "line_items": [OWN_LINE]},
        only(*INVOICES, ok=201),
    ),
    (
        "invoices.create",
        "POST /v2/invoices",
        {"client_id": "{client}", "line_items": [OTHER_LINE]},
        only(*ADMIN, ok=201),
    ),
    ("invoices.create", "POST /v2/invoices", {"client_id": "{client}"}, only(*INVOICES, ok=201)),
    (
        "invoices.create",
        "POST /v2/invoices",
        {"client_id": "{client}", "line_items_import": OWN_IMPORT},
        only(*INVOICES, ok=201),
    ),
    (
        "invoices.create",
        "POST /v2/invoices",
        {"client_id": "{client}", "line_items_import": OTHER_IMPORT},
        only(*ADMIN, ok=201),
    ),
    ("invoices.update", "PATCH /v2/invoices/{managed_draft}", {"notes": "x"}, only(*INVOICES)),
    ("invoices.update", "PATCH /v2/invoices/{managed_draft}", {"line_items": [OTHER_LINE]}, only(*ADMIN)),
    ("invoices.update", "PATCH /v2/invoices/{managed_open}", {"notes": "x"}, only(*SETTLERS)),
    ("invoices.update", "PATCH /v2/invoices/{other_draft}", {"notes": "x"}, only(*ADMIN)),
    ("invoice_messages.list", "GET /v2/invoices/{managed_open}/messages", None, only(*INVOICES)),
    ("invoice_messages.list", "GET /v2/invoices/{other_draft}/messages", None, only(*ADMIN)),
    ("invoice_messages.new", "GET /v2/invoices/{managed_open}/messages/new", None, only(*INVOICES)),
    (
        "invoice_messages.create",
        "POST /v2/invoices/{managed_second}/messages",
        {"event_type": "send"},
        only(*SETTLERS, ok=201),
    ),
    (
        "invoice_messages.create",
        "POST /v2/invoices/{other_draft}/messages",
        {"event_type": "send"},
        only(*ADMIN, ok=201),
    ),
    ("invoice_messages.delete", "DELETE /v2/invoices/{managed_open}/messages/{invoice_message}", None, only(*SETTLERS)),
    ("invoice_payments.list", "GET /v2/invoices/{managed_open}/payments", None, only(*INVOICES)),
    ("invoice_payments.create", "POST /v2/invoices/{managed_open}/payments", {"amount": 1}, only(*SETTLERS, ok=201)),
    ("invoice_payments.create", "POST /v2/invoices/{other_draft}/payments", {"amount": 1}, only(*ADMIN, ok=201)),
    ("invoice_payments.delete", "DELETE /v2/invoices/{managed_open}/payments/{payment}", None, only(*SETTLERS)),
    ("invoices.delete", "DELETE /v2/invoices/{managed_open}", None, only(*SETTLERS)),
    ("invoices.delete", "DELETE /v2/invoices/{managed_third}", None, only(*INVOICES)),
    ("invoices.delete", "DELETE /v2/invoices/{other_draft}", None, only(*ADMIN)),
    ("estimates.list", "GET /v2/estimates", None, only(*ESTIMATES)),
    ("estimates.retrieve", "GET /v2/estimates/{estimate}", None, only(*ESTIMATES)),
    ("estimates.create", "POST /v2/estimates", {"client_id": "{client}"}, only(*ESTIMATES, ok=201)),
    ("estimates.update", "PATCH /v2/estimates/{estimate}", {"notes": "x"}, only(*ESTIMATES)),
    ("estimate_messages.list", "GET /v2/estimates/{estimate}/messages", None, only(*ESTIMATES)),
    (
        "estimate_messages.create",
        "POST /v2/estimates/{estimate}/messages",
        {"event_type": "accept"},
        only(*ESTIMATES, ok=201),
    ),
    ("estimate_messages.delete", "DELETE /v2/estimates/{estimate}/messages/{estimate_message}", None, only(*ESTIMATES)),
    ("estimates.delete", "DELETE /v2/estimates/{estimate}", None, only(*ESTIMATES)),
]
# Operations whose rows stand with their slices.
ELSEWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scene:
    """An account with a caller of one role, and the ids of things by whose they are."""

    office: Office
    caller: Person
    ids: dict[str, int]


@pytest.fixture(params=COLUMNS)
async def scene(
    request: pytest.FixtureRequest, sqlite_database: Database, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[tuple[str, Scene]]:
    """One account for each role."""
    async with open_office(sqlite_database, clock, tmp_path) as office:
        yield request.param, await _set(office, request.param)


async def _set(office: Office, role: str) -> Scene:
    admin = office.admin
    roles = [role] if role in ("administrator", "member", "manager") else ["manager", role]
    caller = await office.person(*roles)
    teammate, stranger = await office.person(), await office.person()
    boss = await office.person("manager")
    if "manager" in roles:
        await admin.changed(f"/v2/users/{caller.id}/teammates", {"teammate_ids": [teammate.id]})
    client = await office.client()
    ids: dict[str, int] = {"self": caller.id, "teammate": teammate.id, "stranger": stranger.id, "boss": boss.id}
    ids["client"] = client["id"]
    ids["spare_client"] = (await office.client())["id"]
    for name in ("contact", "spare_contact"):
        ids[name] = (await admin.made("/v2/contacts", {"client_id": client["id"], "first_name": "X"}))["id"]
    for name in ("unused_task", "spare_task", "new_task"):
        ids[name] = (await office.task())["id"]
    for name in ("role", "spare_role"):
        ids[name] = (await admin.made("/v2/roles", {"name": name}))["id"]
    for kind in ("invoice", "estimate"):
        ids[f"{kind}_category"] = (await admin.made(f"/v2/{kind}_item_categories", {"name": "Hosting"}))["id"]
    for name in ("spare_user", "new_user"):
        ids[name] = (await office.person()).id
    for name in ("managed", "open", "other", "other_spare"):
        project = await office.project(client_id=client["id"], show_budget_to_all=name == "open")
        ids[name] = project["id"]
    ids["rate"] = (await admin.got(f"/v2/users/{teammate.id}/billable_rates"))["billable_rates"][0]["id"]
    ids["cost_rate"] = (await admin.got(f"/v2/users/{teammate.id}/cost_rates"))["cost_rates"][0]["id"]
    uses = (await admin.got(f"/v2/projects/{ids['managed']}/task_assignments"))["task_assignments"]
    use = next(each for each in uses if each["billable"])
    ids["use"], ids["task"] = use["id"], use["task"]["id"]
    other_uses = (await admin.got(f"/v2/projects/{ids['other']}/task_assignments"))["task_assignments"]
    ids["other_use"] = next(each["id"] for each in other_uses if each["task"]["id"] != ids["task"])

    async def seat(project: str, user_id: int, **facts: object) -> int:
        made = await admin.made(f"/v2/projects/{ids[project]}/user_assignments", {"user_id": user_id, **facts})
        return int(made["id"])

    manages = "manager" in roles
    await seat("managed", caller.id, is_project_manager=manages)
    await seat("open", caller.id, is_project_manager=False)
    ids["seat"] = await seat("managed", teammate.id)
    await seat("other", stranger.id)
    ids["other_seat"] = await seat("other", boss.id)

    async def entry(project: str, user_id: int) -> int:
        about = {"project_id": ids[project], "task_id": ids["task"], "spent_date": DAY, "hours": 1, "user_id": user_id}
        return int((await admin.made("/v2/time_entries", about))["id"])

    ids["own_entry"] = await entry("managed", caller.id)
    ids["managed_entry"] = await entry("managed", teammate.id)
    ids["other_entry"] = await entry("other", stranger.id)
    for name in ("category", "spare_category"):
        ids[name] = (await admin.made("/v2/expense_categories", {"name": name}))["id"]

    async def expense(project: str, user_id: int) -> int:
        about = {"project_id": ids[project], "expense_category_id": ids["category"], "spent_date": DAY, "total_cost": 1}
        return int((await admin.made("/v2/expenses", {**about, "user_id": user_id}))["id"])

    ids["own_expense"] = await expense("managed", caller.id)
    ids["managed_expense"] = await expense("managed", teammate.id)
    ids["other_expense"] = await expense("other", stranger.id)
    ids["own_second"] = await entry("managed", caller.id)
    ids["other_second"] = await entry("other", stranger.id)
    await _bill(office, ids)
    return Scene(office, caller, ids)


async def _bill(office: Office, ids: dict[str, int]) -> None:
    """Invoices of the managed project and of another one, and an estimate."""
    admin = office.admin
    for name in ("managed_draft", "managed_open", "managed_second", "managed_third", "other_draft"):
        line = {"kind": "Service", "unit_price": 9, "project_id": ids[name.partition("_")[0]]}
        made = await admin.made("/v2/invoices", {"client_id": ids["client"], "line_items": [line]})
        ids[name] = made["id"]
    path = f"/v2/invoices/{ids['managed_open']}"
    ids["invoice_message"] = (await admin.made(f"{path}/messages", {"event_type": "send"}))["id"]
    ids["payment"] = (await admin.made(f"{path}/payments", {"amount": 1}))["id"]
    ids["estimate"] = (await admin.made("/v2/estimates", {"client_id": ids["client"]}))["id"]
    sent = await admin.made(f"/v2/estimates/{ids['estimate']}/messages", {"event_type": "send"})
    ids["estimate_message"] = sent["id"]


async def test_every_operation_answers_as_the_matrix_says(scene: tuple[str, Scene]) -> None:
    role, at = scene
    wrong = []
    for number, (operation, request, body, expected) in enumerate(MATRIX):
        method, _, target = request.partition(" ")
        reply = await at.caller.desk.ask(
            method, target.format(**at.ids, period=PERIOD), _filled(body, {**at.ids, "n": number})
        )
        if reply.status != expected[role]:
            wrong.append(f"{operation} {request}: {reply.status} and not {expected[role]}: {reply.body[:120]!r}")

    assert wrong == []


def test_every_operation_is_in_the_matrix() -> None:
    examined = {operation for operation, *_ in MATRIX}
    missing = {route.name for route in ROUTES if route.auth == "caller"} - examined - ELSEWHERE

    assert missing == set()


async def test_without_the_right_to_rates_no_rate_is_shown(sqlite_office: Office) -> None:
    at = await _set(sqlite_office, "manager")

    entry = await at.caller.desk.got(f"/v2/time_entries/{at.ids['managed_entry']}")
    project = await at.caller.desk.got(f"/v2/projects/{at.ids['managed']}")
    person = await at.caller.desk.got(f"/v2/users/{at.ids['teammate']}")

    assert (entry["billable_rate"], entry["cost_rate"], entry["user_assignment"]["hourly_rate"]) == (None, None, None)
    assert (project["hourly_rate"], project["cost_budget"], project["fee"]) == (None, None, None)
    assert (person["default_hourly_rate"], person["cost_rate"]) == (None, None)


async def test_managers_of_rates_see_what_is_billed_and_not_what_it_costs(sqlite_office: Office) -> None:
    at = await _set(sqlite_office, "billable_rates_manager")

    entry = await at.caller.desk.got(f"/v2/time_entries/{at.ids['managed_entry']}")

    assert (entry["billable_rate"], entry["cost_rate"]) == (0.0, None)


async def test_lists_hold_what_the_caller_may_see(sqlite_office: Office) -> None:
    at = await _set(sqlite_office, "manager")

    entries = await at.caller.desk.got("/v2/time_entries")
    projects = await at.caller.desk.got("/v2/projects")
    people = await at.caller.desk.got("/v2/users")

    own = {at.ids["own_entry"], at.ids["own_second"], at.ids["managed_entry"]}
    assert {each["id"] for each in entries["time_entries"]} == own
    assert {each["id"] for each in projects["projects"]} == {at.ids["managed"], at.ids["open"]}
    assert {each["id"] for each in people["users"]} == {at.ids["self"], at.ids["teammate"]}


async def test_members_see_their_own_time_alone(sqlite_office: Office) -> None:
    at = await _set(sqlite_office, "member")

    entries = await at.caller.desk.got("/v2/time_entries")

    assert {each["id"] for each in entries["time_entries"]} == {at.ids["own_entry"], at.ids["own_second"]}


def _filled(body: Any, ids: dict[str, int]) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, ids) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(each, ids) for each in body]
    return body.format(**ids) if isinstance(body, str) else body
