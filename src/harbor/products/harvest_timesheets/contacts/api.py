"""Contacts on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from msgspec import UNSET, UnsetType

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.contacts import service
from harbor.products.harvest_timesheets.contacts.model import Contact, ContactSeen
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at


class ClientRef(TypedDict):
    """The client of a contact."""

    id: int
    name: str


class ContactBody(TypedDict):
    """A contact as it is shown."""

    id: int
    title: str | None
    first_name: str
    last_name: str | None
    email: str
    phone_office: str
    phone_mobile: str
    fax: str
    created_at: datetime
    updated_at: datetime
    client: ClientRef


class ListContacts(Query, kw_only=True):
    """Which contacts to list."""

    client_id: int | None = None
    updated_since: str | None = None


class _Texts(OpenBody, kw_only=True):
    title: str | UnsetType | None = UNSET
    last_name: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    phone_office: str | UnsetType | None = UNSET
    phone_mobile: str | UnsetType | None = UNSET
    fax: str | UnsetType | None = UNSET


class AddContact(_Texts, kw_only=True):
    """A new contact of a client."""

    client_id: int
    first_name: str


class ChangeContact(_Texts, kw_only=True):
    """What may change of a contact."""

    client_id: int | UnsetType = UNSET
    first_name: str | UnsetType = UNSET


def index(call: Call, query: ListContacts, page: PageRequest) -> Listed[ContactSeen]:
    """Contacts, newest first."""
    return service.listed(call, page, client_id=query.client_id, updated_since=wire.since(query.updated_since))


def retrieve(call: Call, place: Place) -> ContactSeen:
    """One contact."""
    return _seen(call, place.thing)


def create(call: Call, body: AddContact) -> Created[ContactSeen]:
    """Add a contact."""
    texts = {name: value for name, value in wire.given(body).items() if name not in ("client_id", "first_name")}
    return Created(_seen(call, service.add(call, client_id=body.client_id, first_name=body.first_name, texts=texts)))


def change(call: Call, body: ChangeContact, place: Place) -> ContactSeen:
    """Change a contact."""
    return _seen(call, service.change(call, place.thing, wire.given(body)))


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove a contact."""
    service.delete(call, place.thing)
    return {}


def show(seen: ContactSeen) -> ContactBody:
    """The fields of a contact."""
    contact = seen.contact
    return {
        "id": contact.id,
        "title": contact.title,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": contact.email,
        "phone_office": contact.phone_office,
        "phone_mobile": contact.phone_mobile,
        "fax": contact.fax,
        "created_at": wire.whole(contact.created_at),
        "updated_at": wire.whole(contact.updated_at),
        "client": {"id": seen.client.id, "name": seen.client.name},
    }


def _seen(call: Call, contact: Contact) -> ContactSeen:
    return service.seen(call, [contact])[0]


_ALL, _ONE, _TAGS = "/v2/contacts", "/v2/contacts/{contact_id}", ("Contacts",)
_SHOWN: dict[str, Any] = {"show": show, "tags": _TAGS}
_TO_LIST, _TO_ADD = at(service.to_list), at(service.to_add)
_TO_READ, _TO_CHANGE = at(service.to_read, "contact_id"), at(service.to_change, "contact_id")
ROUTES = (
    Route(
        "contacts.list",
        "GET",
        _ALL,
        index,
        key="contacts",
        paged=True,
        locate=_TO_LIST,
        summary="List contacts",
        **_SHOWN,
    ),
    Route("contacts.retrieve", "GET", _ONE, retrieve, locate=_TO_READ, summary="Retrieve a contact", **_SHOWN),
    Route(
        "contacts.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=_TO_ADD,
        writes=True,
        summary="Create a contact",
        **_SHOWN,
    ),
    Route(
        "contacts.update", "PATCH", _ONE, change, locate=_TO_CHANGE, writes=True, summary="Update a contact", **_SHOWN
    ),
    Route(
        "contacts.delete",
        "DELETE",
        _ONE,
        delete,
        locate=_TO_CHANGE,
        writes=True,
        summary="Delete a contact",
        tags=_TAGS,
    ),
)
