"""Service hooks on the wire: made with `url`, shown as `value`. Source: docs/products/appharbor.md#hooks."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.routes import Created, Route
from harbor.kernel.http.services import Services
from harbor.products.appharbor_apps.access.model import READ, WRITE
from harbor.products.appharbor_apps.service_hooks import service
from harbor.products.appharbor_apps.service_hooks.model import Hook
from harbor.products.appharbor_apps.telling import number_of


class AddHook(OpenBody):
    """The address. `value` is what replies call it, and is taken too."""

    url: str | None = None
    value: str | None = None


def index(call: Call, slug: str) -> list[tuple[str, Hook]]:
    """The hooks, with the slug for their addresses."""
    return [(slug, each) for each in service.listing(call, slug)]


async def check_address(value: object, services: Services) -> None:
    """Refuse an address that leads to where nothing may be sent, before anything is kept."""
    body = {name.lower(): each for name, each in value.items()} if isinstance(value, dict) else {}
    address = body.get("url") or body.get("value")
    if isinstance(address, str) and address.strip():
        await services.outbound.check_resolves(address.strip())


def create(call: Call, slug: str, body: AddHook, services: Services) -> Created[None]:
    """A new hook."""
    url = body.url or body.value
    if not url or not url.strip():
        raise Invalid("url is required.", field="url")
    added = service.add(call, slug, url=url, outbound=services.outbound)
    return Created(None, f"/applications/{slug}/servicehooks/{added.id}")


def retrieve(call: Call, slug: str, hook_id: str) -> Hook:
    """One hook."""
    return service.find(call, slug, number_of(hook_id))


def delete(call: Call, slug: str, hook_id: str) -> None:
    """Remove a hook."""
    service.remove(call, slug, number_of(hook_id))


def show(hook: Hook) -> dict[str, Any]:
    """A hook."""
    return {"value": hook.url}


def show_listed(listed: tuple[str, Hook], call: Call) -> dict[str, Any]:
    """A hook in a list; `url` is the address of the hook itself and not where it leads."""
    slug, hook = listed
    return {**show(hook), "url": f"{call.base_url}/applications/{slug}/servicehooks/{hook.id}"}


_ALL = "/applications/{slug}/servicehooks"
_ONE = f"{_ALL}/{{hook_id}}"
ROUTES = (
    Route("service_hooks.list", "GET", _ALL, index, show=show_listed, scope=READ, summary="List service hooks"),
    Route(
        "service_hooks.create",
        "POST",
        _ALL,
        create,
        scope=WRITE,
        writes=True,
        prepare=check_address,
        status=201,
        summary="Add a service hook",
    ),
    Route("service_hooks.retrieve", "GET", _ONE, retrieve, show=show, scope=READ, summary="Retrieve a service hook"),
    Route("service_hooks.delete", "DELETE", _ONE, delete, scope=WRITE, writes=True, summary="Remove a service hook"),
)
