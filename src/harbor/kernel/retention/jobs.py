"""The sweeps: recurring jobs that delete what is older than the installation's terms.

An event goes with its deliveries, attempts and snapshots, and never while a delivery of it is outstanding. Source:
docs/products/harbor.md#retention.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from harbor.kernel.clock import moment
from harbor.kernel.idempotency import store as idempotency
from harbor.kernel.identity import store as identity
from harbor.kernel.ids import lowest_at
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import SYSTEM_ACCOUNT, JobKind, JsonObject, State
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.pages import PageRequest
from harbor.kernel.requestlog import store as requestlog
from harbor.kernel.retention import store
from harbor.kernel.retention.events import purge_some
from harbor.kernel.retention.steps import Budget, Reached, walk_kind
from harbor.kernel.storage.database import Tx

EVENTS: Final = "retention.events"
ATTEMPTS: Final = "retention.attempts"
REQUEST_LOGS: Final = "retention.request_logs"
AUDIT: Final = "retention.audit"
IDEMPOTENCY: Final = "retention.idempotency"
CURSORS: Final = "retention.cursors"
SESSIONS: Final = "retention.sessions"

_HOUR_S = 3600
_DAY_S = 24 * _HOUR_S
_DAY_US = _DAY_S * 1_000_000
# A cursor is refused after a day; its row is what tells, so it outlives that day in any case.
_CURSOR_DAYS_MIN = 2

SCHEDULES: Final = (
    Schedule(name=EVENTS, every_s=_HOUR_S, kind=EVENTS),
    Schedule(name=ATTEMPTS, every_s=_HOUR_S, kind=ATTEMPTS),
    Schedule(name=REQUEST_LOGS, every_s=_HOUR_S, kind=REQUEST_LOGS),
    Schedule(name=AUDIT, every_s=_DAY_S, kind=AUDIT),
    Schedule(name=IDEMPOTENCY, every_s=_HOUR_S, kind=IDEMPOTENCY),
    Schedule(name=CURSORS, every_s=_DAY_S, kind=CURSORS),
    Schedule(name=SESSIONS, every_s=_DAY_S, kind=SESSIONS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """The terms in days of the calendar. 0 means for ever; bodies of attempts then stay as long as their events."""

    event_days: int = 90
    attempt_days: int = 30
    request_log_days: int = 7
    audit_days: int = 365

    def __post_init__(self) -> None:
        assert min(self.event_days, self.attempt_days, self.request_log_days, self.audit_days) >= 0, self


def retention_kinds(policy: RetentionPolicy) -> list[JobKind]:
    """The kinds of jobs that `SCHEDULES` queues."""
    return [
        _events_kind(policy.event_days),
        _attempts_kind(policy.attempt_days),
        _by_account_kind(REQUEST_LOGS, policy.request_log_days, "req_", requestlog.purge_before),
        _by_account_kind(AUDIT, policy.audit_days, "aud_", store.purge_audit),
        walk_kind(IDEMPOTENCY, _idempotency_step),
        _cursors_kind(policy.event_days),
        walk_kind(SESSIONS, _sessions_step),
    ]


def _events_kind(days: int) -> JobKind:
    """Workspace by workspace: old events, then old deliveries whose event is gone."""

    def step(tx: Tx, at: JsonObject, budget: Budget) -> Reached:
        before_us = tx.now_us - days * _DAY_US
        done = str(at.get("workspace", ""))
        while days and (here := store.next_workspace(tx, done)) is not None:
            account_id, workspace_id = here["account_id"], here["id"]
            # A workspace may be purged between two steps; the next one then begins at its own beginning.
            is_same = at.get("here") == workspace_id
            event: str | None = at["event"] if is_same else ""
            delivery: str | None = at["delivery"] if is_same else ""
            while event is not None or delivery is not None:
                if budget.is_spent:
                    return Reached({"workspace": done, "here": workspace_id, "event": event, "delivery": delivery})
                if event is not None:
                    event = purge_some(tx, account_id, workspace_id, budget, after=event, before_us=before_us)
                elif delivery is not None:
                    delivery = _purge_left_over(tx, account_id, workspace_id, budget, delivery, before_us)
            done = workspace_id
        return Reached({}, is_end=True)

    return walk_kind(EVENTS, step)


def _purge_left_over(
    tx: Tx, account_id: str, workspace_id: str, budget: Budget, after: str, before_us: int
) -> str | None:
    # A redelivery that was committed beside the purge of its event, which only PostgreSQL allows.
    alone, last = store.deliveries_without_event(
        tx, account_id, workspace_id, after=after, before_us=before_us, limit=budget.chunk
    )
    store.delete_deliveries(tx, account_id, workspace_id, [row["id"] for row in alone])
    budget.spend(sum(1 + int(row["attempt_count"]) for row in alone))
    return last


def _attempts_kind(days: int) -> JobKind:
    """Subscription by subscription: attempts of the time since the last run lose the answers they kept."""

    def step(tx: Tx, at: JsonObject, budget: Budget) -> Reached:
        if not days:
            return Reached({}, is_end=True)
        if not at:
            from_us = _attempts_done_until_us(tx)
            at = {"from_us": from_us, "until_us": max(from_us, tx.now_us - days * _DAY_US)}
        until_us = int(at["until_us"])
        done = str(at.get("subscription", ""))
        while (here := store.next_subscription(tx, done)) is not None:
            from_us = int(at["next_us"] if at.get("here") == here["id"] else at["from_us"])
            following: int | None = from_us
            while following is not None:
                if budget.is_spent:
                    return Reached({**at, "subscription": done, "here": here["id"], "next_us": following})
                changed, following = store.blank_attempts(
                    tx, here["account_id"], here["id"], from_us=following, before_us=until_us, limit=budget.chunk
                )
                budget.spend(changed)
            done = here["id"]
        return Reached({"until_us": until_us}, is_end=True)

    return walk_kind(ATTEMPTS, step)


def _attempts_done_until_us(tx: Tx) -> int:
    """How far the last run came. Blanked rows stay where they are, so without this each run would pass all of them."""
    last = queue.listing(tx, SYSTEM_ACCOUNT, PageRequest(limit=1), kinds=[ATTEMPTS], state=State.DONE).items
    return int((last[0].result or {}).get("until_us", 0)) if last else 0


def _by_account_kind(name: str, days: int, prefix: str, purge: Callable[[Tx, str, str, int], int]) -> JobKind:
    """Account by account: rows whose ids are older than the term."""

    def step(tx: Tx, at: JsonObject, budget: Budget) -> Reached:
        before_id = prefix + lowest_at(moment(tx.now_us - days * _DAY_US))
        done = str(at.get("account", ""))
        for account in identity.all_accounts(tx) if days else ():
            if account.id <= done:
                continue
            if not budget.drain(lambda limit, account_id=account.id: purge(tx, account_id, before_id, limit)):  # type: ignore[misc]
                return Reached({"account": done})
            done = account.id
        return Reached({}, is_end=True)

    return walk_kind(name, step)


def _idempotency_step(tx: Tx, _: JsonObject, budget: Budget) -> Reached:
    return Reached({}, is_end=budget.drain(lambda limit: idempotency.sweep(tx, limit)))


def _cursors_kind(event_days: int) -> JobKind:
    """Key by key: cursors older than all events, whose rows are gone, and those beyond the newest 10,000."""

    def step(tx: Tx, at: JsonObject, budget: Budget) -> Reached:
        account_id, credential_id = at.get("account", ""), at.get("credential", "")
        while (here := store.next_holder_of_cursors(tx, account_id, credential_id)) is not None:
            oldest_us = tx.now_us - max(event_days, _CURSOR_DAYS_MIN) * _DAY_US if event_days else 0
            beyond_us = store.newest_cursor_to_drop_us(tx, **here)
            before_us = oldest_us if beyond_us is None else max(oldest_us, beyond_us + 1)
            if not budget.drain(
                lambda limit, here=here, before_us=before_us: store.purge_cursors(  # type: ignore[misc]
                    tx, **here, before_us=before_us, limit=limit
                )
            ):
                return Reached({"account": account_id, "credential": credential_id})
            account_id, credential_id = here["account_id"], here["credential_id"]
        return Reached({}, is_end=True)

    return walk_kind(CURSORS, step)


def _sessions_step(tx: Tx, at: JsonObject, budget: Budget) -> Reached:
    after: str | None = str(at.get("after", ""))
    while after is not None:
        if budget.is_spent:
            return Reached({"after": after})
        deleted, after = store.purge_sessions(tx, after=after, limit=budget.chunk)
        budget.spend(deleted)
    return Reached({}, is_end=True)
