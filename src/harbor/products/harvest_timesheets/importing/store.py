"""Tables `harvest_imports`, `harvest_import_counts`, `harvest_import_sums` and `harvest_import_problems`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from harbor.kernel.clock import micros, micros_or_none, moment, moment_or_none
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.importing.model import (
    PROBLEM_LENGTH_MAX,
    PROBLEMS_MAX,
    Count,
    Import,
    Problem,
    State,
    Sum,
)
from harbor.products.harvest_timesheets.paging import Listed

_ONE = "WHERE account_id = :account_id AND id = :id"
_OF = "WHERE account_id = :account_id AND import_id = :import_id"


def insert(tx: Tx, account_id: str, each: Import, *, token: str) -> None:
    """Add an import with the sealed token of its source."""
    values = {
        "account_id": account_id,
        "id": each.id,
        "job_id": each.job_id,
        "source_url": each.source_url,
        "source_account": each.source_account,
        "user_id": each.user_id,
        "is_full": int(each.is_full),
        "token": token,
        "state": each.state.value,
        "since_us": micros_or_none(each.since),
        "problems": 0,
        "created_at": micros(each.created_at),
    }
    tx.run(
        f"INSERT INTO harvest_imports ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})",
        **values,
    )


def find(tx: Tx, account_id: str, import_id: int) -> Import | None:
    """One import."""
    row = tx.row(f"SELECT * FROM harvest_imports {_ONE}", account_id=account_id, id=import_id)
    return _import(row) if row else None


def of_job(tx: Tx, account_id: str, job_id: str) -> Import | None:
    """The import that a job does."""
    row = tx.row(
        "SELECT * FROM harvest_imports WHERE account_id = :account_id AND job_id = :job_id",
        account_id=account_id,
        job_id=job_id,
    )
    return _import(row) if row else None


def began_before(tx: Tx, account_id: str, source_url: str, source_account: str, import_id: int) -> bool:
    """Whether an earlier import of a source has begun to copy."""
    row = tx.row(
        """
        SELECT 1 AS one FROM harvest_imports
        WHERE account_id = :account_id AND source_url = :source_url AND source_account = :source_account
            AND began_us IS NOT NULL AND id < :import_id
        LIMIT 1
        """,
        account_id=account_id,
        source_url=source_url,
        source_account=source_account,
        import_id=import_id,
    )
    return row is not None


def newest_first(tx: Tx, account_id: str, page: PageRequest) -> Listed[Import]:
    """Imports, newest first."""
    return listing.newest_first(tx, "harvest_imports", Where(account_id=account_id), page, _import)


def open_one(tx: Tx, account_id: str) -> Import | None:
    """The import that goes on."""
    row = tx.row(
        """
        SELECT * FROM harvest_imports
        WHERE account_id = :account_id AND state IN ('waiting', 'running') ORDER BY id DESC LIMIT 1
        """,
        account_id=account_id,
    )
    return _import(row) if row else None


def latest_of(tx: Tx, account_id: str, source_url: str, source_account: str, *, is_done: bool) -> Import | None:
    """The latest import of a source that has begun to copy, or has copied everything."""
    ended = "AND state = 'done'" if is_done else ""
    row = tx.row(
        f"""
        SELECT * FROM harvest_imports
        WHERE account_id = :account_id AND source_url = :source_url AND source_account = :source_account
            AND began_us IS NOT NULL {ended}
        ORDER BY id DESC LIMIT 1
        """,
        account_id=account_id,
        source_url=source_url,
        source_account=source_account,
    )
    return _import(row) if row else None


def token(tx: Tx, account_id: str, import_id: int) -> str | None:
    """The sealed token of the source, while it is kept."""
    row = tx.row(f"SELECT token FROM harvest_imports {_ONE}", account_id=account_id, id=import_id)
    return None if row is None else row["token"]


def with_token(tx: Tx, *, limit: int) -> list[tuple[str, int, str]]:
    """Account, import and job of imports, of any account, whose token is kept."""
    rows = tx.rows(
        "SELECT account_id, id, job_id FROM harvest_imports WHERE token IS NOT NULL LIMIT :limit", limit=limit
    )
    return [(row["account_id"], row["id"], row["job_id"]) for row in rows]


def begin(tx: Tx, account_id: str, import_id: int, *, floor: int, source_time: datetime) -> None:
    """Note that the copying begins."""
    tx.run(
        f"UPDATE harvest_imports SET floor = :floor, source_us = :source_us, began_us = :now {_ONE}",
        account_id=account_id,
        id=import_id,
        floor=floor,
        source_us=micros(source_time),
        now=tx.now_us,
    )


def set_state(tx: Tx, account_id: str, import_id: int, state: State, *, error: str | None = None) -> None:
    """Note where an import stands. What has ended has no token any more."""
    ended = "" if state in (State.WAITING, State.RUNNING) else ", token = NULL, finished_at = :now"
    values = {} if not ended else {"now": tx.now_us}
    tx.run(
        f"UPDATE harvest_imports SET state = :state, error = :error{ended} {_ONE}",
        account_id=account_id,
        id=import_id,
        state=state.value,
        error=error,
        **values,
    )


# Counts


def add_count(tx: Tx, account_id: str, import_id: int, count: Count) -> None:
    """Add to what became of a kind of records."""
    tx.run(
        """
        INSERT INTO harvest_import_counts (account_id, import_id, resource, seen, added, changed, left_out)
        VALUES (:account_id, :import_id, :resource, :seen, :added, :changed, :left_out)
        ON CONFLICT (account_id, import_id, resource) DO UPDATE SET
            seen = harvest_import_counts.seen + excluded.seen,
            added = harvest_import_counts.added + excluded.added,
            changed = harvest_import_counts.changed + excluded.changed,
            left_out = harvest_import_counts.left_out + excluded.left_out
        """,
        account_id=account_id,
        import_id=import_id,
        resource=count.resource,
        seen=count.seen,
        added=count.added,
        changed=count.changed,
        left_out=count.left_out,
    )


def counts(tx: Tx, account_id: str, import_id: int) -> dict[str, Count]:
    """What became of the records, by their kind."""
    rows = tx.rows(f"SELECT * FROM harvest_import_counts {_OF}", account_id=account_id, import_id=import_id)
    return {
        row["resource"]: Count(
            resource=row["resource"],
            seen=row["seen"],
            added=row["added"],
            changed=row["changed"],
            left_out=row["left_out"],
        )
        for row in rows
    }


# Sums


def add_sums(
    tx: Tx, account_id: str, import_id: int, there: Mapping[tuple[str, str], int], here: Mapping[tuple[str, str], int]
) -> None:
    """Add to the sums of both sides, by measure and subject."""
    tx.run_many(
        """
        INSERT INTO harvest_import_sums (account_id, import_id, measure, subject, there, here)
        VALUES (:account_id, :import_id, :measure, :subject, :there, :here)
        ON CONFLICT (account_id, import_id, measure, subject) DO UPDATE SET
            there = harvest_import_sums.there + excluded.there, here = harvest_import_sums.here + excluded.here
        """,
        [
            {
                "account_id": account_id,
                "import_id": import_id,
                "measure": key[0],
                "subject": key[1],
                "there": there.get(key, 0),
                "here": here.get(key, 0),
            }
            for key in sorted(there.keys() | here.keys())
        ],
    )


def sums(tx: Tx, account_id: str, import_id: int, *, only_differing: bool, limit: int) -> list[Sum]:
    """Sums by measure and subject, those that differ first."""
    differing = "AND there <> here" if only_differing else ""
    rows = tx.rows(
        f"""
        SELECT * FROM harvest_import_sums {_OF} {differing}
        ORDER BY CASE WHEN there <> here THEN 0 ELSE 1 END, measure, subject LIMIT :limit
        """,
        account_id=account_id,
        import_id=import_id,
        limit=limit,
    )
    return [Sum(measure=row["measure"], subject=row["subject"], there=row["there"], here=row["here"]) for row in rows]


def totals(tx: Tx, account_id: str, import_id: int) -> list[tuple[Sum, int, int]]:
    """Of each measure the total, of how many subjects, and how many of them differ."""
    rows = tx.rows(
        f"""
        SELECT measure, CAST(SUM(there) AS BIGINT) AS there, CAST(SUM(here) AS BIGINT) AS here, COUNT(*) AS subjects,
            CAST(SUM(CASE WHEN there <> here THEN 1 ELSE 0 END) AS BIGINT) AS differing
        FROM harvest_import_sums {_OF} GROUP BY measure ORDER BY measure
        """,
        account_id=account_id,
        import_id=import_id,
    )
    return [
        (
            Sum(measure=row["measure"], subject="", there=row["there"], here=row["here"]),
            row["subjects"],
            row["differing"],
        )
        for row in rows
    ]


# Problems


def add_problems(tx: Tx, account_id: str, import_id: int, problems: Sequence[Problem]) -> int:
    """Add lines, as far as there is room, and count all of them; how many there are."""
    if problems:
        row = tx.row(
            f"UPDATE harvest_imports SET problems = problems + :more {_ONE} RETURNING problems",
            account_id=account_id,
            id=import_id,
            more=len(problems),
        )
        assert row is not None, import_id
        first = int(row["problems"]) - len(problems)
        tx.run_many(
            """
            INSERT INTO harvest_import_problems (account_id, import_id, number, phase, resource, thing, what)
            VALUES (:account_id, :import_id, :number, :phase, :resource, :thing, :what)
            """,
            [
                {
                    "account_id": account_id,
                    "import_id": import_id,
                    "number": first + index,
                    "phase": each.phase,
                    "resource": each.resource,
                    "thing": each.thing[:40],
                    "what": each.what[:PROBLEM_LENGTH_MAX],
                }
                for index, each in enumerate(problems[: max(0, PROBLEMS_MAX - first)])
            ],
        )
        return int(row["problems"])
    found = find(tx, account_id, import_id)
    return 0 if found is None else found.problems


def problems(tx: Tx, account_id: str, import_id: int, *, limit: int = PROBLEMS_MAX) -> list[Problem]:
    """The lines, in their order."""
    rows = tx.rows(
        f"SELECT * FROM harvest_import_problems {_OF} ORDER BY number LIMIT :limit",
        account_id=account_id,
        import_id=import_id,
        limit=limit,
    )
    return [Problem(phase=row["phase"], resource=row["resource"], thing=row["thing"], what=row["what"]) for row in rows]


def existing(tx: Tx, table: str, account_id: str, ids: Iterable[int]) -> set[int]:
    """Of some ids, those that a table of the account has."""
    wanted = sorted(set(ids))
    found: set[int] = set()
    for start in range(0, len(wanted), 500):
        where = Where(account_id=account_id).among("id", wanted[start : start + 500])
        found |= {int(row["id"]) for row in tx.rows(f"SELECT id FROM {table} {where}", **where.values)}
    return found


def _import(row: Row) -> Import:
    return Import(
        account_id=row["account_id"],
        id=row["id"],
        job_id=row["job_id"],
        source_url=row["source_url"],
        source_account=row["source_account"],
        user_id=row["user_id"],
        is_full=bool(row["is_full"]),
        state=State(row["state"]),
        error=row["error"],
        since=moment_or_none(row["since_us"]),
        source_time=moment_or_none(row["source_us"]),
        began_at=moment_or_none(row["began_us"]),
        floor=row["floor"],
        problems=row["problems"],
        created_at=moment(row["created_at"]),
        finished_at=moment_or_none(row["finished_at"]),
    )
