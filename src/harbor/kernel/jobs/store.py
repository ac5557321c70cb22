"""Table `jobs`: insert, find, newest first, due now, and the writes of a run, which hold only under its lease."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from harbor.kernel.clock import moment, moment_or_none
from harbor.kernel.jobs.model import Job, JsonObject, Priority, Progress, State
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where

_INSERT = """
INSERT INTO jobs (
    account_id, id, kind, state, priority, due_at, unique_key, data, progress_done, attempts, created_at
)
VALUES (:account_id, :id, :kind, 'queued', :priority, :due_at, :unique_key, :data, 0, 0, :created_at)
ON CONFLICT (account_id, unique_key) WHERE unique_key IS NOT NULL AND state IN ('queued', 'running') DO NOTHING
RETURNING *
"""

# Written out and not bound: an engine uses a partial index only where it can read that the condition holds.
_QUEUED = "state = 'queued'"
_RUNNING = "state = 'running'"

# The run named by :token still holds the job: every write of a run says so.
_HELD = "account_id = :account_id AND id = :id AND state = 'running' AND lease_token = :token"


def insert(
    tx: Tx,
    account_id: str,
    *,
    job_id: str,
    kind: str,
    data: JsonObject,
    due_us: int,
    priority: Priority,
    unique_key: str | None,
) -> Job | None:
    """Add a queued job, or return None if an open one has its unique key."""
    row = tx.row(
        _INSERT,
        account_id=account_id,
        id=job_id,
        kind=kind,
        priority=int(priority),
        due_at=due_us,
        unique_key=unique_key,
        data=encode(data),
        created_at=tx.now_us,
    )
    return job_of(row) if row else None


def find(tx: Tx, account_id: str, job_id: str) -> Job | None:
    """One job, or None."""
    row = tx.row("SELECT * FROM jobs WHERE account_id = :account_id AND id = :id", account_id=account_id, id=job_id)
    return job_of(row) if row else None


def find_open(tx: Tx, account_id: str, unique_key: str) -> Job | None:
    """The open job of a unique key, or None."""
    row = tx.row(
        """
        SELECT * FROM jobs
        WHERE account_id = :account_id AND unique_key = :unique_key AND state IN ('queued', 'running')
        """,
        account_id=account_id,
        unique_key=unique_key,
    )
    return job_of(row) if row else None


def newest_first(
    tx: Tx,
    account_id: str,
    page: PageRequest,
    *,
    kinds: Collection[str] | None = None,
    state: State | None = None,
    created_from_us: int | None = None,
    created_before_us: int | None = None,
) -> Page[Job]:
    """A page of an account's jobs; without kinds it walks the primary key."""
    where = Where(account_id=account_id).among("kind", kinds).equal(state=state.value if state else None)
    where.compare("created_at", ">=", created_from_us).compare("created_at", "<", created_before_us)
    where.after("id", "<", page.after)
    rows = tx.rows(
        f"SELECT * FROM jobs {where} ORDER BY id DESC LIMIT :limit",
        **where.values,
        limit=page.limit + 1,
    )
    return Page(tuple(map(job_of, rows[: page.limit])), more=len(rows) > page.limit)


def due(tx: Tx, kinds: Collection[str], *, now_us: int, limit: int) -> list[Job]:
    """The next queued jobs that are due, urgent ones first, then by due moment; locked for the claim on PostgreSQL."""
    found: list[Job] = []
    for priority in sorted(Priority, reverse=True):
        if len(found) < limit:
            where = Where(priority=int(priority)).also(_QUEUED).among("kind", kinds)
            where.compare("due_at", "<=", now_us)
            rows = tx.rows(
                f"SELECT * FROM jobs {where} ORDER BY due_at, id LIMIT :limit {_skip_locked(tx)}",  # jobs_due
                **where.values,
                limit=limit - len(found),
            )
            found += map(job_of, rows)
    return found


def expired(tx: Tx, kinds: Collection[str], *, real_us: int, limit: int) -> list[Job]:
    """Running jobs whose process has been silent for longer than their lease; locked like `due`."""
    where = Where().also(_RUNNING).among("kind", kinds).compare("lease_until", "<", real_us)
    rows = tx.rows(
        f"SELECT * FROM jobs {where} ORDER BY lease_until LIMIT :limit {_skip_locked(tx)}",  # jobs_leased
        **where.values,
        limit=limit,
    )
    return list(map(job_of, rows))


