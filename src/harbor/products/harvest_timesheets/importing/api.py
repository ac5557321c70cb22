"""Imports on the wire: operations of ours, which Harvest does not have. Source: docs/products/harvest.md#imports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypedDict

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.importing import report, service
from harbor.products.harvest_timesheets.importing.model import Count, Import
from harbor.products.harvest_timesheets.importing.report import MEASURES, Report
from harbor.products.harvest_timesheets.importing.source import normal_url
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at


class ProgressBody(TypedDict):
    """How many records were read, of how many in all."""

    done: int
    total: int | None


class CountBody(TypedDict):
    """What became of the records of one kind."""

    resource: str
    seen: int
    added: int
    changed: int
    left_out: int


class ImportBody(TypedDict):
    """An import as it is shown; never with the token of its source."""

    id: int
    state: str
    error: str | None
    source_url: str
    source_account_id: str
    updated_since: datetime | None
    progress: ProgressBody
    counts: list[CountBody]
    problems: int
    created_at: datetime
    began_at: datetime | None
    finished_at: datetime | None


class SidesBody(TypedDict):
    """A count, or hours or money, on both sides."""

    source: float
    here: float
    difference: float


class SumBody(SidesBody):
    """A sum of one subject."""

    measure: str
    subject: str
    name: str


class TotalBody(SidesBody):
    """One measure as a whole: of how many subjects, and how many of them differ."""

    measure: str
    subjects: int
    differing: int


class ProblemBody(TypedDict):
    """A record that was left out, is missing here, or is not the same."""

    phase: str
    resource: str
    id: str
    problem: str


class ReportBody(TypedDict):
    """What an import came to. With `is_equal` nothing differs."""

    id: int
    state: str
    is_complete: bool
    is_equal: bool
    counts: list[CountBody]
    totals: list[TotalBody]
    sums: list[SumBody]
    problems: int
    first_problems: list[ProblemBody]


class AddImport(OpenBody, kw_only=True):
    """Where to import from. With `full` everything is read again, else what has changed since the last import of the source."""

    source_url: str
    source_account_id: str
    source_token: str
    full: bool = False


async def may_be_called(value: Any, request: Request, services: Services) -> None:
    """Raise `Invalid` for a source that may not be called from here, which only administrators learn."""
    principal = request.principal
    assert principal is not None, request.route_name
    await services.database.read(lambda tx: service.to_import(services.call(tx, principal)))
    url = value.get("source_url") if isinstance(value, dict) else None
    if isinstance(url, str) and url.strip():
        await check_source(url, services)


async def check_source(url: str, services: Services) -> None:
    """Raise `Invalid` for an address that may not be called from here."""
    try:
        services.outbound.check_url(normal_url(url), field="source_url")
        await services.outbound.check_resolves(normal_url(url), field="source_url")
    except Invalid as refusal:
        raise Invalid(refusal.message.replace("source_url", "Source url", 1), field="source_url") from None


def index(call: Call, page: PageRequest) -> Listed[Import]:
    """Imports, newest first."""
    return service.listed(call, page)


def create(call: Call, body: AddImport) -> Created[Import]:
    """Begin an import."""
    return Created(
        service.start(
            call,
            source_url=body.source_url,
            source_account=body.source_account_id,
            token=body.source_token,
            is_full=body.full,
        )
    )


def retrieve(place: Place) -> Import:
    """One import."""
    found: Import = place.thing
    return found


def cancel(call: Call, place: Place) -> Import:
    """End an import that goes on; what it has copied stays."""
    return service.cancel(call, place.thing)


def retrieve_report(call: Call, place: Place) -> Report:
    """What an import came to."""
    return report.of(call, place.thing)


def show(each: Import, call: Call) -> ImportBody:
    """The fields of an import."""
    job = service.job_of(call, each)
    progress = None if job is None else job.progress
    return {
        "id": each.id,
        "state": each.state.value,
        "error": each.error or (job.error if each.is_open and job is not None else None),
        "source_url": each.source_url,
        "source_account_id": each.source_account,
        "updated_since": wire.whole_or_none(each.since),
        "progress": {
            "done": 0 if progress is None else progress.done,
            "total": None if progress is None else progress.total,
        },
        "counts": _counts(service.counts(call, each)),
        "problems": each.problems,
        "created_at": wire.whole(each.created_at),
        "began_at": wire.whole_or_none(each.began_at),
        "finished_at": wire.whole_or_none(each.finished_at),
    }


def show_report(found: Report) -> ReportBody:
    """The fields of a report."""
    each = found.each
    return {
        "id": each.id,
        "state": each.state.value,
        "is_complete": each.state.value == "done",
        "is_equal": each.state.value == "done" and found.is_equal,
        "counts": _counts(found.counts),
        "totals": [
            {
                "measure": total.sum.measure,
                **_both(total.sum.measure, total.sum.there, total.sum.here),
                "subjects": total.subjects,
                "differing": total.differing,
            }
            for total in found.totals
        ],
        "sums": [
            {
                "measure": each_.measure,
                "subject": each_.subject,
                "name": found.names[each_.measure, each_.subject],
                **_both(each_.measure, each_.there, each_.here),
            }
            for each_ in found.sums
        ],
        "problems": each.problems,
        "first_problems": [
            {"phase": each_.phase, "resource": each_.resource, "id": each_.thing, "problem": each_.what}
            for each_ in found.problems
        ],
    }


def _both(measure: str, there: int, here: int) -> SidesBody:
    places = 2 if MEASURES[measure][1] else 0
    return {
        "source": wire.exact(there, places),
        "here": wire.exact(here, places),
        "difference": wire.exact(here - there, places),
    }


def _counts(counts: Sequence[Count]) -> list[CountBody]:
    return [
        {
            "resource": count.resource,
            "seen": count.seen,
            "added": count.added,
            "changed": count.changed,
            "left_out": count.left_out,
        }
        for count in counts
    ]


_ALL, _ONE, _TAGS = "/v2/imports", "/v2/imports/{import_id}", ("Imports",)
_route = partial(Route, show=show, tags=_TAGS)
_OF_ALL, _OF_ONE = at(service.to_import), at(service.find, "import_id")
ROUTES = (
    _route("imports.list", "GET", _ALL, index, key="imports", paged=True, locate=_OF_ALL, summary="List imports"),
    _route(
        "imports.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=_OF_ALL,
        writes=True,
        prepare=may_be_called,
        summary="Import an account of Harvest from elsewhere",
    ),
    _route("imports.retrieve", "GET", _ONE, retrieve, locate=_OF_ONE, summary="Retrieve an import"),
    _route(
        "imports.cancel", "PATCH", f"{_ONE}/cancel", cancel, locate=_OF_ONE, writes=True, summary="Cancel an import"
    ),
    Route(
        "imports.report",
        "GET",
        f"{_ONE}/report",
        retrieve_report,
        show=show_report,
        locate=_OF_ONE,
        summary="Compare what an import has brought with its source",
        tags=_TAGS,
    ),
)
