"""How an endpoint did: deliveries by state, success rate, latency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict

from harbor.kernel.call import Call
from harbor.kernel.clock import micros, moment_or_none
from harbor.kernel.errors import Invalid
from harbor.kernel.ids import lowest_at
from harbor.kernel.webhooks.model import Subscription
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.products.harbor_events.webhooks import stats_store as store
from harbor.products.harbor_events.webhooks.view import WORDS

DAYS_MAX = 30
DAYS_DEFAULT = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Counts by the words of the wire, the part of attempts that succeeded (0 to 1), and latencies in ms."""

    webhook_id: str
    since: datetime
    counts: dict[str, int]
    attempts: int
    success_rate: float | None
    latency_ms: dict[str, int | None]
    last_success_at: datetime | None
    last_failure_at: datetime | None


class LatencyBody(TypedDict):
    """Percentiles of the time of an attempt in milliseconds."""

    p50: int | None
    p95: int | None
    p99: int | None


class StatsBody(TypedDict):
    """Statistics as they are shown."""

    webhook_id: str
    since: datetime
    counts: dict[str, int]
    attempts: int
    success_rate: float | None
    latency_ms: LatencyBody
    last_success_at: datetime | None
    last_failure_at: datetime | None


def of(call: Call, subscription: Subscription, *, since: datetime | None) -> Stats:
    """The statistics of an endpoint since a moment, at most 30 days back."""
    start = since or call.tx.now - timedelta(days=DAYS_DEFAULT)
    if start < call.tx.now - timedelta(days=DAYS_MAX):
        raise Invalid(f"since lies more than {DAYS_MAX} days back; that is the longest span.", field="since")
    tx, account_id, id_, since_us = call.tx, call.account_id, subscription.id, micros(start)
    by_state = store.counts(tx, account_id, id_, "del_" + lowest_at(start))
    made = store.attempts(tx, account_id, id_, since_us)
    health = subscriptions.health(tx, account_id, id_)

    def percentile(part: float) -> int | None:
        return (
            store.latency_at(tx, account_id, id_, since_us, min(made["n"] - 1, int(made["n"] * part)))
            if made["n"]
            else None
        )

    return Stats(
        webhook_id=id_,
        since=start,
        counts={word: by_state.get(state.value, 0) for state, word in WORDS.items()},
        attempts=made["n"],
        success_rate=round(made["good"] / made["n"], 4) if made["n"] else None,
        latency_ms={"p50": percentile(0.50), "p95": percentile(0.95), "p99": percentile(0.99)},
        last_success_at=moment_or_none(health["last_success_at"]),
        last_failure_at=moment_or_none(health["last_failure_at"]),
    )


def show(stats: Stats) -> StatsBody:
    """The fields of the statistics."""
    latency: Any = stats.latency_ms
    return {
        "webhook_id": stats.webhook_id,
        "since": stats.since,
        "counts": stats.counts,
        "attempts": stats.attempts,
        "success_rate": stats.success_rate,
        "latency_ms": latency,
        "last_success_at": stats.last_success_at,
        "last_failure_at": stats.last_failure_at,
    }
