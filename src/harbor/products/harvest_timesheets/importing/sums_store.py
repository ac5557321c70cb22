"""The same sums of what is here, of everything that an import may have brought."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.importing.resources import Resource
from harbor.products.harvest_timesheets.importing.sums_rules import MEASURES, PAYMENTS, RECORDS, Sums


def of(tx: Tx, account_id: str, resource: Resource, *, floor: int) -> Sums:
    """Counts and sums of one kind, of the ids below `floor`."""
    where = Where(account_id=account_id, **resource.fixed).compare(resource.id_column, "<", floor)
    row = tx.row(f"SELECT COUNT(*) AS n FROM {resource.table} {where}", **where.values)
    assert row is not None
    found: Sums = {(RECORDS, resource.name): int(row["n"])}
    for measure in MEASURES:
        if measure.resource == resource.name:
            names = ", ".join(measure.by)
            rows = tx.rows(
                f"""
                SELECT {names}, CAST(SUM({measure.column}) AS BIGINT) AS total
                FROM {resource.table} {where} GROUP BY {names}
                """,
                **where.values,
            )
            found |= {
                (measure.name, " ".join(str(each[name]) for name in measure.by)): int(each["total"]) for each in rows
            }
    if resource.name == "invoices":
        rows = tx.rows(
            """
            SELECT i.currency, CAST(SUM(p.amount_e2) AS BIGINT) AS total
            FROM harvest_invoice_payments p
            JOIN harvest_invoices i ON i.account_id = p.account_id AND i.id = p.invoice_id
            WHERE p.account_id = :account_id AND i.id < :floor GROUP BY i.currency
            """,
            account_id=account_id,
            floor=floor,
        )
        found |= {(PAYMENTS, str(each["currency"])): int(each["total"]) for each in rows}
    return found
