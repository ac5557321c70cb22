"""Table `harbor_event_types`: put, find, list by name, delete."""

from __future__ import annotations

from harbor.kernel.clock import micros, moment
from harbor.kernel.pages import Page, PageRequest, Span
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harbor_events.event_types.model import EventType


def put(tx: Tx, type_: EventType) -> None:
    """Add or replace an entry; the moment of its creation stays."""
    tx.run(
        """
        INSERT INTO harbor_event_types (account_id, workspace_id, name, description, json_schema, example, created_at, updated_at)
        VALUES (:account_id, :workspace_id, :name, :description, :json_schema, :example, :created_at, :updated_at)
        ON CONFLICT (account_id, workspace_id, name) DO UPDATE
        SET description = :description, json_schema = :json_schema, example = :example, updated_at = :updated_at
        """,
        account_id=type_.account_id,
        workspace_id=type_.workspace_id,
        name=type_.name,
        description=type_.description,
        json_schema=type_.json_schema,
        example=type_.example,
        created_at=micros(type_.created_at),
        updated_at=micros(type_.updated_at),
    )


def find(tx: Tx, account_id: str, workspace_id: str, name: str) -> EventType | None:
    """One entry."""
    row = tx.row(
        "SELECT * FROM harbor_event_types WHERE account_id = :account_id AND workspace_id = :workspace_id AND name = :name",
        account_id=account_id,
        workspace_id=workspace_id,
        name=name,
    )
    return _type(row) if row else None


def by_name(tx: Tx, account_id: str, workspace_id: str, page: PageRequest, span: Span) -> Page[EventType]:
    """Entries of a workspace in the order of their names, from Z to A if not ascending."""
    where = Where(account_id=account_id, workspace_id=workspace_id).span("created_at", span.since, span.until)
    where.after("name", ">" if span.ascending else "<", page.after)
    rows = tx.rows(
        f"SELECT * FROM harbor_event_types {where} ORDER BY name {span.order} LIMIT :limit",
        **where.values,
        limit=page.limit + 1,
    )
    return Page(tuple(map(_type, rows[: page.limit])), more=len(rows) > page.limit)


def count(tx: Tx, account_id: str, workspace_id: str) -> int:
    """How many entries a workspace has."""
    row = tx.row(
        "SELECT count(*) AS n FROM harbor_event_types WHERE account_id = :account_id AND workspace_id = :workspace_id",
        account_id=account_id,
        workspace_id=workspace_id,
    )
    assert row is not None
    return int(row["n"])


def delete(tx: Tx, account_id: str, workspace_id: str, name: str) -> int:
    """Remove an entry; how many there were."""
    return tx.run(
        "DELETE FROM harbor_event_types WHERE account_id = :account_id AND workspace_id = :workspace_id AND name = :name",
        account_id=account_id,
        workspace_id=workspace_id,
        name=name,
    )


def _type(row: Row) -> EventType:
    return EventType(
        account_id=row["account_id"],
        workspace_id=row["workspace_id"],
        name=row["name"],
        description=row["description"],
        json_schema=row["json_schema"],
        example=row["example"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