def first_due_us(tx: Tx, kinds: Collection[str]) -> int | None:
    """When the next queued job is due, or None."""
    found = []
    for priority in Priority:
        where = Where(priority=int(priority)).also(_QUEUED).among("kind", kinds)
        row = tx.row(f"SELECT due_at FROM jobs {where} ORDER BY due_at LIMIT 1", **where.values)  # jobs_due
        if row:
            found.append(row["due_at"])
    return min(found, default=None)


def has_expired(tx: Tx, kinds: Collection[str], *, real_us: int) -> bool:
    """Whether a running job has lost its process."""
    where = Where().also(_RUNNING).among("kind", kinds).compare("lease_until", "<", real_us)
    return tx.row(f"SELECT 1 AS one FROM jobs {where} LIMIT 1", **where.values) is not None


def unknown_kinds(tx: Tx, kinds: Collection[str], *, limit: int) -> Sequence[str]:
    """Kinds of queued jobs that are not among `kinds`."""
    where = Where().also(_QUEUED)
    names = []
    for number, kind in enumerate(kinds):
        where.values[f"kind_{number}"] = kind
        names.append(f":kind_{number}")
    if names:
        where.also(f"kind NOT IN ({', '.join(names)})")
    rows = tx.rows(f"SELECT DISTINCT kind FROM jobs {where} ORDER BY kind LIMIT :limit", **where.values, limit=limit)
    return [row["kind"] for row in rows]


# The writes of a run


def lease(tx: Tx, job: Job, *, token: str, until_us: int) -> Job:
    """Give a job that `due` or `expired` found to the run named `token`, and count the attempt."""
    row = tx.row(
        """
        UPDATE jobs
        SET state = 'running', attempts = attempts + 1, lease_token = :token, lease_until = :until,
            started_at = COALESCE(started_at, :now)
        WHERE account_id = :account_id AND id = :id
        RETURNING *
        """,
        account_id=job.account_id,
        id=job.id,
        token=token,
        until=until_us,
        now=tx.now_us,
    )
    assert row is not None, job
    return job_of(row)


def renew(tx: Tx, account_id: str, job_id: str, *, token: str, until_us: int) -> bool:
    """Keep a job for longer; False if the run no longer holds it."""
    sql = f"UPDATE jobs SET lease_until = :until WHERE {_HELD}"
    return tx.run(sql, account_id=account_id, id=job_id, token=token, until=until_us) == 1


def holds(tx: Tx, account_id: str, job_id: str, *, token: str) -> bool:
    """Whether the run still holds the job, and will until this transaction ends."""
    lock = "FOR UPDATE" if tx.engine == "postgres" else ""
    sql = f"SELECT 1 AS one FROM jobs WHERE {_HELD} {lock}"
    return tx.row(sql, account_id=account_id, id=job_id, token=token) is not None


def advance(
    tx: Tx, account_id: str, job_id: str, *, token: str, position: JsonObject | None, progress: Progress | None
) -> Job | None:
    """Record how far a run came; None if it no longer holds the job.

    A new position is a step forward, so the attempts before it are forgiven.
    """
    row = tx.row(
        f"""
        UPDATE jobs
        SET attempts = CASE WHEN CAST(:position AS TEXT) IS NULL OR :position = position THEN attempts ELSE 1 END,
            position = COALESCE(:position, position),
            progress_done = COALESCE(:done, progress_done),
            progress_total = COALESCE(:total, progress_total)
        WHERE {_HELD}
        RETURNING *
        """,
        account_id=account_id,
        id=job_id,
        token=token,
        position=None if position is None else encode(position),
        done=progress.done if progress else None,
        total=progress.total if progress else None,
    )
    return job_of(row) if row else None


def finish(
    tx: Tx, account_id: str, job_id: str, *, token: str, state: State, result: JsonObject | None, error: str | None
) -> Job | None:
    """Close a job as done or failed; None if the run no longer holds it."""
    row = tx.row(
        f"""
        UPDATE jobs
        SET state = :state, result = :result, error = COALESCE(:error, error), finished_at = :now,
            lease_token = NULL, lease_until = NULL
        WHERE {_HELD}
        RETURNING *
        """,
        account_id=account_id,
        id=job_id,
        token=token,
        state=state.value,
        result=None if result is None else encode(result),
        error=error,
        now=tx.now_us,
    )
    return job_of(row) if row else None


