"""Clients: the list, a new one, changes and the archive."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.clients import service
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.pages import lists
from harbor.products.harvest_timesheets.pages.acting import PATH, get, post
from harbor.products.harvest_timesheets.wire import read_id

CLIENTS = f"{PATH}/clients"
_ONE = f"{CLIENTS}/{{client_id}}"
TRAIL = (("Clients", CLIENTS),)
NOTICES = {
    "client_added": "The client is there.",
    "client_saved": "The client is saved.",
    "client_archived": "The client is in the archive.",
    "client_restored": "The client is back.",
}


class Facts(Form, kw_only=True):
    """A client as it is typed."""

    name: str = ""
    address: str = ""
    currency: str = ""


class Archived(Form, kw_only=True):
    """Whether it goes into the archive or comes back."""

    is_active: bool = False


def index(call: Call, query: lists.Shown) -> Html:
    """The clients, newest first."""
    service.to_list(call)
    found = service.listed(call, query.page, is_active=not query.archived)
    context = {
        **lists.around(query, found),
        "clients": found.items,
        "can_write": access.me(call).has(AccessRole.CLIENT_AND_TASK_MANAGER),
    }
    return Html("clients.html", "Clients", context)


def new(call: Call) -> Html:
    """The empty form."""
    service.to_add(call)
    context = {"client": None, "currency": company.of(call).currency}
    return Html("client.html", "New client", context, TRAIL)


def add(call: Call, environment: str, body: Facts) -> Answer:
    """Add a client."""
    service.to_add(call)
    service.add(call, name=body.name, address=body.address or None, currency=body.currency or None)
    return go(CLIENTS.format(environment=environment), done="client_added")


def edit(call: Call, client_id: str) -> Html:
    """One client and its form."""
    client = service.to_change(call, read_id(client_id))
    return Html("client.html", client.name, {"client": client, "currency": client.currency}, TRAIL)


def save(call: Call, environment: str, client_id: str, body: Facts) -> Answer:
    """Change a client."""
    client = service.to_change(call, read_id(client_id))
    changes = {"name": body.name, "address": body.address or None, "currency": body.currency}
    service.change(call, client, changes)
    return go(CLIENTS.format(environment=environment), done="client_saved")


def archive(call: Call, environment: str, client_id: str, body: Archived) -> Answer:
    """Put a client into the archive, or take it back."""
    service.change(call, service.to_change(call, read_id(client_id)), {"is_active": body.is_active})
    done = "client_restored" if body.is_active else "client_archived"
    return go(CLIENTS.format(environment=environment), done=done)


ROUTES: tuple[Route, ...] = (
    get("harvest.clients", CLIENTS, index),
    get("harvest.client.new", f"{CLIENTS}/new", new),
    post("harvest.client.add", f"{CLIENTS}/new", add),
    get("harvest.client", _ONE, edit),
    post("harvest.client.save", _ONE, save),
    post("harvest.client.archive", f"{_ONE}/archive", archive),
)
