"""Request logs: what the keys asked of the API, and how it was answered."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.clock import moment
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Html
from harbor.kernel.http.routes import Place, Route
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.requestlog.store import Entry
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.pages import lists, places
from harbor.products.harbor_events.refusals import not_found
from harbor.products.harbor_events.request_logs import service

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_EVERYWHERE = "all"


class Filters(lists.Listed, kw_only=True):
    """Which requests to show. `reach` is `all` for those of every workspace of the environment, and of none."""

    status: str = ""
    method: str = ""
    key_id: str = ""
    reach: str = ""


def index(call: Call, query: Filters, page: PageRequest, place: Place) -> Html:
    """Requests, newest first. A filter that cannot be is shown with what is wrong."""
    filters = msgspec.structs.asdict(query)
    try:
        found: Page[Entry] = service.listed(
            call,
            page,
            workspace_id=None if query.reach == _EVERYWHERE else places.at(place).id,
            status=_status(query.status),
            method=query.method.strip().upper() or None,
            credential_id=query.key_id.strip() or None,
            span=query.span,
        )
    except Invalid as error:
        return _list(filters, Page(()), lists.Pager(), error)
    return _list(filters, found, lists.pager(filters, page, found))


def show(call: Call, place: Place, request_id: str) -> Html:
    """One request, with what is kept of its bodies."""
    entry = service.find(call, request_id)
    if entry.workspace_id not in (None, places.at(place).id):
        raise not_found("request", request_id)
    return Html(
        "request_log.html",
        f"{entry.method} {entry.path}",
        {"entry": entry, "at": moment(entry.created_at)},
        trail=[("Request logs", f"{places.PATH}/logs")],
    )


def _status(text: str) -> int | None:
    if not text.strip():
        return None
    if not (text.strip().isascii() and text.strip().isdigit() and 100 <= int(text) <= 599):
        raise Invalid("status must be a number from 100 to 599.", field="status")
    return int(text)


def _list(filters: Mapping[str, str], found: Page[Entry], pager: lists.Pager, error: Invalid | None = None) -> Html:
    return Html(
        "request_logs.html",
        "Request logs",
        {
            "entries": [(entry, moment(entry.created_at)) for entry in found.items],
            "filters": filters,
            "is_filtered": any(value for name, value in filters.items() if name != "order"),
            "methods": METHODS,
            "pager": pager,
            "error": error,
        },
    )


_ALL = f"{places.PATH}/logs"
ROUTES = (
    Route("harbor.logs", "GET", _ALL, index, locate=places.of_workspace, scope=scopes.LOGS_READ, paged=True),
    Route("harbor.log", "GET", f"{_ALL}/{{request_id}}", show, locate=places.of_workspace, scope=scopes.LOGS_READ),
)