def put_back(tx: Tx, account_id: str, job_id: str, *, token: str, due_us: int, error: str) -> Job | None:
    """Queue a failed job for its next try; None if the run no longer holds it."""
    row = tx.row(
        f"""
        UPDATE jobs
        SET state = 'queued', due_at = :due_at, error = :error, lease_token = NULL, lease_until = NULL
        WHERE {_HELD}
        RETURNING *
        """,
        account_id=account_id,
        id=job_id,
        token=token,
        due_at=due_us,
        error=error,
    )
    return job_of(row) if row else None


def release(tx: Tx, account_id: str, job_id: str, *, token: str) -> None:
    """Queue a job whose run was stopped by us: it is no failure and counts no attempt."""
    tx.run(
        f"""
        UPDATE jobs
        SET state = 'queued', attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END,
            lease_token = NULL, lease_until = NULL
        WHERE {_HELD}
        """,
        account_id=account_id,
        id=job_id,
        token=token,
    )


def release_all(tx: Tx) -> int:
    """Queue all running jobs of all accounts: the process that ran them is gone."""
    return tx.run("UPDATE jobs SET state = 'queued', lease_token = NULL, lease_until = NULL WHERE state = 'running'")


def cancel(tx: Tx, account_id: str, job_id: str) -> Job | None:
    """Close an open job as canceled; None if it is not open."""
    row = tx.row(
        """
        UPDATE jobs
        SET state = 'canceled', finished_at = :now, lease_token = NULL, lease_until = NULL
        WHERE account_id = :account_id AND id = :id AND state IN ('queued', 'running')
        RETURNING *
        """,
        account_id=account_id,
        id=job_id,
        now=tx.now_us,
    )
    return job_of(row) if row else None


def purge(tx: Tx, *, finished_before_us: int, limit: int) -> int:
    """Delete the oldest finished jobs of all accounts; how many there were."""
    return tx.run(
        """
        DELETE FROM jobs
        WHERE (account_id, id) IN (
            SELECT account_id, id
            FROM jobs
            WHERE finished_at < :before
            ORDER BY finished_at       -- jobs_finished
            LIMIT :limit
        )
        """,
        before=finished_before_us,
        limit=limit,
    )


# Schedules


def last_runs(tx: Tx, account_id: str) -> Mapping[str, int]:
    """When each schedule was last queued, by name, in microseconds."""
    rows = tx.rows("SELECT name, last_at FROM job_schedules WHERE account_id = :account_id", account_id=account_id)
    return {row["name"]: row["last_at"] for row in rows}


def remember_run(tx: Tx, account_id: str, name: str, last_us: int) -> None:
    """Note that a schedule was queued for the moment `last_us`."""
    tx.run(
        """
        INSERT INTO job_schedules (account_id, name, last_at)
        VALUES (:account_id, :name, :last_at)
        ON CONFLICT (account_id, name) DO UPDATE SET last_at = :last_at
        """,
        account_id=account_id,
        name=name,
        last_at=last_us,
    )


def _skip_locked(tx: Tx) -> str:
    """On PostgreSQL several workers claim at once and pass over each other's rows; on SQLite the writer is one."""
    return "FOR UPDATE SKIP LOCKED" if tx.engine == "postgres" else ""


def encode(value: JsonObject) -> str:
    """A JSON object as stored: keys in order, so that equal positions are equal texts."""
    return msgspec.json.encode(value, order="sorted").decode()


def job_of(row: Row) -> Job:
    """The job in a row."""
    return Job(
        id=row["id"],
        account_id=row["account_id"],
        kind=row["kind"],
        state=State(row["state"]),
        priority=Priority(row["priority"]),
        due_at=moment(row["due_at"]),
        unique_key=row["unique_key"],
        data=msgspec.json.decode(row["data"]),
        position=_decode_or_none(row["position"]),
        progress=Progress(row["progress_done"], row["progress_total"]),
        result=_decode_or_none(row["result"]),
        error=row["error"],
        attempts=row["attempts"],
        lease_token=row["lease_token"],
        created_at=moment(row["created_at"]),
        started_at=moment_or_none(row["started_at"]),
        finished_at=moment_or_none(row["finished_at"]),
    )


def _decode_or_none(text: str | None) -> JsonObject | None:
    if text is None:
        return None
    value: JsonObject = msgspec.json.decode(text)
    return value
