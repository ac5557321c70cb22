"""Log drains on the wire. Source: docs/products/appharbor.md#drains."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.routes import Created, Route
from harbor.products.appharbor_apps.access.model import READ, WRITE
from harbor.products.appharbor_apps.drains import service
from harbor.products.appharbor_apps.drains.model import Drain
from harbor.products.appharbor_apps.telling import number_of


class AddDrain(OpenBody):
    """The address: `value` by the documents, `url` by the command line client."""

    value: str | None = None
    url: str | None = None


def index(call: Call, slug: str) -> list[tuple[str, Drain]]:
    """The drains, with the slug for their addresses."""
    return [(slug, each) for each in service.listing(call, slug)]


def create(call: Call, slug: str, body: AddDrain) -> Created[None]:
    """A new drain."""
    value = body.value or body.url
    if not value or not value.strip():
        raise Invalid("value is required.", field="value")
    added = service.add(call, slug, value=value)
    return Created(None, f"/applications/{slug}/drains/{added.id}")


def retrieve(call: Call, slug: str, drain_id: str) -> Drain:
    """One drain."""
    return service.find(call, slug, number_of(drain_id))


def delete(call: Call, slug: str, drain_id: str) -> None:
    """Remove a drain."""
    service.remove(call, slug, number_of(drain_id))


def show(drain: Drain) -> dict[str, Any]:
    """A drain."""
    return {"value": drain.value, "token": drain.token}


def show_listed(listed: tuple[str, Drain], call: Call) -> dict[str, Any]:
    """A drain in a list, with its address."""
    slug, drain = listed
    return {**show(drain), "url": f"{call.base_url}/applications/{slug}/drains/{drain.id}"}


_ALL = "/applications/{slug}/drains"
_ONE = f"{_ALL}/{{drain_id}}"
ROUTES = (
    Route("drains.list", "GET", _ALL, index, show=show_listed, scope=READ, summary="List log drains"),
    Route("drains.create", "POST", _ALL, create, scope=WRITE, writes=True, status=201, summary="Add a log drain"),
    Route("drains.retrieve", "GET", _ONE, retrieve, show=show, scope=READ, summary="Retrieve a log drain"),
    Route("drains.delete", "DELETE", _ONE, delete, scope=WRITE, writes=True, summary="Remove a log drain"),
)
