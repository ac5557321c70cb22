"""Table `harvest_invoice_payments`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.invoices.payments_model import Payment
from harbor.products.harvest_timesheets.paging import Listed

_TABLE = "harvest_invoice_payments"
_MOMENTS = ("paid_at", "created_at", "updated_at")


def insert(tx: Tx, account_id: str, payment: Payment) -> None:
    """Add a payment."""
    values = {**asdict(payment), "account_id": account_id, "paid_on": payment.paid_on.isoformat()}
    values |= {name: micros(values[name]) for name in _MOMENTS}
    tx.run(
        f"INSERT INTO harvest_invoice_payments ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})",
        **values,
    )


def delete(tx: Tx, account_id: str, invoice_id: int, payment_id: int) -> None:
    """Remove a payment."""
    where = Where(account_id=account_id, invoice_id=invoice_id, id=payment_id)
    tx.run(f"DELETE FROM harvest_invoice_payments {where}", **where.values)


def delete_all(tx: Tx, account_id: str, invoice_id: int) -> None:
    """Remove all payments of an invoice."""
    where = Where(account_id=account_id, invoice_id=invoice_id)
    tx.run(f"DELETE FROM harvest_invoice_payments {where}", **where.values)


def find(tx: Tx, account_id: str, invoice_id: int, payment_id: int) -> Payment | None:
    """One payment of an invoice."""
    where = Where(account_id=account_id, invoice_id=invoice_id, id=payment_id)
    row = tx.row(f"SELECT * FROM harvest_invoice_payments {where}", **where.values)
    return _payment(row) if row else None


def newest_first(
    tx: Tx, account_id: str, invoice_id: int, page: PageRequest, *, updated_since: datetime | None
) -> Listed[Payment]:
    """Payments of an invoice, newest first."""
    where = Where(account_id=account_id, invoice_id=invoice_id)
    where.compare("updated_at", ">=", micros_or_none(updated_since))
    return listing.newest_first(tx, _TABLE, where, page, _payment)


def of_invoices(tx: Tx, account_id: str, invoice_ids: Sequence[int], *, limit: int) -> list[Payment]:
    """Payments of some invoices, the latest first."""
    where = Where(account_id=account_id).among("invoice_id", sorted(invoice_ids))
    rows = tx.rows(
        f"SELECT * FROM harvest_invoice_payments {where} ORDER BY paid_on DESC, id DESC LIMIT :limit",
        limit=limit,
        **where.values,
    )
    return [_payment(row) for row in rows]


def total_e2(tx: Tx, account_id: str, invoice_id: int) -> int:
    """What was paid in all."""
    where = Where(account_id=account_id, invoice_id=invoice_id)
    row = tx.row(f"SELECT CAST(SUM(amount_e2) AS BIGINT) AS paid FROM harvest_invoice_payments {where}", **where.values)
    return 0 if row is None or row["paid"] is None else int(row["paid"])


def latest(tx: Tx, account_id: str, invoice_id: int) -> tuple[datetime, date] | None:
    """When the latest payment was made: moment and day."""
    where = Where(account_id=account_id, invoice_id=invoice_id)
    row = tx.row(
        f"SELECT paid_at, paid_on FROM harvest_invoice_payments {where} ORDER BY paid_at DESC, id DESC LIMIT 1",
        **where.values,
    )
    return None if row is None else (moment(row["paid_at"]), date.fromisoformat(row["paid_on"]))


def _payment(row: Row) -> Payment:
    values = {name: moment(row[name]) for name in _MOMENTS} | {"paid_on": date.fromisoformat(row["paid_on"])}
    return Payment(**{**row, **values})
