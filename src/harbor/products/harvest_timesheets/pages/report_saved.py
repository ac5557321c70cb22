"""Saved reports: opened by one click, one's own and those that others share."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.pages import report_parts
from harbor.products.harvest_timesheets.pages.acting import get, post
from harbor.products.harvest_timesheets.pages.report_parts import PATHS, SAVED
from harbor.products.harvest_timesheets.pages.reports import TRAIL
from harbor.products.harvest_timesheets.reports.question import Kind
from harbor.products.harvest_timesheets.saved_reports import service
from harbor.products.harvest_timesheets.saved_reports.model import SavedReport
from harbor.products.harvest_timesheets.users import service as users
from harbor.products.harvest_timesheets.wire import read_id

NOTICES: Final = {
    "report_saved": "The report is saved.",
    "report_shared": "Others see this report now, each with what they may see.",
    "report_own": "Only you see this report now.",
    "report_removed": "The report is removed.",
}
_WORDS_MAX: Final = 30


class Save(Form, kw_only=True):
    """A report to keep. `words` is its query; with `moves` its span is the present one whenever it is opened."""

    kind: str = ""
    words: str = ""
    name: str = ""
    is_shared: bool = False
    moves: bool = False


class Chosen(Form, kw_only=True):
    """A saved report, and whether others are to see it."""

    saved: str = ""
    is_shared: bool = False


def index(call: Call) -> Html:
    """The saved reports."""
    own, shared = service.listed(call)
    names = users.named(call, {each.user_id for each in shared})
    context = {
        "tabs": report_parts.tabs(call, None),
        "own": [_shown(each) for each in own],
        "shared": [
            {**_shown(each), "by": names[each.user_id].name if each.user_id in names else ""}
            for each in shared
            if report_parts.may_see(call, each.kind)
        ],
        "may_remove": access.me(call).is_administrator,
    }
    return Html("report_saved.html", "Saved reports", context, TRAIL)


def save(call: Call, environment: str, body: Save) -> Answer:
    """Keep a report."""
    kind = next((each for each in Kind if each.value == body.kind), None)
    if kind is None:
        raise Invalid("There is no such report.", field="kind")
    try:
        words = dict(parse_qsl(body.words, max_num_fields=_WORDS_MAX))
    except ValueError:
        raise Invalid("The report has too many words.", field="words") from None
    if body.moves and words.get("span") != "custom":
        words = {name: text for name, text in words.items() if name not in ("from", "to")}
    service.save(call, name=body.name, kind=kind, words=words, is_shared=body.is_shared)
    return go(SAVED.format(environment=environment), done="report_saved")


def share(call: Call, environment: str, body: Chosen) -> Answer:
    """Show a report to others, or no longer."""
    service.share(call, read_id(body.saved), is_shared=body.is_shared)
    return go(SAVED.format(environment=environment), done="report_shared" if body.is_shared else "report_own")


def remove(call: Call, environment: str, body: Chosen) -> Answer:
    """Remove a report."""
    service.delete(call, read_id(body.saved))
    return go(SAVED.format(environment=environment), done="report_removed")


def _shown(saved: SavedReport) -> dict[str, Any]:
    return {
        "id": saved.id,
        "name": saved.name,
        "label": saved.kind.label,
        "path": PATHS[saved.kind],
        "words": dict(saved.words),
        "is_shared": saved.is_shared,
    }


ROUTES: tuple[Route, ...] = (
    get("harvest.reports.saved", SAVED, index),
    post("harvest.reports.save", SAVED, save),
    post("harvest.reports.share", f"{SAVED}/share", share),
    post("harvest.reports.remove", f"{SAVED}/remove", remove),
)
