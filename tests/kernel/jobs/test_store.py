"""The worker's looks are indexed: their cost does not grow with what is not due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from harbor.kernel.jobs import store
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.sqlite import SqliteDatabase

KINDS = ("seal", "load")
LOOKS: Mapping[str, tuple[Callable[[Tx], object], str]] = {
    "due": (lambda tx: store.due(tx, KINDS, now_us=1, limit=9), "jobs_due (priority=? AND due_at<?)"),
    "first due": (lambda tx: store.first_due_us(tx, KINDS), "jobs_due (priority=?)"),
    "expired": (lambda tx: store.expired(tx, KINDS, real_us=1, limit=9), "jobs_leased (lease_until<?)"),
    "has expired": (lambda tx: store.has_expired(tx, KINDS, real_us=1), "jobs_leased (lease_until<?)"),
    "open": (lambda tx: store.find_open(tx, "acc", "key"), "jobs_unique_key (account_id=? AND unique_key=?)"),
    "purge": (lambda tx: store.purge(tx, finished_before_us=1, limit=9), "jobs_finished (finished_at<?)"),
}


class Explained:
    """A transaction that notes the plan of each query."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.engine = tx.engine
        self.plan = ""

    def rows(self, sql: str, /, **values: Any) -> list[dict[str, Any]]:
        self.plan += "\n".join(row["detail"] for row in self._tx.rows(f"EXPLAIN QUERY PLAN {sql}", **values))
        return []

    def row(self, sql: str, /, **values: Any) -> None:
        self.rows(sql, **values)

    def run(self, sql: str, /, **values: Any) -> int:
        return len(self.rows(sql, **values))


@pytest.mark.parametrize("look", LOOKS)
async def test_a_look_seeks_in_its_index_and_sorts_nothing(sqlite_database: SqliteDatabase, look: str) -> None:
    call, index = LOOKS[look]

    def explain(tx: Tx) -> str:
        explained = Explained(tx)
        call(explained)  # type: ignore[arg-type]
        return explained.plan

    plan = await sqlite_database.write(explain)

    assert index in plan
    assert "SCAN jobs" not in plan
    assert "TEMP B-TREE" not in plan
