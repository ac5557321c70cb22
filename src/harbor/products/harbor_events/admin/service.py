"""What an administrator can see of the organization: its name, its acts, its queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harbor.kernel.audit import store as audit
from harbor.kernel.call import Call
from harbor.kernel.clock import moment
from harbor.kernel.identity import store as identity
from harbor.kernel.pages import Page, PageRequest, Span
from harbor.kernel.webhooks.queue import store as queue
from harbor.products.harbor_events.refusals import no_cursor
from harbor.products.harbor_events.workspaces import service as workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How many deliveries wait, and for how long the oldest due one has."""

    depth: int
    due: int
    retrying: int
    in_flight: int
    paused: int
    lag_ms: int
    oldest_due_at: datetime | None


def organization(call: Call) -> identity.Organization:
    """The caller's organization."""
    found = identity.organization(call.tx, call.principal.organization_id)
    assert found is not None, call.principal.organization_id
    return found


def audit_log(
    call: Call,
    page: PageRequest,
    *,
    action: str | None,
    actor: str | None,
    subject: str | None,
    span: Span,
) -> Page[audit.Entry]:
    """Acts in the accounts the key reaches, newest first."""
    if page.after is not None and not audit.has(call.tx, workspaces.accounts(call), page.after):
        raise no_cursor("act")
    return audit.by_id(
        call.tx,
        workspaces.accounts(call),
        page,
        action=action,
        actor=actor,
        subject=subject,
        span=span,
    )


def queue_state(call: Call) -> Queue:
    """The queue of deliveries in the accounts the key reaches."""
    row = queue.depth(call.tx, workspaces.accounts(call), call.tx.now_us)
    oldest = row["oldest_due_at"]
    return Queue(
        depth=row["due"] + row["retrying"] + row["leased"] + row["parked"],
        due=row["due"],
        retrying=row["retrying"],
        in_flight=row["leased"],
        paused=row["parked"],
        lag_ms=0 if oldest is None else max(0, (call.tx.now_us - oldest) // 1000),
        oldest_due_at=None if oldest is None else moment(oldest),
    )
