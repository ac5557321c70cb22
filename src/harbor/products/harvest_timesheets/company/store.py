"""Table `harvest_companies`."""

from __future__ import annotations

from dataclasses import asdict

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.products.harvest_timesheets.company.model import BudgetHours, Company, Rounding

_BOOLEANS = (
    "is_active",
    "wants_timestamp_timers",
    "expense_feature",
    "invoice_feature",
    "estimate_feature",
    "team_feature",
    "approval_feature",
)


def insert(tx: Tx, account_id: str, company: Company) -> None:
    """Add the company of an account."""
    tx.run(
        """
        INSERT INTO harvest_companies (account_id, number, name, is_active, week_start_day, wants_timestamp_timers, time_format,
            date_format, plan_type, expense_feature, invoice_feature, estimate_feature, team_feature, approval_feature,
            weekly_capacity_s, clock, currency, currency_code_display, currency_symbol_display, decimal_symbol,
            thousands_separator, color_scheme, timezone, rounding, rounding_minutes, budget_hours, created_at, updated_at)
        VALUES (:account_id, :number, :name, :is_active, :week_start_day, :wants_timestamp_timers, :time_format,
            :date_format, :plan_type, :expense_feature, :invoice_feature, :estimate_feature, :team_feature, :approval_feature,
            :weekly_capacity_s, :clock, :currency, :currency_code_display, :currency_symbol_display, :decimal_symbol,
            :thousands_separator, :color_scheme, :timezone, :rounding, :rounding_minutes, :budget_hours, :created_at,
            :updated_at)
        """,
        **{**_values(company), "account_id": account_id},
    )


def find(tx: Tx, account_id: str) -> Company | None:
    """The company of an account."""
    row = tx.row("SELECT * FROM harvest_companies WHERE account_id = :account_id", account_id=account_id)
    return _company(row) if row else None


def put(tx: Tx, account_id: str, company: Company) -> None:
    """Write what may change of a company."""
    values = _values(company)
    names = [name for name in values if name not in ("account_id", "number", "created_at")]
    tx.run(
        f"UPDATE harvest_companies SET {', '.join(f'{name} = :{name}' for name in names)} WHERE account_id = :account_id",
        **{name: values[name] for name in names},
        account_id=account_id,
    )


def _values(company: Company) -> dict[str, object]:
    values = asdict(company)
    values |= {name: int(values[name]) for name in _BOOLEANS}
    return values | {
        "rounding": company.rounding.value,
        "budget_hours": company.budget_hours.value,
        "created_at": micros(company.created_at),
        "updated_at": micros(company.updated_at),
    }


def _company(row: Row) -> Company:
    return Company(
        **{
            **row,
            **{name: bool(row[name]) for name in _BOOLEANS},
            "rounding": Rounding(row["rounding"]),
            "budget_hours": BudgetHours(row["budget_hours"]),
            "created_at": moment(row["created_at"]),
            "updated_at": moment(row["updated_at"]),
        }
    )
