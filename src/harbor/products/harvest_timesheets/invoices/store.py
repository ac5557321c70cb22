"""Table `harvest_invoices`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from harbor.kernel.clock import micros_or_none, moment_or_none
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.bills.model import number_value
from harbor.products.harvest_timesheets.invoices.model import Filter, Invoice, Reach, State, Sum
from harbor.products.harvest_timesheets.paging import Listed

_TABLE = "harvest_invoices"
_MOMENTS = ("sent_at", "paid_at", "closed_at", "created_at", "updated_at")
_DATES = ("period_start", "period_end", "issued_on", "due_on", "paid_on")
_FIXED = ("account_id", "id", "client_key", "creator_id", "creator_name", "created_at")
_LINES = """
    SELECT 1 FROM harvest_bill_lines l
    WHERE l.account_id = harvest_invoices.account_id AND l.kind = 'invoice' AND l.bill_id = harvest_invoices.id
"""


def insert(tx: Tx, account_id: str, invoice: Invoice) -> None:
    """Add an invoice."""
    values = {**_values(invoice), "account_id": account_id}
    tx.run(
        f"INSERT INTO harvest_invoices ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})",
        **values,
    )


def put(tx: Tx, account_id: str, invoice: Invoice) -> None:
    """Write what may change of an invoice."""
    values = {name: value for name, value in _values(invoice).items() if name not in _FIXED}
    tx.run(
        f"""
        UPDATE harvest_invoices SET {", ".join(f"{name} = :{name}" for name in values)}
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=invoice.id,
        **values,
    )


def delete(tx: Tx, account_id: str, invoice_id: int) -> None:
    """Remove an invoice."""
    tx.run(
        "DELETE FROM harvest_invoices WHERE account_id = :account_id AND id = :id", account_id=account_id, id=invoice_id
    )


def find(tx: Tx, account_id: str, invoice_id: int) -> Invoice | None:
    """One invoice."""
    row = tx.row(
        "SELECT * FROM harvest_invoices WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=invoice_id,
    )
    return _invoice(row) if row else None


def by_key(tx: Tx, client_key: str) -> Invoice | None:
    """The invoice that a public address leads to, of whatever account."""
    row = tx.row("SELECT * FROM harvest_invoices WHERE client_key = :client_key", client_key=client_key)
    return _invoice(row) if row else None


def has_number(tx: Tx, account_id: str, number: str, *, but: int | None = None) -> bool:
    """Whether an invoice, or another one than `but`, has the number."""
    where = Where(account_id=account_id, number=number).compare("id", "<>", but)
    return tx.row(f"SELECT 1 AS one FROM harvest_invoices {where}", **where.values) is not None


def highest_value(tx: Tx, account_id: str) -> int:
    """The highest number that is digits alone; 0 if there is none."""
    row = tx.row(
        """
        SELECT MAX(number_value) AS highest FROM harvest_invoices
        WHERE account_id = :account_id AND number_value IS NOT NULL
        """,
        account_id=account_id,
    )
    return 0 if row is None or row["highest"] is None else int(row["highest"])


def newest_issued_first(
    tx: Tx, account_id: str, page: PageRequest, filter_: Filter, reach: Reach | None
) -> Listed[Invoice]:
    """Invoices by the day of issue and id, the latest first; with `reach`, only those it holds."""
    where = _among(account_id, filter_, reach)
    return listing.numbered(tx, _TABLE, where, page, _invoice, order="issued_on DESC, id DESC")


def sums(tx: Tx, account_id: str, filter_: Filter, reach: Reach | None) -> list[Sum]:
    """What the invoices of a list come to, by currency."""
    where = _among(account_id, filter_, reach)
    rows = tx.rows(
        f"""
        SELECT currency, COUNT(*) AS count, CAST(SUM(amount_e2) AS BIGINT) AS amount_e2,
            CAST(SUM(paid_e2) AS BIGINT) AS paid_e2
        FROM {_TABLE} {where} GROUP BY currency ORDER BY currency
        """,
        **where.values,
    )
    return [Sum(**row) for row in rows]


def highest_template(tx: Tx, account_id: str) -> int:
    """The highest id of a template that an invoice names; 0 if none names one: harvest_invoices_by_template."""
    row = tx.row(
        """
        SELECT MAX(recurring_invoice_id) AS highest FROM harvest_invoices
        WHERE account_id = :account_id AND recurring_invoice_id IS NOT NULL
        """,
        account_id=account_id,
    )
    return 0 if row is None or row["highest"] is None else int(row["highest"])


def sent_to(tx: Tx, account_id: str, client_id: int, *, limit: int) -> list[Invoice]:
    """Invoices of a client that are no drafts, those issued last first: harvest_invoices_by_client."""
    where = Where(account_id=account_id, client_id=client_id).compare("state", "<>", State.DRAFT.value)
    rows = tx.rows(
        f"SELECT * FROM harvest_invoices {where} ORDER BY issued_on DESC, id DESC LIMIT :limit",
        limit=limit,
        **where.values,
    )
    return [_invoice(row) for row in rows]


def _among(account_id: str, filter_: Filter, reach: Reach | None) -> Where:
    where = Where(account_id=account_id).equal(
        client_id=filter_.client_id,
        state=None if filter_.state is None else filter_.state.value,
        estimate_id=filter_.estimate_id,
        recurring_invoice_id=filter_.recurring_invoice_id,
    )
    where.compare("updated_at", ">=", micros_or_none(filter_.updated_since))
    where.compare("issued_on", ">=", filter_.from_on and filter_.from_on.isoformat())
    where.compare("issued_on", "<=", filter_.to_on and filter_.to_on.isoformat())
    if filter_.project_id is not None:
        where.also(f"EXISTS ({_LINES} AND l.project_id = :project_id)", project_id=filter_.project_id)
    if reach is not None:
        managed = {f"managed_{number}": id_ for number, id_ in enumerate(sorted(reach.project_ids))}
        others = f"AND l.project_id NOT IN ({', '.join(f':{name}' for name in managed)})" if managed else ""
        of_projects = f"{_LINES} AND l.project_id IS NOT NULL"
        # Of no project that is not managed; of one that is, or their own.
        where.also(
            f"NOT EXISTS ({of_projects} {others}) AND (creator_id = :creator_id OR EXISTS ({of_projects}))",
            creator_id=reach.user_id,
            **managed,
        )
    return where


def _values(invoice: Invoice) -> dict[str, object]:
    values = asdict(invoice)
    values |= {name: micros_or_none(values[name]) for name in _MOMENTS}
    values |= {name: values[name] and values[name].isoformat() for name in _DATES}
    return values | {
        "number_value": number_value(invoice.number),
        "state": invoice.state.value,
        "is_compound": int(invoice.is_compound),
        "payment_options": json.dumps(invoice.payment_options),
    }


def _invoice(row: Row) -> Invoice:
    values = {name: value for name, value in row.items() if name != "number_value"}
    values |= {name: moment_or_none(row[name]) for name in _MOMENTS}
    values |= {name: row[name] and date.fromisoformat(row[name]) for name in _DATES}
    options: Sequence[str] = json.loads(row["payment_options"])
    values |= {
        "state": State(row["state"]),
        "is_compound": bool(row["is_compound"]),
        "payment_options": tuple(options),
    }
    return Invoice(**values)
