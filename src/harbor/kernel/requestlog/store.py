"""Table `request_logs`, written behind the answers."""

from __future__ import annotations

import msgspec

from harbor.kernel.pages import ALWAYS, Page, PageRequest, Span
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request. Bodies are kept of refused requests only, without secrets; moments are microseconds."""

    id: str
    account_id: str
    workspace_id: str | None
    credential_id: str | None
    method: str
    path: str
    route: str
    status: int
    duration_us: int
    error_code: str | None
    client: str
    client_request_id: str | None
    request_body: str | None
    response_body: str | None
    created_at: int


def insert(tx: Tx, entries: list[Entry]) -> None:
    """Write entries; one with an id that is there already is dropped."""
    tx.run_many(
        """
        INSERT INTO request_logs (id, account_id, workspace_id, credential_id, method, path, route, status, duration_us, error_code,
            client, client_request_id, request_body, response_body, created_at)
        VALUES (:id, :account_id, :workspace_id, :credential_id, :method, :path, :route, :status, :duration_us, :error_code,
            :client, :client_request_id, :request_body, :response_body, :created_at)
        ON CONFLICT (account_id, id) DO NOTHING
        """,
        [msgspec.structs.astuple(entry) for entry in entries],  # the columns are in this order
    )


def find(tx: Tx, account_id: str, request_id: str) -> Entry | None:
    """One request."""
    row = tx.row(
        "SELECT * FROM request_logs WHERE account_id = :account_id AND id = :id", account_id=account_id, id=request_id
    )
    return _entry(row) if row else None


def by_id(
    tx: Tx,
    account_id: str,
    page: PageRequest,
    *,
    workspace_id: str | None = None,
    status: int | None = None,
    method: str | None = None,
    credential_id: str | None = None,
    span: Span = ALWAYS,
) -> Page[Entry]:
    """Requests of an account by id, newest first or oldest first."""
    where = Where(account_id=account_id).equal(
        workspace_id=workspace_id, status=status, method=method, credential_id=credential_id
    )
    where.span("created_at", span.since, span.until).after("id", ">" if span.ascending else "<", page.after)
    rows = tx.rows(
        f"SELECT * FROM request_logs {where} ORDER BY id {span.order} LIMIT :limit",
        **where.values,
        limit=page.limit + 1,
    )
    return Page(tuple(map(_entry, rows[: page.limit])), more=len(rows) > page.limit)


def purge_before(tx: Tx, account_id: str, before_id: str, limit: int) -> int:
    """Delete up to `limit` entries below an id."""
    return tx.run(
        """
        DELETE FROM request_logs WHERE account_id = :account_id AND id IN (
            SELECT id FROM request_logs WHERE account_id = :account_id AND id < :before ORDER BY id LIMIT :limit
        )
        """,
        account_id=account_id,
        before=before_id,
        limit=limit,
    )


def _entry(row: Row) -> Entry:
    return Entry(**row)
