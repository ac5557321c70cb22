"""The bare limit of creating time entries: the entry, the counter, the event and the audit row, and nothing else.

The same database, driver and group commit, in the process that measures: no HTTP, no caller, no rules, no sums.
"""

from __future__ import annotations

import asyncio
import time
from itertools import count

from benchmarks.filling_time import PEOPLE, PROJECTS, Desk
from harbor.kernel.ids import encode
from harbor.kernel.storage.database import Database, Tx

_ENTRY = """
    INSERT INTO harvest_time_entries (account_id, id, user_id, project_id, task_id, spent_on, hours_e2, notes, client_id, billable,
        budgeted, rate_e4, cost_rate_e4, rounded_e2, approval_status, is_billed, created_at, updated_at)
    VALUES (:account_id, :id, :user_id, :project_id, 1, :day, 100, 'bare', 1000, 1, 1, 800000, 400000, 100, 'unsubmitted', 0, :now,
        :now)
"""
_COUNTER = """
    INSERT INTO counters (account_id, name, value) VALUES (:account_id, 'benchmark', 100000000)
    ON CONFLICT (account_id, name) DO UPDATE SET value = counters.value + 1 RETURNING value
"""
_EVENT = """
    INSERT INTO events (account_id, workspace_id, id, position, product, type, subject, payload, actor, created_at)
    VALUES (:account_id, 'ws_bare', :event_id, 1, 'harvest', 'harvest.time_entry.created', 'time_entry/1', :text, 'bare', :now)
"""
_AUDIT = """
    INSERT INTO audit (account_id, id, workspace_id, product, action, subject, actor, request_id, event_id, before, after, created_at)
    VALUES (:account_id, :audit_id, NULL, 'harvest', 'time_entry.created', 'time_entry/1', 'bare', NULL, :event_id, NULL, :text, :now)
"""
_TEXT = '{"id":1,"project_id":1000,"user_id":1000,"hours_e2":100,"note":"' + "x" * 300 + '"}'


class Bare:
    """Writes entries with the four statements."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database = database
        self._desk = desk
        self._numbers = count(1)

    async def pour(self, entries: int, *, at_once: int) -> float:
        """How many entries a second, with so many under way."""
        left = iter(range(entries))

        async def work() -> None:
            for _ in left:
                number = next(self._numbers)
                await self._database.write(lambda tx, number=number: self._write(tx, number))  # type: ignore[misc]

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(at_once)))
        return entries / (time.perf_counter() - began)

    def _write(self, tx: Tx, number: int) -> None:
        letters = encode((tx.now_us // 1_000) << 80 | number)
        of = {"account_id": self._desk.account_id, "now": tx.now_us}
        row = tx.row(_COUNTER, account_id=self._desk.account_id)
        assert row is not None
        place = {"user_id": 1000 + number % PEOPLE, "project_id": 1000 + number % PROJECTS}
        tx.run(_ENTRY, **of, **place, id=row["value"], day=self._desk.last.isoformat())
        tx.run(_EVENT, **of, event_id=f"evt_{letters}", text=_TEXT)
        tx.run(_AUDIT, **of, audit_id=f"aud_{letters}", event_id=f"evt_{letters}", text=_TEXT)
