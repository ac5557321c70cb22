"""Contacts of a client: who gets its invoices and estimates."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import bodies
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.contacts import api, service
from harbor.products.harvest_timesheets.contacts.model import Contact
from harbor.products.harvest_timesheets.pages import clients as client_pages
from harbor.products.harvest_timesheets.pages import lists
from harbor.products.harvest_timesheets.pages.invoices_parts import get, post
from harbor.products.harvest_timesheets.wire import read_id

NOTICES = {
    "contact_added": "The contact is there.",
    "contact_saved": "The contact is saved.",
    "contact_deleted": "The contact is gone.",
}
CONTACTS = f"{client_pages.CLIENTS}/{{client_id}}/contacts"
_ONE = f"{CONTACTS}/{{contact_id}}"


class Facts(Form, kw_only=True):
    """A contact as it is typed."""

    first_name: str = ""
    last_name: str = ""
    title: str = ""
    email: str = ""
    phone_office: str = ""
    phone_mobile: str = ""
    fax: str = ""


def index(call: Call, client_id: str) -> Html:
    """The contacts of a client by name, and the form of another."""
    client = _client(call, client_id)
    service.to_list(call)
    found = service.listed(call, PageRequest(limit=lists.CHOICES_MAX), client_id=client.id).items
    context = {
        "client": client,
        "contacts": sorted((each.contact for each in found), key=_order),
        "can_write": access.me(call).has(AccessRole.CLIENT_AND_TASK_MANAGER),
        "statement": f"{call.base_url}/client/statements/{client.statement_key}",
    }
    return Html("contacts.html", f"Contacts of {client.name}", context, client_pages.TRAIL)


def add(call: Call, environment: str, client_id: str, body: Facts) -> Answer:
    """Add a contact."""
    client = _client(call, client_id)
    service.to_add(call)
    api.create(call, bodies.build(api.AddContact, {**_given(body), "client_id": client.id}))
    return go(CONTACTS.format(environment=environment, client_id=client.id), done="contact_added")


def edit(call: Call, client_id: str, contact_id: str) -> Html:
    """The form of a contact."""
    contact = _contact(call, client_id, contact_id)
    client = _client(call, client_id)
    trail = (*client_pages.TRAIL, (f"Contacts of {client.name}", f"{client_pages.CLIENTS}/{client.id}/contacts"))
    return Html("contact.html", contact.first_name, {"contact": contact, "client": client}, trail)


def save(call: Call, environment: str, client_id: str, contact_id: str, body: Facts) -> Answer:
    """Change a contact."""
    contact = _contact(call, client_id, contact_id)
    api.change(call, bodies.build(api.ChangeContact, _given(body)), Place(workspace_id="", thing=contact))
    return go(CONTACTS.format(environment=environment, client_id=contact.client_id), done="contact_saved")


def delete(call: Call, environment: str, client_id: str, contact_id: str) -> Answer:
    """Remove a contact; mails that went to them stay in the history of bills."""
    contact = _contact(call, client_id, contact_id)
    service.delete(call, contact)
    return go(CONTACTS.format(environment=environment, client_id=contact.client_id), done="contact_deleted")


def _client(call: Call, client_id: str) -> Client:
    return clients.find(call, read_id(client_id))


def _contact(call: Call, client_id: str, contact_id: str) -> Contact:
    """A contact of the client to change. Raises `Missing` and `Denied`."""
    call.tx.lock("harvest", call.account_id, "contact_id", read_id(contact_id))
    found = service.to_change(call, read_id(contact_id))
    if found.client_id != read_id(client_id):
        raise Missing(f"The client has no contact {found.id}.")
    return found


def _given(body: Facts) -> dict[str, Any]:
    given = {name: getattr(body, name).strip() for name in body.__struct_fields__}
    return given | {"title": given["title"] or None}


def _order(contact: Contact) -> tuple[str, int]:
    return f"{contact.first_name} {contact.last_name or ''}".casefold(), contact.id


ROUTES: tuple[Route, ...] = (
    get("harvest.contacts", CONTACTS, index),
    post("harvest.contact.add", CONTACTS, add),
    get("harvest.contact", _ONE, edit),
    post("harvest.contact.save", _ONE, save),
    post("harvest.contact.delete", f"{_ONE}/delete", delete),
)
