"""Harvest, as its examinations meet it: each route with a request that is right, in the order in which they can be asked.

Its callers are tokens of its own, rights are a matter of roles, forms are bodies too, and what nothing answers is missing:
so it has examinations of its own, over every route.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.products.harvest_timesheets.expenses.test_receipt_types import GIF

DAY: Final = "2026-05-25"
SECRET: Final = "owls-of-the-orchard"
CALLBACK: Final = "https://app.example/callback"
# An id that nobody has.
NEVER: Final = 987_654_321


@dataclass(frozen=True, slots=True)
class Step:
    """One request. `{name}` in the path and `$name` elsewhere are what was kept under that name before: the id of what a
    step made, under `keeps`, and the fields of `also`.
    """

    route: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, object] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    keeps: str | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    file: bytes | None = None
    part: str = "receipt"
    status: int = 200


def _make(route: str, body: Mapping[str, Any], keeps: str, *, status: int = 201, **path: str) -> Step:
    return Step(route, path, body=body, keeps=keeps, status=status)


def _read(route: str, query: Mapping[str, object] | None = None, **path: str) -> Step:
    return Step(route, path, query or {})


def _change(route: str, body: Mapping[str, Any] | None = None, status: int = 200, **path: str) -> Step:
    return Step(route, path, body=body, status=status)


_PERIOD: Final = {"from": "2026-05-01", "to": "2026-05-31"}
_LINE: Final = {"kind": "Service", "unit_price": 10, "description": SECRET}
_ENTRY: Final = {"project_id": "$project", "task_id": "$task", "spent_date": DAY, "notes": SECRET}
_EXPENSE: Final = {"project_id": "$project", "spent_date": DAY, "total_cost": 12.5, "notes": SECRET}

MAKING: Final = (
    Step(
        "clients.create", body={"name": "Orchard", "address": SECRET}, keeps="client",
        also={"statement_key": "statement_key"}, status=201,
    ),
    _make("contacts.create", {"client_id": "$client", "first_name": "Una", "last_name": SECRET}, "contact"),
    _make("tasks.create", {"name": "Pruning", "billable_by_default": True}, "task"),
    _make("users.create", {"first_name": "Kim", "last_name": SECRET, "email": "kim@example.com",
                           "access_roles": ["manager"]}, "user"),
    _make("billable_rates.create", {"amount": 75.5}, "billable_rate", user_id="$user"),
    _make("cost_rates.create", {"amount": 20.25}, "cost_rate", user_id="$user"),
    _change("teammates.update", {"teammate_ids": ["$member"]}, user_id="$user"),
    _make("roles.create", {"name": "Gardener", "user_ids": ["$user"]}, "role"),
    _make("projects.create", {"client_id": "$client", "name": "Apples", "is_billable": True, "bill_by": "Project",
                              "hourly_rate": 100, "budget_by": "project", "budget": 20, "notes": SECRET}, "project"),
    _make("user_assignments.create", {"user_id": "$user"}, "user_assignment", project_id="$project"),
    _make("task_assignments.create", {"task_id": "$task", "billable": True}, "task_assignment", project_id="$project"),
    _make("time_entries.create", {**_ENTRY, "hours": 1.5, "external_reference": {"id": "tree", "group_id": "row",
                                  "permalink": "https://app.example/tree"}}, "entry"),
    _make("expense_categories.create", {"name": "Ladders"}, "category"),
    Step("expenses.create", body={**_EXPENSE, "expense_category_id": "$category"}, keeps="expense", file=GIF, status=201),
    _make("invoice_item_categories.create", {"name": "Fruit"}, "invoice_category"),
    _make("estimate_item_categories.create", {"name": "Blossom"}, "estimate_category"),
    Step(
        "invoices.create", body={"client_id": "$client", "line_items": [_LINE]}, keeps="invoice",
        also={"invoice_key": "client_key"}, status=201,
    ),
    Step(
        "estimates.create", body={"client_id": "$client", "line_items": [_LINE]}, keeps="estimate",
        also={"estimate_key": "client_key"}, status=201,
    ),
    _make("invoice_messages.create", {"recipients": [{"name": "Una", "email": "una@example.com"}], "subject": SECRET},
          "invoice_message", invoice_id="$invoice"),
    _make("invoice_payments.create", {"amount": 4, "notes": SECRET}, "payment", invoice_id="$invoice"),
    _make("estimate_messages.create", {"recipients": [{"name": "Una", "email": "una@example.com"}], "subject": SECRET},
          "estimate_message", estimate_id="$estimate"),
    _make("imports.create", {"source_url": "https://93.184.216.34/harvest", "source_account_id": "7",
                             "source_token": SECRET}, "import"),
    Step("csv_imports.create", body={"kind": "time_entries"}, keeps="csv_import",
         file=b"Date,Project,Task,Hours\n2026-05-25,Orchard,Pruning,1\n", part="file", status=201),
)  # fmt: skip

READING: Final = (
    _read("accounts.list"),
    _read("company.retrieve"),
    _read("clients.list"),
    _read("clients.retrieve", client_id="$client"),
    _read("contacts.list"),
    _read("contacts.retrieve", contact_id="$contact"),
    _read("tasks.list"),
    _read("tasks.retrieve", task_id="$task"),
    _read("users.list"),
    _read("users.me"),
    _read("users.retrieve", user_id="$user"),
    _read("billable_rates.list", user_id="$user"),
    _read("billable_rates.retrieve", user_id="$user", rate_id="$billable_rate"),
    _read("cost_rates.list", user_id="$user"),
    _read("cost_rates.retrieve", user_id="$user", rate_id="$cost_rate"),
    _read("teammates.list", user_id="$user"),
    _read("roles.list"),
    _read("roles.retrieve", role_id="$role"),
    _read("projects.list"),
    _read("projects.retrieve", project_id="$project"),
    _read("user_assignments.list"),
    _read("user_assignments.list_of_project", project_id="$project"),
    _read("user_assignments.retrieve", project_id="$project", assignment_id="$user_assignment"),
    _read("task_assignments.list"),
    _read("task_assignments.list_of_project", project_id="$project"),
    _read("task_assignments.retrieve", project_id="$project", assignment_id="$task_assignment"),
    _read("project_assignments.list", user_id="$user"),
    _read("project_assignments.list_of_me"),
    _read("time_entries.list", {"external_reference_id": "tree"}),
    _read("time_entries.retrieve", time_entry_id="$entry"),
    _read("expense_categories.list"),
    _read("expense_categories.retrieve", expense_category_id="$category"),
    _read("expenses.list"),
    _read("expenses.retrieve", expense_id="$expense"),
    _read("expenses.receipt", expense_id="$expense"),
    *(
        _read(f"reports.{name}", _PERIOD)
        for name in (
            *("time_clients", "time_projects", "time_tasks", "time_team", "uninvoiced"),
            *("expenses_clients", "expenses_projects", "expenses_categories", "expenses_team"),
        )
    ),
    _read("reports.project_budget"),
    _read("invoice_item_categories.list"),
    _read("invoice_item_categories.retrieve", category_id="$invoice_category"),
    _read("estimate_item_categories.list"),
    _read("estimate_item_categories.retrieve", category_id="$estimate_category"),
    _read("invoices.list"),
    _read("invoices.retrieve", invoice_id="$invoice"),
    _read("invoice_messages.list", invoice_id="$invoice"),
    _read("invoice_messages.new", invoice_id="$invoice"),
    _read("invoice_payments.list", invoice_id="$invoice"),
    _read("estimates.list"),
    _read("estimates.retrieve", estimate_id="$estimate"),
    _read("estimate_messages.list", estimate_id="$estimate"),
    _read("imports.list"),
    _read("imports.retrieve", import_id="$import"),
    _read("imports.report", import_id="$import"),
    _read("export.download"),
    _read("csv_imports.list"),
    _read("csv_imports.retrieve", import_id="$csv_import"),
)

_IDS: Final = {"time_entry_ids": ["$entry"]}
CHANGING: Final = (
    _change("company.update", {"weekly_capacity": 126_000}),
    _change("company.update_by_post", {"weekly_capacity": 126_000}),
    _change("clients.update", {"address": SECRET}, client_id="$client"),
    _change("contacts.update", {"title": "Keeper"}, contact_id="$contact"),
    _change("tasks.update", {"default_hourly_rate": 5}, task_id="$task"),
    _change("users.update", {"telephone": "1"}, user_id="$user"),
    _change("roles.update", {"name": "Gardeners"}, role_id="$role"),
    _change("projects.update", {"notes": SECRET}, project_id="$project"),
    _change("user_assignments.update", {"budget": 3}, project_id="$project", assignment_id="$user_assignment"),
    _change("task_assignments.update", {"budget": 3}, project_id="$project", assignment_id="$task_assignment"),
    _change("time_entries.update", {"hours": 2}, time_entry_id="$entry"),
    _change("time_entries.restart", time_entry_id="$entry"),
    _change("time_entries.stop", time_entry_id="$entry"),
    _change("time_entries.submit", _IDS),
    _change("time_entries.reject", _IDS),
    _change("time_entries.submit", _IDS),
    _change("time_entries.approve", _IDS),
    _change("time_entries.unsubmit", _IDS),
    _change("time_entries.delete_external_reference", time_entry_id="$entry"),
    _change("expense_categories.update", {"name": "Long ladders"}, expense_category_id="$category"),
    _change("expenses.update", {"notes": SECRET}, expense_id="$expense"),
    _change("invoice_item_categories.update", {"name": "Fruits"}, category_id="$invoice_category"),
    _change("estimate_item_categories.update", {"name": "Blossoms"}, category_id="$estimate_category"),
    _change("invoices.update", {"notes": SECRET}, invoice_id="$invoice"),
    _change("estimates.update", {"notes": SECRET}, estimate_id="$estimate"),
    _change("imports.cancel", import_id="$import"),
)

DELETING: Final = (
    _change("invoice_payments.delete", invoice_id="$invoice", payment_id="$payment"),
    _change("invoice_messages.delete", invoice_id="$invoice", message_id="$invoice_message"),
    _change("invoices.delete", invoice_id="$invoice"),
    _change("estimate_messages.delete", estimate_id="$estimate", message_id="$estimate_message"),
    _change("estimates.delete", estimate_id="$estimate"),
    _change("invoice_item_categories.delete", category_id="$invoice_category"),
    _change("estimate_item_categories.delete", category_id="$estimate_category"),
    _change("expenses.delete", expense_id="$expense"),
    _change("expense_categories.delete", expense_category_id="$category"),
    _change("time_entries.delete", time_entry_id="$entry"),
    _change("task_assignments.delete", project_id="$project", assignment_id="$task_assignment"),
    _change("user_assignments.delete", project_id="$project", assignment_id="$user_assignment"),
    _change("projects.delete", project_id="$project"),
    _change("roles.delete", role_id="$role"),
    _change("users.delete", user_id="$user"),
    _change("tasks.delete", task_id="$task"),
    _change("contacts.delete", contact_id="$contact"),
    _change("clients.delete", client_id="$client"),
)

# What asks for no token: an application and a browser on their way to one, and whoever has the address of a document.
_APPLICATION: Final = {"client_id": "$application", "client_secret": "$application_secret"}
OPEN: Final = (
    Step("oauth.authorize", query={"client_id": "$application", "response_type": "code"}, status=302),
    Step("oauth.token", body={**_APPLICATION, "grant_type": "refresh_token", "refresh_token": "none"}, status=400),
    Step("oauth.revoke", body={**_APPLICATION, "token": "none"}),
    _read("public_pages.invoice", client_key="$invoice_key"),
    _read("public_pages.estimate", client_key="$estimate_key"),
    _read("public_pages.statement", statement_key="$statement_key"),
)
# What belongs to somebody and is asked of by those who may.
STORY: Final = (*MAKING, *READING, *CHANGING, *DELETING)
# What a member may ask of others' things: it is about themselves, or shows what is open to all.
OPEN_TO_MEMBERS: Final = frozenset(
    {
        *("accounts.list", "company.retrieve", "users.me", "project_assignments.list_of_me"),
        *("time_entries.list", "expenses.list", "expense_categories.list", "expense_categories.retrieve"),
        *("reports.time_clients", "reports.time_projects", "reports.time_tasks", "reports.time_team"),
        *("reports.expenses_clients", "reports.expenses_projects", "reports.expenses_categories"),
        *("reports.expenses_team", "reports.project_budget"),
    }
)
