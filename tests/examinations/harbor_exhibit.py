"""Harbor's events, as the examinations meet them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from tests.examinations.exhibit import Caller, Exhibit, Tenant
from tests.factories import make_delivery, make_event, make_key, make_webhook, make_workspace

from harbor.kernel.backup.backups import Backups
from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.datadir import DataDir
from harbor.kernel.eventlog import store as eventlog
from harbor.kernel.facts import Facts
from harbor.kernel.http.product import Product
from harbor.kernel.http.routes import Route
from harbor.kernel.jobs import queue as jobs
from harbor.kernel.ratelimit.rules import Rule
from harbor.kernel.requestlog import store as requestlog
from harbor.kernel.rotation import state as rotation
from harbor.kernel.storage.migrate import Area
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.dispatch.dispatcher import Means
from harbor.kernel.workspaces.model import Status
from harbor.products import harbor_events
from harbor.products.harbor_events.event_types import service as event_types
from harbor.products.harbor_events.limits import Limits
from harbor.products.harbor_events.product import harbor_product
from harbor.products.harbor_events.webhooks.view import harbor_view

_numbers = count(1)
_RULE = Rule(quota=100, window_s=60, burst=50)


def _product(clock: ManualClock) -> Product:
    return harbor_product(Limits(production=_RULE, sandbox=_RULE, refusals=_RULE), lambda: micros(clock.now()))


def _tools(folder: Path, means: Means) -> dict[str, Any]:
    data = DataDir(folder)
    data.create()
    return {
        "delete_grace_days": 7,
        "backups": Backups(means.database, data, means.vault, key_file=None, version="1"),
        "facts": Facts(version="1", engine=means.database.engine, clock="manual", folder=folder),
    }


def _no_rotation(call: Call) -> None:
    job = rotation.newest(call.tx)
    if job is not None and job.is_open:
        jobs.cancel(call.tx, job.account_id, job.id)


def _caller(route: Route) -> Caller:
    return "root" if route.path.startswith("/admin/") else "account"


def _event(call: Call, tenant: Tenant) -> str:
    return make_event(call, workspace=tenant.workspace).id


def _webhook(call: Call, tenant: Tenant) -> str:
    return make_webhook(call, workspace=tenant.workspace, url=tenant.url).id


def _delivery(call: Call, tenant: Tenant) -> str:
    webhook = make_webhook(call, workspace=tenant.workspace, url=tenant.url, events=("nothing",))
    return make_delivery(call, event=make_event(call, workspace=tenant.workspace), webhook=webhook).id


def _event_type(call: Call, tenant: Tenant) -> str:
    name = f"order.{next(_numbers)}"
    event_types.put(call, tenant.workspace, name, description=None, json_schema=None, example=None)
    return name


def _request(call: Call, tenant: Tenant) -> str:
    entry = requestlog.Entry(
        id=call.new_id("req_"),
        account_id=call.account_id,
        workspace_id=tenant.workspace.id,
        credential_id=None,
        method="GET",
        path="/v1/events",
        route="events.list",
        status=200,
        duration_us=1_000,
        error_code=None,
        client="192.0.2.1",
        client_request_id=None,
        request_body=None,
        response_body=None,
        created_at=call.tx.now_us,
    )
    requestlog.insert(call.tx, [entry])
    return entry.id


def _delivery_of_event(call: Call, tenant: Tenant, params: Mapping[str, str]) -> None:
    event = eventlog.find(call.tx, call.account_id, params["event_id"])
    assert event is not None
    webhook = make_webhook(call, workspace=tenant.workspace, url=tenant.url, events=("nothing",))
    make_delivery(call, event=event, webhook=webhook)


def _attempt_of_delivery(call: Call, tenant: Tenant, params: Mapping[str, str]) -> None:
    delivery = deliveries.find(call.tx, call.account_id, params["delivery_id"])
    assert delivery is not None
    call.tx.run(
        """
        INSERT INTO attempts (account_id, delivery_id, number, id, subscription_id, trigger, started_at, duration_ms, url, response_truncated)
        SELECT account_id, delivery_id, 1 + (SELECT max(number) FROM attempts WHERE delivery_id = :delivery_id), :id,
               subscription_id, trigger, started_at, duration_ms, url, response_truncated
        FROM attempts WHERE account_id = :account_id AND delivery_id = :delivery_id AND number = 1
        """,
        account_id=call.account_id,
        delivery_id=delivery.id,
        id=call.new_id("att_"),
    )


HARBOR = Exhibit(
    name="harbor",
    product=_product,
    headers=lambda secret: {"Authorization": f"Bearer {secret}"},
    caller=_caller,
    has_workspaces=True,
    views=[harbor_view()],
    areas=lambda _engine: [Area("harbor_events", Path(harbor_events.__file__).parent / "migrations")],
    tools=_tools,
    before={
        "admin.key_rotation": lambda call: rotation.start(call.tx, call.new_id("job_")),
        "admin.backup": _no_rotation,
    },
    things={
        "workspace_id": lambda call, tenant: tenant.workspace.id,
        "event_id": _event,
        "webhook_id": _webhook,
        "delivery_id": _delivery,
        "key_id": lambda call, tenant: make_key(call, workspace=tenant.workspace).credential.id,
        "request_id": _request,
        "name": _event_type,
    },
    arranged={"admin.workspaces.delete": lambda call, tenant: make_workspace(call, status=Status.ARCHIVED).id},
    fields={
        "workspace_id": lambda tenant: tenant.workspace.id,
        "url": lambda tenant: tenant.url,
        "since": lambda tenant: "2026-05-25T11:00:00Z",
        # A key that anybody with the route's scope may make.
        "scopes": lambda tenant: [],
    },
    fills={
        "workspaces.list": lambda call, tenant, _: make_workspace(call),
        "api_keys.list_of_organization": lambda call, tenant, _: make_key(call),
        "events.deliveries": _delivery_of_event,
        "deliveries.list": lambda call, tenant, _: _delivery(call, tenant),
        "deliveries.attempts": _attempt_of_delivery,
        "event_types.list": lambda call, tenant, _: _event_type(call, tenant),
        "request_logs.list": lambda call, tenant, _: _request(call, tenant),
        "admin.audit_log": lambda call, tenant, _: make_event(call, type="harbor.test.done"),
    },
)
