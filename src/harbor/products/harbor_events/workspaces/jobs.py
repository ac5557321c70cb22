"""The job that purges deleted workspaces once their days of grace are over, in steps, resumable after a crash.

Nothing but the row itself says that a workspace is still to be purged: the row goes last, in the transaction that found
nothing else left. Source: docs/products/harbor.md#admin-api.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.identity import store as identity
from harbor.kernel.ids import lowest_at
from harbor.kernel.jobs.model import JobKind, JsonObject
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.retention.events import purge_some
from harbor.kernel.retention.steps import Budget, Reached, walk_kind
from harbor.kernel.storage.database import Tx
from harbor.kernel.workspaces import store as workspaces
from harbor.kernel.workspaces.model import Workspace
from harbor.products.harbor_events.workspaces import purge_store as store

PURGE: Final = "harbor.workspaces.purge"
PURGE_SCHEDULE: Final = Schedule(name=PURGE, every_s=3600, kind=PURGE)
_WORKSPACES_LOOKED_AT = 1_000
# Rows of the logs are looked at rather than changed, so more of them fit a step.
_LOG_ROWS = 500


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a purge is. `after` is the last workspace that is done with, `here` the one it is at."""

    after: str = ""
    here: str | None = None
    audit: str | None = None
    requests: str | None = None


def purge_kind(call_of: Callable[[Tx, str], Call]) -> JobKind:
    """The kind of job that purges workspaces. `call_of` makes a call of the system in an account."""

    def step(tx: Tx, at: JsonObject, budget: Budget) -> Reached:
        place = _Place(**at)
        while (workspace := _next(tx, place.after)) is not None:
            if store.is_under_way(tx, workspace.account_id, workspace.id):
                place = _Place(after=workspace.id)  # the next run finds it again
                continue
            if place.here != workspace.id:
                place = _begin(tx, workspace, place)
            reached = _purge(tx, workspace, place, budget)
            if reached is not None:
                return Reached(_data(reached))
            _tell(call_of(tx, workspace.account_id), workspace)
            place = _Place(after=workspace.id)
        return Reached({}, is_end=True)

    return walk_kind(PURGE, step)


def _next(tx: Tx, after: str) -> Workspace | None:
    # Read in each step: one that was activated meanwhile is no longer among them.
    due = workspaces.due_for_purge(tx, _WORKSPACES_LOOKED_AT)
    return next((workspace for workspace in due if workspace.id > after), None)


def _begin(tx: Tx, workspace: Workspace, place: _Place) -> _Place:
    identity.revoke_all_of_workspace(tx, workspace.account_id, workspace.id)
    first = lowest_at(workspace.created_at)
    return _Place(after=place.after, here=workspace.id, audit="aud_" + first, requests="req_" + first)


def _purge(tx: Tx, workspace: Workspace, place: _Place, budget: Budget) -> _Place | None:
    """Purge a part of a workspace: where that came to, or None once its row is gone too."""
    account_id, workspace_id = workspace.account_id, workspace.id
    audit, requests = place.audit, place.requests
    while audit is not None or requests is not None:
        if budget.is_spent:
            return _Place(place.after, workspace_id, audit, requests)
        if audit is not None:
            changed, audit = store.blank_audit(tx, account_id, workspace_id, after=audit, limit=_LOG_ROWS)
        else:
            assert requests is not None
            changed, requests = store.delete_requests(tx, account_id, workspace_id, after=requests, limit=_LOG_ROWS)
        budget.spend(changed)
    if not _is_empty(tx, account_id, workspace_id, budget):
        return _Place(place.after, workspace_id)
    workspaces.delete(tx, account_id, workspace_id)
    return None


def _is_empty(tx: Tx, account_id: str, workspace_id: str, budget: Budget) -> bool:
    """Delete what the budget allows; True if nothing is left. What is empty already costs one look each."""
    event: str | None = ""
    while event is not None:
        if budget.is_spent:
            return False
        event = purge_some(tx, account_id, workspace_id, budget, after=event, before_us=None)
    return (
        all(
            budget.drain(lambda limit, table=table: store.delete_rows(tx, table, account_id, workspace_id, limit))  # type: ignore[misc]
            for table in store.TABLES
        )
        and budget.drain(lambda limit: store.delete_attempts(tx, account_id, workspace_id, limit))
        and budget.drain(lambda limit: store.delete_subscriptions(tx, account_id, workspace_id, limit))
    )


def _tell(call: Call, workspace: Workspace) -> None:
    call.subscriptions_changed()
    call.emit("harbor.workspace.purged", subject=workspace.id, data={"workspace_id": workspace.id})


def _data(place: _Place) -> JsonObject:
    return {"after": place.after, "here": place.here, "audit": place.audit, "requests": place.requests}
