"""The page of the installation: versions, the queue, jobs, storage."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from harbor.console.system import machine, store, words
from harbor.console.system.machine import Machine
from harbor.kernel import instance_store as instance
from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.http.page import Html
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity import store as identity
from harbor.kernel.storage.database import Tx
from harbor.products.harbor_events.admin import service as admin

SCOPE: Final = "system:read"


async def look(request: Request, services: Services) -> Machine:
    """The machine, outside the transaction. Nobody but the operator makes the server walk through its files."""
    assert request.principal is not None, request.route_name
    organization_id = request.principal.organization_id
    await services.database.read(lambda tx: _operator(tx, organization_id))
    return await machine.look(services)


def show(call: Call, prepared: Machine) -> Html:
    """The page. For other organizations than the operator's it is not there."""
    organization = _operator(call.tx, call.principal.organization_id)
    sides = identity.accounts_of(call.tx, organization.id)
    queues = [(side.value, admin.queue_state(call.within(account.id))) for side, account in sides.items()]
    return Html(
        "system.html",
        "System",
        {
            "machine": prepared,
            "uptime": words.span(prepared.uptime),
            "mode": instance.get(call.tx, instance.MODE) or "development",
            "engine": "SQLite" if call.tx.engine == "sqlite" else "PostgreSQL",
            "engine_version": store.engine_version(call.tx),
            "now": call.tx.now,
            "queues": queues,
            "depth": sum(queue.depth for _, queue in queues),
            "lag": words.span(timedelta(milliseconds=max(queue.lag_ms for _, queue in queues))),
            "is_late": max(queue.lag_ms for _, queue in queues) > _LATE_MS,
            "jobs": store.jobs(call.tx),
            "failed_kinds": store.failed_kinds(call.tx),
            "database_size": words.size(store.size_bytes(call.tx)),
            "blobs_size": words.size(prepared.blobs_bytes),
            "free": words.size(prepared.free_bytes),
            "disk": words.size(prepared.disk_bytes),
            "is_short": prepared.free_bytes < _FREE_SHARE_MIN * prepared.disk_bytes,
            "span": lambda ms: words.span(timedelta(milliseconds=ms)),
        },
    )


def _operator(tx: Tx, organization_id: str) -> identity.Organization:
    organization = identity.organization(tx, organization_id)
    if organization is None or not organization.is_operator:
        raise Missing("There is no such page.", code="route_not_found")
    return organization


# A minute is longer than any receiver that answers keeps a delivery waiting.
_LATE_MS = 60_000
_FREE_SHARE_MIN = 0.05

ROUTES = (Route("system.show", "GET", "/system", show, scope=SCOPE, prepare=look, read="long"),)
