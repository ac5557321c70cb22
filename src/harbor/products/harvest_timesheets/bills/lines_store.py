"""Table `harvest_bill_lines`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.bills.model import BillKind, Line

_FACTS = ("category", "description", "quantity_e4", "unit_price_e4", "amount_e2", "taxed", "taxed2", "project_id")


def insert(tx: Tx, account_id: str, kind: BillKind, bill_id: int, lines: Sequence[Line]) -> None:
    """Add lines that have their ids."""
    tx.run_many(
        """
        INSERT INTO harvest_bill_lines (account_id, kind, bill_id, id, category, description, quantity_e4, unit_price_e4,
            amount_e2, taxed, taxed2, project_id)
        VALUES (:account_id, :kind, :bill_id, :id, :category, :description, :quantity_e4, :unit_price_e4, :amount_e2,
            :taxed, :taxed2, :project_id)
        """,
        [_values(account_id, kind, bill_id, line) for line in lines],
    )


def put(tx: Tx, account_id: str, kind: BillKind, bill_id: int, lines: Sequence[Line]) -> None:
    """Write what may change of lines."""
    tx.run_many(
        f"""
        UPDATE harvest_bill_lines SET {", ".join(f"{name} = :{name}" for name in _FACTS)}
        WHERE account_id = :account_id AND kind = :kind AND bill_id = :bill_id AND id = :id
        """,
        [_values(account_id, kind, bill_id, line) for line in lines],
    )


def delete(tx: Tx, account_id: str, kind: BillKind, bill_id: int, ids: Iterable[int] | None = None) -> None:
    """Remove lines, or all of a bill."""
    where = Where(account_id=account_id, kind=kind.value, bill_id=bill_id).among("id", ids)
    tx.run(f"DELETE FROM harvest_bill_lines {where}", **where.values)


def of(tx: Tx, account_id: str, kind: BillKind, bill_ids: Iterable[int]) -> dict[int, list[Line]]:
    """The lines of bills, by bill and in their order."""
    wanted = sorted(set(bill_ids))
    found: dict[int, list[Line]] = {bill_id: [] for bill_id in wanted}
    if wanted:
        where = Where(account_id=account_id, kind=kind.value).among("bill_id", wanted)
        for row in tx.rows(f"SELECT * FROM harvest_bill_lines {where} ORDER BY bill_id, id", **where.values):
            found[row["bill_id"]].append(_line(row))
    return found


def billed_e2(tx: Tx, account_id: str, project_ids: Iterable[int]) -> dict[int, int]:
    """What invoices bill for projects, before discounts and taxes; projects that none bills are not in it."""
    where = Where(account_id=account_id, kind=BillKind.INVOICE.value).among("project_id", sorted(set(project_ids)))
    rows = tx.rows(
        f"""
        SELECT project_id, CAST(SUM(amount_e2) AS BIGINT) AS amount_e2 FROM harvest_bill_lines {where} GROUP BY project_id
        """,
        **where.values,
    )
    return {row["project_id"]: row["amount_e2"] for row in rows}


def forget_project(tx: Tx, account_id: str, project_id: int) -> None:
    """Let the lines of a project that is deleted belong to none."""
    tx.run(
        "UPDATE harvest_bill_lines SET project_id = NULL WHERE account_id = :account_id AND project_id = :project_id",
        account_id=account_id,
        project_id=project_id,
    )


def _values(account_id: str, kind: BillKind, bill_id: int, line: Line) -> dict[str, object]:
    facts = {name: getattr(line, name) for name in _FACTS}
    facts |= {"taxed": int(line.taxed), "taxed2": int(line.taxed2)}
    return {"account_id": account_id, "kind": kind.value, "bill_id": bill_id, "id": line.id, **facts}


def _line(row: Row) -> Line:
    facts = {name: row[name] for name in _FACTS}
    return Line(**{**facts, "id": row["id"], "taxed": bool(row["taxed"]), "taxed2": bool(row["taxed2"])})
