"""Tables `harvest_csv_imports` and `harvest_csv_parts`, and things of the account by the names that files have for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harbor.kernel.clock import micros, moment, moment_or_none
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.importing.csv_model import CsvImport
from harbor.products.harvest_timesheets.importing.csv_reading import Kind
from harbor.products.harvest_timesheets.importing.model import State
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.paging import Listed

_ONE = "WHERE account_id = :account_id AND id = :id"


def insert(tx: Tx, account_id: str, each: CsvImport, parts: Sequence[str]) -> None:
    """Add an import and its rows."""
    values = {
        "account_id": account_id,
        "id": each.id,
        "job_id": each.job_id,
        "kind": each.kind.value,
        "file_name": each.file_name,
        "user_id": each.user_id,
        "is_dry": int(each.is_dry),
        "makes_missing": int(each.makes_missing),
        "state": each.state.value,
        "total": each.total,
        "came": 0,
        "same": 0,
        "wrong": 0,
        "made": json.dumps({}),
        "created_at": micros(each.created_at),
    }
    tx.run(
        f"INSERT INTO harvest_csv_imports ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})",
        **values,
    )
    tx.run_many(
        """
        INSERT INTO harvest_csv_parts (account_id, import_id, part, rows)
        VALUES (:account_id, :import_id, :part, :rows)
        """,
        [
            {"account_id": account_id, "import_id": each.id, "part": number, "rows": rows}
            for number, rows in enumerate(parts)
        ],
    )


def find(tx: Tx, account_id: str, import_id: int) -> CsvImport | None:
    """One import."""
    row = tx.row(f"SELECT * FROM harvest_csv_imports {_ONE}", account_id=account_id, id=import_id)
    return _import(row) if row else None


def newest_first(tx: Tx, account_id: str, page: PageRequest) -> Listed[CsvImport]:
    """Imports, newest first."""
    return listing.newest_first(tx, "harvest_csv_imports", Where(account_id=account_id), page, _import)


def part(tx: Tx, account_id: str, import_id: int, number: int) -> str | None:
    """The rows of a part, None after the last."""
    row = tx.row(
        """
        SELECT rows FROM harvest_csv_parts
        WHERE account_id = :account_id AND import_id = :import_id AND part = :part
        """,
        account_id=account_id,
        import_id=import_id,
        part=number,
    )
    return None if row is None else str(row["rows"])


def forget_parts(tx: Tx, account_id: str, import_id: int) -> None:
    """Remove the rows."""
    tx.run(
        "DELETE FROM harvest_csv_parts WHERE account_id = :account_id AND import_id = :import_id",
        account_id=account_id,
        import_id=import_id,
    )


def advance(
    tx: Tx, account_id: str, import_id: int, *, came: int, same: int, wrong: int, made: Mapping[str, int]
) -> None:
    """Count what became of rows."""
    tx.run(
        f"""
        UPDATE harvest_csv_imports
        SET state = 'running', came = came + :came, same = same + :same, wrong = wrong + :wrong, made = :made {_ONE}
        """,
        account_id=account_id,
        id=import_id,
        came=came,
        same=same,
        wrong=wrong,
        made=json.dumps(made),
    )


def add_problem(tx: Tx, account_id: str, import_id: int, number: int, line: int, what: str) -> None:
    """Add a line about a row."""
    tx.run(
        """
        INSERT INTO harvest_import_problems (account_id, import_id, number, phase, resource, thing, what)
        VALUES (:account_id, :import_id, :number, 'csv', 'line', :thing, :what)
        """,
        account_id=account_id,
        import_id=import_id,
        number=number,
        thing=str(line),
        what=what,
    )


def end(tx: Tx, account_id: str, import_id: int, state: State, *, error: str | None = None) -> None:
    """Note how an import has ended; its rows are removed."""
    tx.run(
        f"UPDATE harvest_csv_imports SET state = :state, error = :error, finished_at = :now {_ONE}",
        account_id=account_id,
        id=import_id,
        state=state.value,
        error=error,
        now=tx.now_us,
    )
    forget_parts(tx, account_id, import_id)


def unended(tx: Tx, *, limit: int) -> list[tuple[str, int, str]]:
    """Account, import and job of imports, of any account, that have not ended."""
    rows = tx.rows(
        "SELECT account_id, id, job_id FROM harvest_csv_imports WHERE state IN ('waiting', 'running') LIMIT :limit",
        limit=limit,
    )
    return [(row["account_id"], row["id"], row["job_id"]) for row in rows]


# Things by their names


def client(tx: Tx, account_id: str, name: str) -> int | None:
    """The client with a name."""
    return _id(tx, "harvest_clients", Where(account_id=account_id, name_key=name_key(name)))


def task(tx: Tx, account_id: str, name: str) -> int | None:
    """The task with a name."""
    return _id(tx, "harvest_tasks", Where(account_id=account_id, name_key=name_key(name)))


def projects(tx: Tx, account_id: str, name: str, client_id: int | None) -> list[tuple[int, str | None]]:
    """Id and code of the projects with a name, of a client if there is one; a few."""
    where = Where(account_id=account_id, name_key=name_key(name)).equal(client_id=client_id)
    rows = tx.rows(f"SELECT id, code FROM harvest_projects {where} ORDER BY id LIMIT 10", **where.values)
    return [(int(row["id"]), row["code"]) for row in rows]


def categories(tx: Tx, account_id: str) -> list[tuple[int, str, bool]]:
    """Id and name of the kinds of expenses, and whether they have a price a unit."""
    rows = tx.rows(
        "SELECT id, name, unit_price_e4 FROM harvest_expense_categories WHERE account_id = :account_id AND is_active = 1",
        account_id=account_id,
    )
    return [(int(row["id"]), row["name"], row["unit_price_e4"] is not None) for row in rows]


def people(tx: Tx, account_id: str) -> list[tuple[int, str, str, str]]:
    """Id, address and names of the people. An account has some hundreds."""
    rows = tx.rows(
        "SELECT id, email_key, first_name, last_name FROM harvest_users WHERE account_id = :account_id",
        account_id=account_id,
    )
    return [(int(row["id"]), row["email_key"], row["first_name"], row["last_name"]) for row in rows]


def has_same(tx: Tx, table: str, account_id: str, before_us: int, facts: Mapping[str, Any]) -> bool:
    """Whether something with these facts was there before a moment."""
    notes = facts.get("notes")
    where = Where(account_id=account_id, **{name: value for name, value in facts.items() if name != "notes"})
    where.compare("created_at", "<", before_us)
    where.also("COALESCE(notes, '') = :notes_given", notes_given=notes or "")
    return tx.row(f"SELECT 1 AS one FROM {table} {where} LIMIT 1", **where.values) is not None


def _id(tx: Tx, table: str, where: Where) -> int | None:
    row = tx.row(f"SELECT id FROM {table} {where}", **where.values)
    return None if row is None else int(row["id"])


def _import(row: Row) -> CsvImport:
    return CsvImport(
        account_id=row["account_id"],
        id=row["id"],
        job_id=row["job_id"],
        kind=Kind(row["kind"]),
        file_name=row["file_name"],
        user_id=row["user_id"],
        is_dry=bool(row["is_dry"]),
        makes_missing=bool(row["makes_missing"]),
        state=State(row["state"]),
        error=row["error"],
        total=row["total"],
        came=row["came"],
        same=row["same"],
        wrong=row["wrong"],
        made=json.loads(row["made"]),
        created_at=moment(row["created_at"]),
        finished_at=moment_or_none(row["finished_at"]),
    )
