"""Workspaces of the environment: the list for administrators, and a new one."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.workspaces.model import Status, Workspace
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.pages import lists, places
from harbor.products.harbor_events.workspaces import service

NOTICES = {"workspace_created": "The workspace is there. Make a key for it next."}
PATH = "/{environment}/harbor/workspaces"


class Filters(lists.Listed, kw_only=True):
    """Which workspaces to show."""

    status: str = ""


class Create(Form):
    """The form of a new workspace."""

    name: str = ""


def index(call: Call, query: Filters, page: PageRequest) -> Html:
    """The workspaces of this environment, newest first."""
    # A word that is no status shows all of them, as if none was chosen.
    status = Status(query.status) if query.status in set(Status) else None
    filters = {"status": status.value if status else ""}
    found: Page[Workspace] = service.listed(call, page, environment=None, status=status, span=lists.Listed().span)
    return Html(
        "workspaces.html",
        "Workspaces",
        {
            "listed": found.items,
            "filters": filters,
            "statuses": [each.value for each in Status],
            "pager": lists.pager(filters, page, found),
        },
    )


def new() -> Html:
    """The form of a new workspace."""
    return Html("workspace_new.html", "New workspace", trail=[("Workspaces", PATH)])


def create(call: Call, environment: str, body: Create) -> Answer:
    """A new workspace of this environment."""
    made = service.create(call, name=body.name, environment=None)
    return go(places.path_of(environment, made, "settings"), done="workspace_created")


_SCOPE = scopes.WORKSPACES_MANAGE
ROUTES = (
    Route("harbor.workspaces", "GET", PATH, index, scope=_SCOPE, paged=True),
    Route("harbor.workspaces.new", "GET", f"{PATH}/new", new, scope=_SCOPE),
    Route("harbor.workspaces.create", "POST", PATH, create, scope=_SCOPE, writes=True),
)
