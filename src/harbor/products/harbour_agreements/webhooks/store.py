"""The events of a webhook: its rows of the kernel's `deliveries`, by page number."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.clock import moment
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.kernel.webhooks.deliveries.store import delivery_of
from harbor.products.harbour_agreements.ordering import Order
from harbor.products.harbour_agreements.webhooks.model import Sent, Sought

_COLUMNS = {
    "created_at": "e.created_at",
    "event_datetime": "e.created_at",
    "event_type": "d.event_type",
    "status": "d.state",
    "attempt_count": "d.attempt_count",
    "delivered_at": "d.completed_at",
}
_FROM = """
FROM deliveries d
JOIN events e ON e.account_id = d.account_id AND e.workspace_id = d.workspace_id AND e.id = d.event_id
"""
_SELECT = "SELECT d.*, e.subject AS e_subject, e.created_at AS e_created_at, e.payload AS e_payload"


def listed(
    tx: Tx, account_id: str, workspace_id: str, webhook_id: str, sought: Sought, order: Order, page: PageRequest
) -> Page[Sent]:
    """A page of a webhook's events with the count of all; ties go by id, nulls come last."""
    where = Where(account_id=account_id, workspace_id=workspace_id, subscription_id=webhook_id, number=0)
    condition = str(where)
    for column in where.values:
        condition = condition.replace(f"{column} = ", f"d.{column} = ")
    values = dict(where.values)
    for name, column, choices in (
        ("state", "d.state", None if sought.states is None else [state.value for state in sought.states]),
        ("type", "d.event_type", sought.types),
    ):
        if choices is not None:
            condition += f" AND {column} IN ({_names(name, choices, values)})"
    if sought.search is not None:
        position = "instr" if tx.engine == "sqlite" else "strpos"
        values |= {"search": sought.search, "found_event_id": sought.found_event_id or ""}
        is_type = f"OR d.event_type IN ({_names('found', sought.found_types, values)})" if sought.found_types else ""
        condition += (
            f" AND ({position}(lower(COALESCE(e.subject, '')), :search) > 0 OR d.event_id = :found_event_id {is_type})"
        )
    column, direction = _COLUMNS[order.field], "DESC" if order.is_descending else "ASC"
    rows = tx.rows(
        f"{_SELECT} {_FROM} {condition} ORDER BY ({column} IS NULL), {column} {direction}, d.id {direction} LIMIT :limit OFFSET :offset",
        **values,
        limit=page.limit,
        offset=page.offset,
    )
    counted = tx.row(f"SELECT count(*) AS n {_FROM} {condition}", **values)
    assert counted is not None
    return Page(tuple(map(_sent, rows)), more=page.offset + len(rows) < counted["n"], total=counted["n"])


def find(tx: Tx, account_id: str, workspace_id: str, webhook_id: str, event_id: str) -> Sent | None:
    """One event of a webhook."""
    row = tx.row(
        f"""
        {_SELECT} {_FROM}
        WHERE d.account_id = :account_id AND d.workspace_id = :workspace_id AND d.subscription_id = :webhook_id
          AND d.event_id = :event_id AND d.number = 0
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        webhook_id=webhook_id,
        event_id=event_id,
    )
    return None if row is None else _sent(row)


def _names(name: str, choices: Sequence[object], values: dict[str, object]) -> str:
    names = []
    for index, choice in enumerate(choices):
        values[f"{name}_{index}"] = choice
        names.append(f":{name}_{index}")
    return ", ".join(names)


def _sent(row: Row) -> Sent:
    return Sent(delivery_of(row), row["e_subject"], moment(row["e_created_at"]), row["e_payload"], row["body"])
