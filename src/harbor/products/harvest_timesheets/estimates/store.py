"""Table `harvest_estimates`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from harbor.kernel.clock import micros_or_none, moment_or_none
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.bills.model import number_value
from harbor.products.harvest_timesheets.estimates.model import Estimate, Filter, State, Sum
from harbor.products.harvest_timesheets.paging import Listed

_TABLE = "harvest_estimates"
_MOMENTS = ("sent_at", "accepted_at", "declined_at", "created_at", "updated_at")
_FIXED = ("account_id", "id", "client_key", "creator_id", "creator_name", "created_at")


def insert(tx: Tx, account_id: str, estimate: Estimate) -> None:
    """Add an estimate."""
    values = {**_values(estimate), "account_id": account_id}
    tx.run(
        f"INSERT INTO harvest_estimates ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})",
        **values,
    )


def put(tx: Tx, account_id: str, estimate: Estimate) -> None:
    """Write what may change of an estimate."""
    values = {name: value for name, value in _values(estimate).items() if name not in _FIXED}
    tx.run(
        f"""
        UPDATE harvest_estimates SET {", ".join(f"{name} = :{name}" for name in values)}
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=estimate.id,
        **values,
    )


def delete(tx: Tx, account_id: str, estimate_id: int) -> None:
    """Remove an estimate; invoices made from it are of none."""
    tx.run(
        """
        UPDATE harvest_invoices SET estimate_id = NULL, updated_at = :now
        WHERE account_id = :account_id AND estimate_id = :id
        """,
        account_id=account_id,
        id=estimate_id,
        now=tx.now_us,
    )
    tx.run(
        "DELETE FROM harvest_estimates WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=estimate_id,
    )


def find(tx: Tx, account_id: str, estimate_id: int) -> Estimate | None:
    """One estimate."""
    row = tx.row(
        "SELECT * FROM harvest_estimates WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=estimate_id,
    )
    return _estimate(row) if row else None


def by_key(tx: Tx, client_key: str) -> Estimate | None:
    """The estimate that a public address leads to, of whatever account."""
    row = tx.row("SELECT * FROM harvest_estimates WHERE client_key = :client_key", client_key=client_key)
    return _estimate(row) if row else None


def has_number(tx: Tx, account_id: str, number: str, *, but: int | None = None) -> bool:
    """Whether an estimate, or another one than `but`, has the number."""
    where = Where(account_id=account_id, number=number).compare("id", "<>", but)
    return tx.row(f"SELECT 1 AS one FROM harvest_estimates {where}", **where.values) is not None


def highest_value(tx: Tx, account_id: str) -> int:
    """The highest number that is digits alone; 0 if there is none."""
    row = tx.row(
        """
        SELECT MAX(number_value) AS highest FROM harvest_estimates
        WHERE account_id = :account_id AND number_value IS NOT NULL
        """,
        account_id=account_id,
    )
    return 0 if row is None or row["highest"] is None else int(row["highest"])


def newest_issued_first(tx: Tx, account_id: str, page: PageRequest, filter_: Filter) -> Listed[Estimate]:
    """Estimates by the day of issue and id, the latest first."""
    where = _among(account_id, filter_)
    return listing.numbered(tx, _TABLE, where, page, _estimate, order="issued_on DESC, id DESC")


def sums(tx: Tx, account_id: str, filter_: Filter) -> list[Sum]:
    """What the estimates of a list come to, by currency."""
    where = _among(account_id, filter_)
    rows = tx.rows(
        f"""
        SELECT currency, COUNT(*) AS count, CAST(SUM(amount_e2) AS BIGINT) AS amount_e2
        FROM {_TABLE} {where} GROUP BY currency ORDER BY currency
        """,
        **where.values,
    )
    return [Sum(**row) for row in rows]


def _among(account_id: str, filter_: Filter) -> Where:
    where = Where(account_id=account_id).equal(
        client_id=filter_.client_id, state=None if filter_.state is None else filter_.state.value
    )
    where.compare("updated_at", ">=", micros_or_none(filter_.updated_since))
    where.compare("issued_on", ">=", filter_.from_on and filter_.from_on.isoformat())
    return where.compare("issued_on", "<=", filter_.to_on and filter_.to_on.isoformat())


def _values(estimate: Estimate) -> dict[str, object]:
    values = asdict(estimate)
    values |= {name: micros_or_none(values[name]) for name in _MOMENTS}
    return values | {
        "issued_on": estimate.issued_on.isoformat(),
        "number_value": number_value(estimate.number),
        "state": estimate.state.value,
        "is_compound": int(estimate.is_compound),
    }


def _estimate(row: Row) -> Estimate:
    values = {name: value for name, value in row.items() if name != "number_value"}
    values |= {name: moment_or_none(row[name]) for name in _MOMENTS}
    values |= {
        "issued_on": date.fromisoformat(row["issued_on"]),
        "state": State(row["state"]),
        "is_compound": bool(row["is_compound"]),
    }
    return Estimate(**values)
