"""Approval on the wire: four operations that a published client uses, and that the vendor's pages do not describe."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.routes import Route
from harbor.products.harvest_timesheets.time_entries import approval


class TimeEntryIds(OpenBody, kw_only=True):
    """Which entries."""

    time_entry_ids: list[int]


def _route(name: str, path: str, act: Callable[[Call, Sequence[int]], None], summary: str) -> Route:
    def handler(call: Call, body: TimeEntryIds) -> dict[str, object]:
        """All of the entries, or none of them."""
        act(call, body.time_entry_ids)
        return {}

    return Route(name, "POST", f"/v2/time_entries/{path}", handler, writes=True, summary=summary, tags=("Approval",))


ROUTES = (
    _route("time_entries.submit", "submit_for_approval", approval.submit, "Submit time for approval"),
    _route("time_entries.unsubmit", "unsubmit", approval.unsubmit, "Take time back, or withdraw its approval"),
    _route("time_entries.approve", "approve", approval.approve, "Approve time"),
    _route("time_entries.reject", "reject", approval.reject, "Reject time"),
)
