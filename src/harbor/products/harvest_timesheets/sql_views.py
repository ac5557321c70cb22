"""Harvest's data as tables that an administrator of the installation's account may read with SQL.

Columns have the names of the API where it has one. Amounts and hours are numbers with their fraction, days are text, and the
keys that open public pages are left out, as are tokens. Source: docs/products/harvest.md#sql.
"""

from __future__ import annotations

from collections.abc import Mapping

from harbor.kernel.sql_views import ColumnKind, SqlView

_TEXT, _NUMBER, _FLAG, _MOMENT, _JSON = (
    ColumnKind.TEXT,
    ColumnKind.NUMBER,
    ColumnKind.FLAG,
    ColumnKind.MOMENT,
    ColumnKind.JSON,
)
# A shown column: its kind, and the SQL that makes it where that is not its name alone.
_Column = ColumnKind | tuple[ColumnKind, str]
_ID: Mapping[str, _Column] = {"id": _NUMBER}
_MADE: Mapping[str, _Column] = {"created_at": _MOMENT, "updated_at": _MOMENT}


def _e2(column: str) -> _Column:
    return (_NUMBER, f"CAST({column} AS DOUBLE PRECISION) / 100")


def _e4(column: str) -> _Column:
    return (_NUMBER, f"CAST({column} AS DOUBLE PRECISION) / 10000")


def _view(name: str, table: str, columns: Mapping[str, _Column], where: str = "") -> SqlView:
    kinds = {shown: made if isinstance(made, ColumnKind) else made[0] for shown, made in columns.items()}
    parts = [shown if isinstance(made, ColumnKind) else f"{made[1]} AS {shown}" for shown, made in columns.items()]
    select = f"SELECT {', '.join(parts)} FROM {table} WHERE account_id = :account_id{where}"
    return SqlView(database="harvest", name=name, columns=kinds, select=select)


def _lines(name: str, kind: str) -> SqlView:
    columns: dict[str, _Column] = {
        f"{kind}_id": (_NUMBER, "bill_id"),
        "id": _NUMBER,
        "kind": (_TEXT, "category"),
        "description": _TEXT,
        "quantity": _e4("quantity_e4"),
        "unit_price": _e4("unit_price_e4"),
        "amount": _e2("amount_e2"),
        "taxed": _FLAG,
        "taxed2": _FLAG,
        **({"project_id": _NUMBER} if kind == "invoice" else {}),
    }
    return _view(name, "harvest_bill_lines", columns, f" AND kind = '{kind}'")


_TRACKED: Mapping[str, _Column] = {
    "spent_date": (_TEXT, "spent_on"),
    "user_id": _NUMBER,
    "client_id": _NUMBER,
    "project_id": _NUMBER,
    "notes": _TEXT,
    "billable": _FLAG,
    "approval_status": _TEXT,
    "is_billed": _FLAG,
    "invoice_id": _NUMBER,
}
_BILL: Mapping[str, _Column] = {
    "client_id": _NUMBER,
    "number": _TEXT,
    "purchase_order": _TEXT,
    "subject": _TEXT,
    "notes": _TEXT,
    "state": _TEXT,
    "currency": _TEXT,
    "amount": _e2("amount_e2"),
    "tax": _e4("tax_e4"),
    "tax_amount": _e2("tax_amount_e2"),
    "tax2": _e4("tax2_e4"),
    "tax2_amount": _e2("tax2_amount_e2"),
    "discount": _e4("discount_e4"),
    "discount_amount": _e2("discount_amount_e2"),
    "issue_date": (_TEXT, "issued_on"),
    "sent_at": _MOMENT,
    "creator_id": _NUMBER,
}

