"""Filling a database with events, as many and as old as a question needs, in bulk and not through the front door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harbor.kernel.clock import SystemClock
from harbor.kernel.ids import encode
from harbor.kernel.storage.database import Database, Lane, Tx
from harbor.kernel.storage.sqlite import SqliteDatabase

PAYLOAD = '{"order_id":"ord_77","carrier":"dhl","items":[1,2,3],"note":"' + "x" * 200 + '"}'
STEP_ROWS = 2_000
_URL = "https://hooks.example.com/harbor"

_EVENT = """
INSERT INTO events (account_id, workspace_id, id, position, product, type, payload, actor, created_at)
VALUES (:account_id, :workspace_id, :event_id, :position, '', 'order.shipped', :payload, 'benchmark', :created_at)
"""
_DELIVERY = """
INSERT INTO deliveries (account_id, workspace_id, id, subscription_id, event_id, number, view, event_type, position, state, trigger,
    attempt_count, budget_attempts, last_response_status, created_at, completed_at)
VALUES (:account_id, :workspace_id, :delivery_id, 'wh_gone', :event_id, 0, 'harbor', 'order.shipped', :position, 'delivered', 'automatic',
    1, 1, 200, :created_at, :created_at)
"""
_ATTEMPT = """
INSERT INTO attempts (account_id, delivery_id, number, id, subscription_id, trigger, started_at, duration_ms, url, response_status,
    response_body, response_truncated)
VALUES (:account_id, :delivery_id, 1, :attempt_id, 'wh_gone', 'automatic', :created_at, 12, :url, 200, 'ok', 0)
"""


@dataclass(frozen=True, slots=True)
class Home:
    """Whose events they are."""

    account_id: str
    workspace_id: str


def home_of(tx: Tx, workspace_id: str) -> Home:
    """The account of a workspace."""
    row = tx.row("SELECT account_id FROM workspaces WHERE id = :id", id=workspace_id)
    assert row is not None, workspace_id
    return Home(row["account_id"], workspace_id)


async def fill(
    database: Database, home: Home, count: int, *, first: int, from_ms: int, with_deliveries: bool = False
) -> None:
    """Add `count` events, numbered from `first`, one a millisecond from `from_ms`; if wanted, each delivered once."""
    statements = (_EVENT, _DELIVERY, _ATTEMPT) if with_deliveries else (_EVENT,)
    for begin in range(first, first + count, STEP_ROWS):
        rows = [_row(home, number, from_ms) for number in range(begin, min(begin + STEP_ROWS, first + count))]
        await database.write(lambda tx, rows=rows: _insert(tx, statements, rows), lane=Lane.BACKGROUND)  # type: ignore[misc]


async def fill_stopped(file: Path, workspace_id: str, count: int, *, first: int, from_ms: int) -> Home:
    """Add events to the SQLite file of an installation whose server does not run."""
    database = SqliteDatabase(file, SystemClock())
    await database.open()
    try:
        home = await database.read(lambda tx: home_of(tx, workspace_id))
        await fill(database, home, count, first=first, from_ms=from_ms)
    finally:
        await database.close()
    return home


def letters(number: int, from_ms: int) -> str:
    """What the ids of the event with this number end in: they ascend with the numbers."""
    return encode((from_ms + number) << 80 | number)


def _row(home: Home, number: int, from_ms: int) -> dict[str, object]:
    end = letters(number, from_ms)
    return {
        "account_id": home.account_id,
        "workspace_id": home.workspace_id,
        "event_id": f"evt_{end}",
        "delivery_id": f"del_{end}",
        "attempt_id": f"att_{end}",
        "position": number,
        "payload": PAYLOAD,
        "url": _URL,
        "created_at": (from_ms + number) * 1_000,
    }


def _insert(tx: Tx, statements: Sequence[str], rows: list[dict[str, object]]) -> None:
    for statement in statements:
        tx.run_many(statement, rows)
