"""Host names on the wire. Source: docs/products/appharbor.md#hostnames."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.routes import Created, Route
from harbor.kernel.http.services import Services
from harbor.products.appharbor_apps.access.model import READ, WRITE
from harbor.products.appharbor_apps.hostnames import service
from harbor.products.appharbor_apps.hostnames.model import Hostname
from harbor.products.appharbor_apps.setup import setup_of
from harbor.products.appharbor_apps.telling import number_of
from harbor.products.appharbor_apps.wire import DONE, Done


class AddHostname(OpenBody):
    """The name."""

    value: str


class ChangeHostname(OpenBody):
    """Whether all other names redirect to this one."""

    canonical: bool


def index(call: Call, slug: str) -> list[tuple[str, Hostname]]:
    """The names, with the slug for their addresses."""
    return [(slug, each) for each in service.listing(call, slug)]


def create(call: Call, slug: str, body: AddHostname, services: Services) -> Created[None]:
    """A new name."""
    setup = setup_of(services)
    own = frozenset({setup.apps_domain, urlsplit(setup.public_url).hostname or setup.apps_domain})
    added = service.add(call, slug, value=body.value, own_domains=own, hostnames_max=setup.hostnames_max)
    return Created(None, f"/applications/{slug}/hostnames/{added.id}")


def retrieve(call: Call, slug: str, hostname_id: str) -> Hostname:
    """One name."""
    return service.find(call, slug, number_of(hostname_id))


def edit(call: Call, slug: str, hostname_id: str, body: ChangeHostname) -> Done:
    """Make a name canonical."""
    service.set_canonical(call, slug, number_of(hostname_id), canonical=body.canonical)
    return DONE


def delete(call: Call, slug: str, hostname_id: str) -> None:
    """Take a name away."""
    service.remove(call, slug, number_of(hostname_id))


def show(hostname: Hostname) -> dict[str, Any]:
    """A name."""
    return {"value": hostname.value, "canonical": hostname.canonical}


def show_listed(listed: tuple[str, Hostname], call: Call) -> dict[str, Any]:
    """A name in a list, with its address."""
    slug, hostname = listed
    return {**show(hostname), "url": f"{call.base_url}/applications/{slug}/hostnames/{hostname.id}"}


_ALL = "/applications/{slug}/hostnames"
_ONE = f"{_ALL}/{{hostname_id}}"
ROUTES = (
    Route("hostnames.list", "GET", _ALL, index, show=show_listed, scope=READ, summary="List host names"),
    Route("hostnames.create", "POST", _ALL, create, scope=WRITE, writes=True, status=201, summary="Add a host name"),
    Route("hostnames.retrieve", "GET", _ONE, retrieve, show=show, scope=READ, summary="Retrieve a host name"),
    Route("hostnames.edit", "PUT", _ONE, edit, scope=WRITE, writes=True, summary="Make a host name canonical"),
    Route("hostnames.delete", "DELETE", _ONE, delete, scope=WRITE, writes=True, summary="Remove a host name"),
)
