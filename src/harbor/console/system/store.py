"""What the database says of itself and of the work that waits in it."""

from __future__ import annotations

from dataclasses import dataclass

from harbor.kernel.storage.database import Tx

_FAILED_KINDS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Jobs:
    """How many jobs wait for their moment, are due, run, and failed for good in the days they are kept."""

    waiting: int
    due: int
    running: int
    failed: int


def engine_version(tx: Tx) -> str:
    """The version of SQLite or PostgreSQL."""
    sql = "SELECT sqlite_version() AS v" if tx.engine == "sqlite" else "SELECT current_setting('server_version') AS v"
    row = tx.row(sql)
    assert row is not None
    return str(row["v"])


def size_bytes(tx: Tx) -> int:
    """How large the database is on disk, without a log that is not merged yet."""
    row = tx.row(
        "SELECT page_count * page_size AS size FROM pragma_page_count(), pragma_page_size()"
        if tx.engine == "sqlite"
        else "SELECT pg_database_size(current_database()) AS size"
    )
    assert row is not None
    return int(row["size"])


def jobs(tx: Tx) -> Jobs:
    """The jobs of all accounts. Finished ones are kept for a month, so these are some thousand rows."""
    open_ = tx.row(
        """
        SELECT
            COUNT(*) AS waiting,
            CAST(COALESCE(SUM(CASE WHEN due_at <= :now THEN 1 ELSE 0 END), 0) AS BIGINT) AS due
        FROM jobs
        WHERE state = 'queued'          -- jobs_due
        """,
        now=tx.now_us,
    )
    running = tx.row("SELECT COUNT(*) AS n FROM jobs WHERE state = 'running'")  # jobs_leased
    failed = tx.row("SELECT COUNT(*) AS n FROM jobs WHERE finished_at IS NOT NULL AND state = 'failed'")
    assert open_ is not None
    assert running is not None
    assert failed is not None
    return Jobs(int(open_["waiting"]) - int(open_["due"]), int(open_["due"]), int(running["n"]), int(failed["n"]))


def failed_kinds(tx: Tx) -> list[tuple[str, int]]:
    """Which kinds of jobs failed for good, the most frequent first."""
    rows = tx.rows(
        """
        SELECT kind, COUNT(*) AS n
        FROM jobs
        WHERE finished_at IS NOT NULL AND state = 'failed'
        GROUP BY kind
        ORDER BY n DESC, kind
        LIMIT :limit
        """,
        limit=_FAILED_KINDS_SHOWN,
    )
    return [(row["kind"], int(row["n"])) for row in rows]
