"""Settling: what one request could not park, wake or cancel at once, a sweep does in steps, every minute.

A request moves at most 2,000 deliveries, and one that is under way moves when its attempt is over. So the sweep
compares what is outstanding with what workspace and subscription are now, and acts where they disagree. Source:
docs/products/harbor.md#workspaces, #webhooks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.jobs.model import JobKind, JsonObject
from harbor.kernel.retention.steps import Budget, Reached, walk_kind
from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.model import Ordering, ParkedBy, Standing
from harbor.kernel.webhooks.parking import lanes_store
from harbor.kernel.webhooks.parking import store as parking
from harbor.kernel.webhooks.parking.lanes_store import Heap, Lane
from harbor.kernel.webhooks.view import Meanwhile
from harbor.kernel.workspaces.model import Status

SETTLE: Final = "harbor.deliveries.settle"

# Parked ones wake first: what wakes into a state that parks it again for another cause is then parked in the same run.
_HEAPS: Final = (Heap.PARKED, Heap.OPEN, Heap.ORDERED)
_LANES_LOOKED_AT = 200
_HEADS_LOOKED_AT = 20
# The first of a lane that works is not due for long. Below this nothing is looked for.
_STALE_US = 60 * 1_000_000
# How long after a change of a subscription all it has open is looked through for rows without their place in the order.
_CHANGED_US = 3600 * 1_000_000


def settle_kind(call_of: Callable[[Tx, str], Call]) -> JobKind:
    """The kind of job that settles. `call_of` makes a call of the system in an account."""

    def step(tx: Tx, at: JsonObject, budget: Budget) -> Reached:
        heap, after, place = Heap(at.get("heap", _HEAPS[0])), str(at.get("after", "")), at.get("place")
        while True:
            lanes, following = lanes_store.lanes(tx, heap, after=after, limit=_LANES_LOOKED_AT)
            for lane in lanes:
                began = place if place is not None and place["lane"] == lane.subscription_id else None
                place = _settle(tx, heap, lane, budget, began, call_of)
                budget.spend(0)
                if place is not None or budget.is_spent:
                    done = after if place is not None else lane.subscription_id
                    return Reached({"heap": heap.value, "after": done, "place": place})
                after = lane.subscription_id
            if following is not None:
                after = following
            elif heap is not _HEAPS[-1]:
                heap, after = _HEAPS[_HEAPS.index(heap) + 1], ""
            else:
                return Reached({}, is_end=True)

    return walk_kind(SETTLE, step)


def _settle(
    tx: Tx, heap: Heap, lane: Lane, budget: Budget, began: JsonObject | None, call_of: Callable[[Tx, str], Call]
) -> JsonObject | None:
    """Settle the rows of one subscription in one heap; None when it is done, else the place to go on from."""
    is_over = lane.is_deleted or lane.workspace is Status.ARCHIVED
    if heap is Heap.ORDERED:
        is_done = lane.ordering is Ordering.STRICT or budget.drain(
            lambda limit: parking.set_strict(tx, lane.account_id, lane.subscription_id, is_strict=False, limit=limit)
        )
    elif is_over:
        is_done = budget.drain(
            lambda limit: parking.cancel_subscription(tx, lane.account_id, lane.subscription_id, limit)
        )
    elif heap is Heap.PARKED:
        is_done = _wake(tx, lane, budget)
    elif lane.standing is Standing.DISABLED:
        is_done = _park(tx, lane, budget, _cause(call_of(tx, lane.account_id), lane))
    elif lane.workspace is Status.SUSPENDED:
        is_done = _park(tx, lane, budget, ParkedBy.WORKSPACE)
    else:
        return _unblock(tx, lane, budget, began)
    return None if is_done else {"lane": lane.subscription_id}


def _wake(tx: Tx, lane: Lane, budget: Budget) -> bool:
    causes = [ParkedBy.WORKSPACE] if lane.workspace is Status.ACTIVE else []
    if lane.standing is Standing.ACTIVE:
        causes += [ParkedBy.SUBSCRIPTION, ParkedBy.HOLD]
    return not causes or budget.drain(
        lambda limit: parking.release_subscription(tx, lane.account_id, lane.subscription_id, limit, by=causes)
    )


def _park(tx: Tx, lane: Lane, budget: Budget, by: ParkedBy) -> bool:
    return budget.drain(
        lambda limit: parking.park_subscription(tx, lane.account_id, lane.subscription_id, limit, by=by)
    )


def _cause(call: Call, lane: Lane) -> ParkedBy:
    view = call.views.by_name.get(lane.view)
    return ParkedBy.HOLD if view is not None and view.meanwhile is Meanwhile.HOLD else ParkedBy.SUBSCRIPTION


def _unblock(tx: Tx, lane: Lane, budget: Budget, began: JsonObject | None) -> JsonObject | None:
    """Find what no claim can take, though workspace and subscription let it go."""
    is_stale = lane.due_at_us is not None and lane.due_at_us < tx.now_us - _STALE_US
    heads = lanes_store.heads(tx, lane.account_id, lane.subscription_id, limit=_HEADS_LOOKED_AT) if is_stale else []
    for head in heads:
        if not head["has_event"]:  # a redelivery that was committed beside the purge of its event
            budget.spend(parking.cancel_event(tx, lane.account_id, head["event_id"]))
    if lane.ordering is not Ordering.STRICT:
        return None
    is_wrong = any(head["strict_open"] is None for head in heads) or lane.updated_at_us > tx.now_us - _CHANGED_US
    if began is None and not is_wrong:
        return None
    place: tuple[int, str] | None = (0, "") if began is None else (began.get("due_us", 0), began.get("id", ""))
    while place is not None:
        if budget.is_spent:
            return {"lane": lane.subscription_id, "due_us": place[0], "id": place[1]}
        changed, place = lanes_store.put_in_order(
            tx, lane.account_id, lane.subscription_id, after_us=place[0], after_id=place[1], limit=budget.chunk
        )
        budget.spend(changed)
        if changed:
            tx.notify("deliveries")
    return None
