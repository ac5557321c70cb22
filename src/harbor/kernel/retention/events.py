"""Events that are purged together with what hangs on them: deliveries, attempts and snapshots."""

from __future__ import annotations

from collections import defaultdict

from harbor.kernel.eventlog import snapshots
from harbor.kernel.eventlog import store as eventlog
from harbor.kernel.retention import store
from harbor.kernel.retention.steps import Budget
from harbor.kernel.storage.database import Row, Tx


def purge_some(
    tx: Tx, account_id: str, workspace_id: str, budget: Budget, *, after: str, before_us: int | None
) -> str | None:
    """Purge a few of a workspace's oldest events above the id `after`; the id to go on after, or None at the end.

    With `before_us` only events older than that moment, and none that a delivery is outstanding of. Without it all.
    """
    ids = eventlog.oldest(tx, account_id, workspace_id, after=after, before_us=before_us, limit=budget.chunk)
    if not ids:
        budget.spend(0)
        return None
    deliveries: defaultdict[str, list[Row]] = defaultdict(list)
    for row in store.deliveries_of_events(tx, account_id, workspace_id, first=ids[0], last=ids[-1]):
        deliveries[row["event_id"]].append(row)
    purged: list[str] = []
    gone: list[str] = []
    rows = 0
    last = after
    for event_id in ids:
        hanging = deliveries[event_id]
        weight = 1 + sum(1 + int(row["attempt_count"]) for row in hanging)
        if (rows or budget.spent) and rows + weight > budget.rows_left:
            budget.end()
            break
        last = event_id
        if before_us is not None and any(row["is_outstanding"] for row in hanging):
            continue
        purged.append(event_id)
        gone += [row["id"] for row in hanging]
        rows += weight
    store.delete_deliveries(tx, account_id, workspace_id, gone)
    snapshots.delete_of(tx, account_id, purged)
    eventlog.delete(tx, account_id, workspace_id, purged)
    budget.spend(rows)
    return last
