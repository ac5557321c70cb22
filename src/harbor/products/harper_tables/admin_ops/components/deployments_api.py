"""Deployments on the wire. Source: docs/products/harper.md#administration."""

from __future__ import annotations

import json
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.work import RawStage
from harbor.products.harper_tables.admin_ops import asking
from harbor.products.harper_tables.admin_ops.components import deployments
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation, exchange
from harbor.products.harper_tables.replies import encode
from harbor.products.harper_tables.values import Instant

_GROUP = "Deployments"
_EVENTS = "text/event-stream"
_HIDDEN = "event_log"


def list_deployments(call: Call, body: Fields) -> dict[str, Any]:
    """Deployments, newest first, without their logs."""
    project = asking.name(body, "project", required=False)
    status = body.choice("status", among=deployments.STATUSES, default="")
    since, until = _moment(body, "since"), _moment(body, "until")
    limit = body.count("limit", at_least=1, default=deployments.KEPT_MAX) or deployments.KEPT_MAX
    offset = body.count("offset", at_least=0, default=0) or 0
    body.check()
    found = [
        {name: value for name, value in each.items() if name != _HIDDEN}
        for each in deployments.listing(call)
        if (not project or each["project"] == project)
        and (not status or each["status"] == status)
        and (since is None or each["started_at"] >= since)
        and (until is None or each["started_at"] <= until)
    ]
    return {"deployments": found[offset : offset + limit], "total": len(found)}


async def get_deployment(request: Request, stage: RawStage) -> Reply:
    """One deployment; as server-sent events for who accepts those: its log, and then the whole."""
    body = Fields(exchange(request).values)
    media_type = exchange(request).media_type

    def read(call: Call, supply: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
        id_ = asking.name(body, "deployment_id")
        body.check()
        return deployments.get(call, id_)

    record = await stage.read(read)
    if media_type != _EVENTS:
        return Reply(200, encode(record, media_type), {}, media_type)
    events = [*(("event", each) for each in record[_HIDDEN]), ("deployment", record)]
    text = "".join(f"event: {name}\ndata: {json.dumps(each)}\n\n" for name, each in events)
    return Reply(200, text.encode(), {"Cache-Control": "no-cache"}, _EVENTS)


async def get_deployment_payload(request: Request, stage: RawStage) -> Reply:
    """The archive of a deployment."""
    body = Fields(exchange(request).values)

    def read(call: Call, supply: dict[str, Any]) -> bytes:  # noqa: ARG001
        id_ = asking.name(body, "deployment_id")
        body.check()
        return deployments.payload(call, id_)

    headers = {"Content-Disposition": 'attachment; filename="payload.tar"'}
    return Reply(200, await stage.read(read), headers, "application/octet-stream")


def delete_deployment_payload(call: Call, body: Fields) -> dict[str, Any]:
    """Forget the archive of a deployment."""
    id_ = asking.name(body, "deployment_id")
    body.check()
    freed = deployments.forget_payload(call, id_)
    return {"message": f"Deleted payload for deployment '{id_}'", "deployment_id": id_, "freed_bytes": freed}


def _moment(body: Fields, name: str) -> str | None:
    value = body.raw(name)
    if value is None:
        return None
    parsed = Instant.parse(value) if isinstance(value, str) else None
    if type(value) in (int, float):
        parsed = Instant(value)
    if parsed is None:
        body.refuse(f"'{name}' must be a date", field=name)
        return None
    return parsed.iso()


OPERATIONS = (
    Operation(
        name="list_deployments",
        handler=list_deployments,
        only="listDeployments",
        group=_GROUP,
        summary="What was deployed",
    ),
    Operation(
        name="get_deployment",
        handler=get_deployment,
        raw=True,
        only="getDeployment",
        group=_GROUP,
        summary="One deployment",
    ),
    Operation(
        name="get_deployment_payload",
        handler=get_deployment_payload,
        raw=True,
        only="getDeploymentPayload",
        group=_GROUP,
        summary="The archive of a deployment",
    ),
    Operation(
        name="delete_deployment_payload",
        handler=delete_deployment_payload,
        only="deleteDeploymentPayload",
        writes=True,
        group=_GROUP,
        summary="Forget the archive of a deployment",
    ),
)
