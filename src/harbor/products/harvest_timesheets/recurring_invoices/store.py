"""Table `harvest_recurring_invoices`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date

from harbor.kernel.clock import micros, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.bills.messages_model import Recipient
from harbor.products.harvest_timesheets.bills.model import Line
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.recurring_invoices.model import RecurringInvoice, Unit

_TABLE = "harvest_recurring_invoices"
_FIXED = ("account_id", "id", "creator_id", "creator_name", "created_at")
_FLAGS = ("sends", "attach_pdf")


def insert(tx: Tx, account_id: str, recurring: RecurringInvoice) -> None:
    """Add a template."""
    values = {**_values(recurring), "account_id": account_id}
    tx.run(f"INSERT INTO {_TABLE} ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})", **values)


def put(tx: Tx, account_id: str, recurring: RecurringInvoice) -> None:
    """Write what may change of a template."""
    values = {name: value for name, value in _values(recurring).items() if name not in _FIXED}
    tx.run(
        f"""
        UPDATE {_TABLE} SET {", ".join(f"{name} = :{name}" for name in values)}
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=recurring.id,
        **values,
    )


def delete(tx: Tx, account_id: str, recurring_id: int) -> None:
    """Remove a template."""
    where = Where(account_id=account_id, id=recurring_id)
    tx.run(f"DELETE FROM {_TABLE} {where}", **where.values)


def find(tx: Tx, account_id: str, recurring_id: int) -> RecurringInvoice | None:
    """One template."""
    where = Where(account_id=account_id, id=recurring_id)
    row = tx.row(f"SELECT * FROM {_TABLE} {where}", **where.values)
    return _recurring(row) if row else None


def newest_first(tx: Tx, account_id: str, page: PageRequest) -> Listed[RecurringInvoice]:
    """Templates, newest first."""
    return listing.newest_first(tx, _TABLE, Where(account_id=account_id), page, _recurring)


def advance(tx: Tx, account_id: str, recurring_id: int, *, was: date, next_on: date, steps: int) -> bool:
    """Go on from one day of issue to the next, and say whether nobody else had: who did makes the invoice."""
    changed = tx.run(
        f"""
        UPDATE {_TABLE} SET next_on = :next_on, steps = :steps, updated_at = :now
        WHERE account_id = :account_id AND id = :id AND next_on = :was
        """,
        account_id=account_id,
        id=recurring_id,
        was=was.isoformat(),
        next_on=next_on.isoformat(),
        steps=steps,
        now=tx.now_us,
    )
    return changed == 1


def due(tx: Tx, *, by: date, after: tuple[str, int], limit: int) -> list[tuple[str, int]]:
    """Templates of all accounts that are due by a day somewhere on earth: accounts and ids, after a place in their order."""
    rows = tx.rows(
        f"""
        SELECT account_id, id FROM {_TABLE}
        WHERE next_on IS NOT NULL AND next_on <= :by
            AND (account_id > :account_id OR (account_id = :account_id AND id > :id))
        ORDER BY account_id, id          -- harvest_recurring_invoices_due
        LIMIT :limit
        """,
        by=by.isoformat(),
        account_id=after[0],
        id=after[1],
        limit=limit,
    )
    return [(row["account_id"], row["id"]) for row in rows]


def _values(recurring: RecurringInvoice) -> dict[str, object]:
    values = asdict(recurring)
    values |= {name: int(values[name]) for name in _FLAGS}
    return values | {
        "unit": recurring.unit.value,
        "starts_on": recurring.starts_on.isoformat(),
        "next_on": None if recurring.next_on is None else recurring.next_on.isoformat(),
        "lines": json.dumps([asdict(line) for line in recurring.lines]),
        "recipients": json.dumps([asdict(each) for each in recurring.recipients]),
        "created_at": micros(recurring.created_at),
        "updated_at": micros(recurring.updated_at),
    }


def _recurring(row: Row) -> RecurringInvoice:
    values = {name: bool(row[name]) for name in _FLAGS} | {
        "unit": Unit(row["unit"]),
        "starts_on": date.fromisoformat(row["starts_on"]),
        "next_on": None if row["next_on"] is None else date.fromisoformat(row["next_on"]),
        "lines": tuple(Line(**each) for each in json.loads(row["lines"])),
        "recipients": tuple(Recipient(**each) for each in json.loads(row["recipients"])),
        "created_at": moment(row["created_at"]),
        "updated_at": moment(row["updated_at"]),
    }
    return RecurringInvoice(**{**row, **values})
