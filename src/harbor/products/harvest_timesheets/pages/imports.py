"""Imports: an account of Harvest elsewhere is brought here; how far that is, and whether both sides are the same then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.importing import report, service
from harbor.products.harvest_timesheets.importing.api import check_source
from harbor.products.harvest_timesheets.importing.model import Import, State, Sum
from harbor.products.harvest_timesheets.importing.report import MEASURES, Report
from harbor.products.harvest_timesheets.pages.acting import PATH, get, look_first, post

IMPORTS: Final = f"{PATH}/imports"
CSV: Final = f"{PATH}/csv-imports"
EXPORT: Final = f"{PATH}/export"
_ONE: Final = f"{IMPORTS}/{{import_number}}"
TRAIL = (("Import", IMPORTS),)
NOTICES = {
    "import_started": "The import has started. It goes on if you leave this page.",
    "import_canceled": "The import has ended. What it had copied stays.",
}
SOURCE: Final = "https://api.harvestapp.com"
_LISTED: Final = 20
_SUMS_SHOWN: Final = 100
_PROBLEMS_SHOWN: Final = 100
KINDS: Final[Mapping[State, str]] = {
    State.WAITING: "wait",
    State.RUNNING: "wait",
    State.DONE: "ok",
    State.FAILED: "bad",
    State.CANCELED: "idle",
}


class Source(Form, kw_only=True):
    """Where to import from, as it is typed."""

    source_url: str = ""
    source_account_id: str = ""
    source_token: str = ""
    full: bool = False


def index(call: Call) -> Html:
    """The form, and what was imported before."""
    found = service.listed(call, PageRequest(limit=_LISTED))
    latest = found.items[0] if found.items else None
    context = {
        **tabs("imports"),
        "imports": [(each, KINDS[each.state]) for each in found.items],
        "going_on": next((each for each in found.items if each.is_open), None),
        "url": SOURCE if latest is None else latest.source_url,
        "number": "" if latest is None else latest.source_account,
        "was_here": latest is not None,
    }
    return Html("imports.html", "Import", context)


async def may_be_called(value: Any, request: Request, services: Services) -> None:
    """Raise `Invalid` for a source that may not be called from here."""
    await look_first(request, services, service.to_import)
    url = value.get("source_url") if value is not None else None
    if url and url.strip():
        await check_source(url, services)


def start(call: Call, environment: str, body: Source) -> Answer:
    """Begin an import."""
    each = service.start(
        call,
        source_url=body.source_url,
        source_account=body.source_account_id,
        token=body.source_token,
        is_full=body.full,
    )
    return go(f"{IMPORTS}/{each.id}".format(environment=environment), done="import_started")


def show(call: Call, import_number: str) -> Html:
    """One import: how far it is, or what it came to."""
    each = service.find(call, wire.read_id(import_number))
    found, job = report.of(call, each), service.job_of(call, each)
    progress = None if job is None else job.progress
    differing = [_line(found, one) for one in found.sums if one.there != one.here]
    context = {
        "each": each,
        "kind": KINDS[each.state],
        "done": 0 if progress is None else progress.done,
        "total": None if progress is None else progress.total,
        "trouble": job.error if each.is_open and job is not None else None,
        "counts": [(count, count.resource.replace("_", " ").capitalize()) for count in found.counts],
        "totals": [(total, _line(found, total.sum)) for total in found.totals],
        "differing": differing[:_SUMS_SHOWN],
        "problems": found.problems[:_PROBLEMS_SHOWN],
        "is_equal": each.state is State.DONE and found.is_equal,
        "is_done": each.state is State.DONE,
    }
    return Html("import.html", f"Import {each.id}", context, TRAIL)


def cancel(call: Call, environment: str, import_number: str) -> Answer:
    """End an import that goes on."""
    each: Import = service.cancel(call, service.find(call, wire.read_id(import_number)))
    return go(f"{IMPORTS}/{each.id}".format(environment=environment), done="import_canceled")


def tabs(here: str) -> dict[str, Any]:
    """The pages that belong together: the ways in, and the way out."""
    pages = (("imports", "From Harvest", IMPORTS), ("csv", "CSV", CSV), ("export", "Export", EXPORT))
    return {"tabs": [(label, path, name == here) for name, label, path in pages]}


def _line(found: Report, one: Sum) -> dict[str, Any]:
    words, is_scaled = MEASURES[one.measure]
    places = 2 if is_scaled else 0
    shown = {name: f"{value / 10**places:,.{places}f}" for name, value in (("there", one.there), ("here", one.here))}
    return {"measure": words, "subject": found.names.get((one.measure, one.subject), ""), **shown}


ROUTES: tuple[Route, ...] = (
    get("harvest.imports", IMPORTS, index),
    post("harvest.import.start", IMPORTS, start, prepare=may_be_called),
    get("harvest.import", _ONE, show),
    post("harvest.import.cancel", f"{_ONE}/cancel", cancel),
)
