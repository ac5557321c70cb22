"""Clients on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from msgspec import UNSET, UnsetType

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.clients import service
from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at


class ClientBody(TypedDict):
    """A client as it is shown."""

    id: int
    name: str
    is_active: bool
    address: str | None
    statement_key: str
    created_at: datetime
    updated_at: datetime
    currency: str


class ListClients(Query, kw_only=True):
    """Which clients to list."""

    is_active: bool | None = None
    updated_since: str | None = None


class AddClient(OpenBody):
    """A new client."""

    name: str
    is_active: bool = True
    address: str | None = None
    currency: str | None = None


class ChangeClient(OpenBody):
    """What may change of a client."""

    name: str | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    address: str | UnsetType | None = UNSET
    currency: str | UnsetType = UNSET


def index(call: Call, query: ListClients, page: PageRequest) -> Listed[Client]:
    """Clients, newest first."""
    return service.listed(call, page, is_active=query.is_active, updated_since=wire.since(query.updated_since))


def retrieve(place: Place) -> Client:
    """One client."""
    found: Client = place.thing
    return found


def create(call: Call, body: AddClient) -> Created[Client]:
    """Add a client."""
    return Created(
        service.add(
            call, name=body.name, is_active=body.is_active, address=body.address, currency=body.currency or None
        )
    )


def change(call: Call, body: ChangeClient, place: Place) -> Client:
    """Change a client."""
    return service.change(call, place.thing, wire.given(body))


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove a client without projects, invoices and estimates."""
    service.delete(call, place.thing)
    return {}


def show(client: Client) -> ClientBody:
    """The fields of a client."""
    return {
        "id": client.id,
        "name": client.name,
        "is_active": client.is_active,
        "address": client.address,
        "statement_key": client.statement_key,
        "created_at": wire.whole(client.created_at),
        "updated_at": wire.whole(client.updated_at),
        "currency": client.currency,
    }


_ALL, _ONE, _TAGS = "/v2/clients", "/v2/clients/{client_id}", ("Clients",)
_SHOWN: dict[str, Any] = {"show": show, "tags": _TAGS}
_TO_LIST, _TO_ADD = at(service.to_list), at(service.to_add)
_TO_READ, _TO_CHANGE = at(service.to_read, "client_id"), at(service.to_change, "client_id")
ROUTES = (
    Route(
        "clients.list", "GET", _ALL, index, key="clients", paged=True, locate=_TO_LIST, summary="List clients", **_SHOWN
    ),
    Route("clients.retrieve", "GET", _ONE, retrieve, locate=_TO_READ, summary="Retrieve a client", **_SHOWN),
    Route(
        "clients.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=_TO_ADD,
        writes=True,
        summary="Create a client",
        **_SHOWN,
    ),
    Route("clients.update", "PATCH", _ONE, change, locate=_TO_CHANGE, writes=True, summary="Update a client", **_SHOWN),
    Route(
        "clients.delete", "DELETE", _ONE, delete, locate=_TO_CHANGE, writes=True, summary="Delete a client", tags=_TAGS
    ),
)