VIEWS = (
    _view(
        "time_entries",
        "harvest_time_entries",
        {
            **_ID,
            **_TRACKED,
            "task_id": _NUMBER,
            # Without the running part, as the store keeps them.
            "hours": _e2("hours_e2"),
            "rounded_hours": _e2("rounded_e2"),
            "is_running": (_FLAG, "CASE WHEN timer_started_at IS NULL THEN 0 ELSE 1 END"),
            "timer_started_at": _MOMENT,
            "started_time": _TEXT,
            "ended_time": _TEXT,
            "budgeted": _FLAG,
            "billable_rate": _e4("rate_e4"),
            "cost_rate": _e4("cost_rate_e4"),
            "external_reference_id": (_TEXT, "external_id"),
            **_MADE,
        },
    ),
    _view(
        "clients",
        "harvest_clients",
        {**_ID, "name": _TEXT, "is_active": _FLAG, "address": _TEXT, "currency": _TEXT, **_MADE},
    ),
    _view(
        "contacts",
        "harvest_contacts",
        {
            **_ID,
            "client_id": _NUMBER,
            "title": _TEXT,
            "first_name": _TEXT,
            "last_name": _TEXT,
            "email": _TEXT,
            **_MADE,
        },
    ),
    _view(
        "projects",
        "harvest_projects",
        {
            **_ID,
            "client_id": _NUMBER,
            "name": _TEXT,
            "code": _TEXT,
            "is_active": _FLAG,
            "is_billable": _FLAG,
            "is_fixed_fee": _FLAG,
            "bill_by": _TEXT,
            "hourly_rate": _e4("hourly_rate_e4"),
            "fee": _e2("fee_e2"),
            "budget_by": _TEXT,
            "budget": _e2("budget_e2"),
            "cost_budget": _e2("cost_budget_e2"),
            "budget_is_monthly": _FLAG,
            "starts_on": _TEXT,
            "ends_on": _TEXT,
            "notes": _TEXT,
            **_MADE,
        },
    ),
    _view(
        "tasks",
        "harvest_tasks",
        {
            **_ID,
            "name": _TEXT,
            "billable_by_default": _FLAG,
            "default_hourly_rate": _e4("default_hourly_rate_e4"),
            "is_default": _FLAG,
            "is_active": _FLAG,
            **_MADE,
        },
    ),
    _view(
        "users",
        "harvest_users",
        {
            **_ID,
            "first_name": _TEXT,
            "last_name": _TEXT,
            "email": _TEXT,
            "timezone": _TEXT,
            "weekly_capacity": (_NUMBER, "weekly_capacity_s"),
            "is_contractor": _FLAG,
            "is_active": _FLAG,
            "access_roles": _JSON,
            **_MADE,
        },
    ),
    _view(
        "user_assignments",
        "harvest_user_assignments",
        {
            **_ID,
            "project_id": _NUMBER,
            "user_id": _NUMBER,
            "is_active": _FLAG,
            "is_project_manager": _FLAG,
            "use_default_rates": _FLAG,
            "hourly_rate": _e4("hourly_rate_e4"),
            "budget": _e2("budget_e2"),
            **_MADE,
        },
    ),
    _view(
        "task_assignments",
        "harvest_task_assignments",
        {
            **_ID,
            "project_id": _NUMBER,
            "task_id": _NUMBER,
            "is_active": _FLAG,
            "billable": _FLAG,
            "hourly_rate": _e4("hourly_rate_e4"),
            "budget": _e2("budget_e2"),
            **_MADE,
        },
    ),
    _view(
        "expense_categories",
        "harvest_expense_categories",
        {
            **_ID,
            "name": _TEXT,
            "unit_name": _TEXT,
            "unit_price": _e4("unit_price_e4"),
            "is_active": _FLAG,
            **_MADE,
        },
    ),
    _view(
        "expenses",
        "harvest_expenses",
        {
            **_ID,
            **_TRACKED,
            "expense_category_id": _NUMBER,
            "units": _e4("units_e4"),
            "total_cost": _e2("total_cost_e2"),
            "has_receipt": (_FLAG, "CASE WHEN receipt_name IS NULL THEN 0 ELSE 1 END"),
            **_MADE,
        },
    ),
    _view(
        "invoices",
        "harvest_invoices",
        {
            **_ID,
            **_BILL,
            "due_amount": (_NUMBER, "CAST(amount_e2 - paid_e2 AS DOUBLE PRECISION) / 100"),
            "due_date": (_TEXT, "due_on"),
            "payment_term": _TEXT,
            "period_start": _TEXT,
            "period_end": _TEXT,
            "paid_at": _MOMENT,
            "paid_date": (_TEXT, "paid_on"),
            "closed_at": _MOMENT,
            "estimate_id": _NUMBER,
            **_MADE,
        },
    ),
    _lines("invoice_line_items", "invoice"),
    _view(
        "invoice_payments",
        "harvest_invoice_payments",
        {
            **_ID,
            "invoice_id": _NUMBER,
            "amount": _e2("amount_e2"),
            "paid_at": _MOMENT,
            "paid_date": (_TEXT, "paid_on"),
            "notes": _TEXT,
            "recorded_by": _TEXT,
            **_MADE,
        },
    ),
    _view(
        "estimates",
        "harvest_estimates",
        {**_ID, **_BILL, "accepted_at": _MOMENT, "declined_at": _MOMENT, **_MADE},
    ),
    _lines("estimate_line_items", "estimate"),
)
