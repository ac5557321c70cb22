"""Time entries on the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType, field

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.sentences import problem
from harbor.products.harvest_timesheets.time_entries import reading, service, timers
from harbor.products.harvest_timesheets.time_entries.model import Approval, ExternalReference, Filter, TimeEntrySeen
from harbor.products.harvest_timesheets.time_entries.showing import as_written, show


class ListTimeEntries(Query, kw_only=True):
    """Which entries to list. `from` and `to` are days, both inclusive."""

    user_id: int | None = None
    client_id: int | None = None
    project_id: int | None = None
    task_id: int | None = None
    external_reference_id: str | None = None
    is_billed: bool | None = None
    is_running: bool | None = None
    approval_status: str | None = None
    updated_since: str | None = None
    from_: str | None = field(default=None, name="from")
    to: str | None = None


class Reference(OpenBody, kw_only=True):
    """What the entry stands for in another service."""

    id: str | None = None
    group_id: str | None = None
    account_id: str | None = None
    permalink: str | None = None


class ChangeTimeEntry(OpenBody, kw_only=True):
    """What may change of an entry."""

    project_id: int | UnsetType = UNSET
    task_id: int | UnsetType = UNSET
    spent_date: date | UnsetType = UNSET
    started_time: str | UnsetType = UNSET
    ended_time: str | UnsetType = UNSET
    hours: Decimal | UnsetType = UNSET
    notes: str | UnsetType | None = UNSET
    external_reference: Reference | UnsetType | None = UNSET


class AddTimeEntry(OpenBody, kw_only=True):
    """Time to track. Without `hours` and `ended_time` a timer starts."""

    project_id: int
    task_id: int
    spent_date: date
    user_id: int | None = None
    hours: Decimal | None = None
    started_time: str | None = None
    ended_time: str | None = None
    notes: str | None = None
    external_reference: Reference | None = None


def index(call: Call, query: ListTimeEntries, page: PageRequest) -> Listed[msgspec.Raw]:
    """Entries, the latest first."""
    filter_ = Filter(
        user_id=query.user_id,
        client_id=query.client_id,
        project_id=query.project_id,
        task_id=query.task_id,
        external_reference_id=query.external_reference_id,
        is_billed=query.is_billed,
        is_running=query.is_running,
        approval_status=None if query.approval_status is None else approval_of(query.approval_status),
        updated_since=wire.since(query.updated_since),
        from_on=None if query.from_ is None else wire.read_date(query.from_, field="from"),
        to_on=None if query.to is None else wire.read_date(query.to, field="to"),
    )
    return reading.listed(call, page, filter_)


def retrieve(call: Call, place: Place) -> TimeEntrySeen:
    """One entry."""
    return reading.seen_one(call, place.thing)


def create(call: Call, body: AddTimeEntry) -> Created[TimeEntrySeen]:
    """Track time, or start a timer."""
    new = service.NewEntry(
        project_id=body.project_id,
        task_id=body.task_id,
        spent_on=body.spent_date,
        user_id=body.user_id,
        hours_e2=None if body.hours is None else wire.hundredths(body.hours, field="hours"),
        started_time=_time(body.started_time, "started_time"),
        ended_time=_time(body.ended_time, "ended_time"),
        notes=body.notes,
        reference=None if body.external_reference is None else _reference(body.external_reference),
    )
    return Created(service.add(call, new))


def change(call: Call, body: ChangeTimeEntry, place: Place) -> TimeEntrySeen:
    """Change an entry."""
    facts = wire.given(body)
    changes: dict[str, Any] = {name: facts[name] for name in ("project_id", "task_id", "notes") if name in facts}
    if "spent_date" in facts:
        changes["spent_on"] = facts["spent_date"]
    if "hours" in facts:
        changes["hours_e2"] = wire.hundredths(facts["hours"], field="hours")
    for name in ("started_time", "ended_time"):
        if facts.get(name, "").strip():
            changes[name] = _time(facts[name], name)
    if "external_reference" in facts:
        reference = facts["external_reference"]
        changes["reference"] = None if reference is None else _reference(reference)
    return service.change(call, place.thing, changes)


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove an entry."""
    service.delete(call, place.thing)
    return {}


def delete_reference(call: Call, place: Place) -> dict[str, object]:
    """Remove what the entry stands for elsewhere."""
    service.change(call, place.thing, {"reference": None})
    return {}


def stop(call: Call, place: Place) -> TimeEntrySeen:
    """Stop the timer."""
    service.refuse_locked(call, place.thing)
    return reading.seen_one(call, timers.stop(call, place.thing))


def restart(call: Call, place: Place) -> TimeEntrySeen:
    """Start a timer again."""
    return service.restart(call, place.thing)


def approval_of(text: str) -> Approval:
    """The state of approval that a filter names. Raises `Invalid`."""
    try:
        return Approval(text)
    except ValueError:
        raise problem("approval_status", f"must be one of {', '.join(Approval)}") from None


def _time(text: str | None, name: str) -> str | None:
    return wire.read_time(text, field=name) if text is not None and text.strip() else None


def _reference(body: Reference) -> ExternalReference | None:
    reference = ExternalReference(
        id=body.id, group_id=body.group_id, account_id=body.account_id, permalink=body.permalink
    )
    return (
        None if reference == replace(reference, id=None, group_id=None, account_id=None, permalink=None) else reference
    )


_ALL, _ONE, _TAGS = "/v2/time_entries", "/v2/time_entries/{time_entry_id}", ("Time entries",)
_SHOWN: dict[str, Any] = {"show": show, "tags": _TAGS}
_TO_READ, _TO_CHANGE = at(reading.to_read, "time_entry_id"), at(service.to_change, "time_entry_id")
ROUTES = (
    Route(
        "time_entries.list",
        "GET",
        _ALL,
        index,
        show=as_written,
        key="time_entries",
        paged=True,
        summary="List time entries",
        tags=_TAGS,
    ),
    Route("time_entries.retrieve", "GET", _ONE, retrieve, locate=_TO_READ, summary="Retrieve a time entry", **_SHOWN),
    Route(
        "time_entries.create", "POST", _ALL, create, status=201, writes=True, summary="Create a time entry", **_SHOWN
    ),
    Route(
        "time_entries.update",
        "PATCH",
        _ONE,
        change,
        locate=_TO_CHANGE,
        writes=True,
        summary="Update a time entry",
        **_SHOWN,
    ),
    Route(
        "time_entries.delete",
        "DELETE",
        _ONE,
        delete,
        locate=_TO_CHANGE,
        writes=True,
        summary="Delete a time entry",
        tags=_TAGS,
    ),
    Route(
        "time_entries.delete_external_reference",
        "DELETE",
        f"{_ONE}/external_reference",
        delete_reference,
        locate=_TO_CHANGE,
        writes=True,
        summary="Delete the external reference of a time entry",
        tags=_TAGS,
    ),
    Route(
        "time_entries.stop",
        "PATCH",
        f"{_ONE}/stop",
        stop,
        locate=_TO_CHANGE,
        writes=True,
        summary="Stop a running time entry",
        **_SHOWN,
    ),
    Route(
        "time_entries.restart",
        "PATCH",
        f"{_ONE}/restart",
        restart,
        locate=_TO_CHANGE,
        writes=True,
        summary="Restart a stopped time entry",
        **_SHOWN,
    ),
)
