"""Clustering on the wire, answered truthfully on one node: nodes and routes are kept and read back, and not connected.

Source: docs/products/harper.md#administration.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.products.harper_tables.admin_ops import asking, keeping, store
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.values import Instant, to_text

_GROUP = "Clustering"
_NODE, _ROUTE = "node", "route"
NOT_CONNECTED: Final = "This server is one node: what it is told of others is kept, and nothing is sent to them."
_HOST: Final = re.compile(r"[A-Za-z0-9_.:\[\]-]{1,250}")
_OWN: Final = "localhost"
_PORT: Final = 9933
_ITEMS_MAX: Final = 1_000


def add_node(call: Call, body: Fields) -> dict[str, Any]:
    """Keep what is told of a node."""
    name, doc = _node(body)
    body.check()
    keeping.keep(call, _NODE, name, doc)
    return {"message": f"Successfully added '{name}' to cluster", "note": NOT_CONNECTED}


def update_node(call: Call, body: Fields) -> dict[str, Any]:
    """Keep it in place of what was known of the node."""
    name, doc = _node(body)
    body.check()
    _need(call, name)
    keeping.keep(call, _NODE, name, doc)
    return {"message": f"Successfully updated '{name}'", "note": NOT_CONNECTED}


def remove_node(call: Call, body: Fields) -> str:
    """Forget a node."""
    name, _ = _named(body)
    body.check()
    _need(call, name)
    keeping.forget(call, _NODE, name)
    return f"Successfully removed '{name}' from cluster"


def configure_cluster(call: Call, body: Fields) -> dict[str, Any]:
    """Keep these nodes in place of all that were known."""
    connections = body.array("connections", required=True)
    if len(connections) > _ITEMS_MAX or not all(isinstance(each, dict) for each in connections):
        body.refuse("'connections' must be an array of objects", field="connections")
        connections = []
    nodes = []
    for each in connections:
        inner = Fields(each, body.compat)
        nodes.append(_node(inner))
        inner.check()
    body.check()
    for kept in store.listing(call.tx, call.account_id, _NODE):
        keeping.forget(call, _NODE, kept.name)
    for name, doc in nodes:
        keeping.keep(call, _NODE, name, doc)
    added = [f"Successfully added '{name}' to cluster" for name, _ in nodes]
    return {"message": "Cluster successfully configured.", "connections": added, "note": NOT_CONNECTED}


def cluster_status(call: Call) -> dict[str, Any]:
    """This node, and those that were told of: none of them is connected."""
    return {
        "type": "cluster-status",
        "node_name": _OWN,
        "is_enabled": False,
        "url": f"wss://{_OWN}:{_PORT}",
        "shard": None,
        "connections": [
            {
                "name": each.name,
                "url": each.doc["url"],
                "subscriptions": each.doc["subscriptions"],
                "replicates": False,
                "replicateByDefault": False,
                "database_sockets": [],
            }
            for each in store.listing(call.tx, call.account_id, _NODE)
        ],
    }


def cluster_set_routes(call: Call, body: Fields) -> dict[str, Any]:
    """Keep routes; those that are kept already are skipped."""
    routes = _routes(body)
    body.check()
    known = {each.name for each in store.listing(call.tx, call.account_id, _ROUTE)}
    added, skipped = [], []
    for name, route in routes:
        if name in known:
            skipped.append(route)
            continue
        known.add(name)
        added.append(route)
        keeping.keep(call, _ROUTE, name, {"route": route})
    return {"message": "cluster routes successfully set", "set": added, "skipped": skipped}


def cluster_get_routes(call: Call, body: Fields) -> Any:
    """The routes that are kept."""
    routes = [each.doc["route"] for each in store.listing(call.tx, call.account_id, _ROUTE)]
    return {"hub": routes, "leaf": []} if body.compat is Compat.V4 else routes


def cluster_delete_routes(call: Call, body: Fields) -> dict[str, Any]:
    """Forget routes; those that are not kept are skipped."""
    routes = _routes(body)
    body.check()
    deleted: list[Any] = []
    skipped: list[Any] = []
    for name, route in routes:
        (deleted if keeping.forget(call, _ROUTE, name) else skipped).append(route)
    return {"message": "cluster routes successfully deleted", "deleted": deleted, "skipped": skipped}


def unavailable(body: Fields) -> None:
    """Refused: what the messaging layer of an older line did."""
    body.check()
    raise invalid(
        "This operation belongs to the messaging layer of an older version and is not available",
        code="not_available",
        field="operation",
    )


def _named(body: Fields) -> tuple[str, str]:
    """A node's name and address. The oldest clients name a node and give its host and port beside it."""
    host, url = asking.name(body, "hostname", "host", required=False), asking.name(body, "url", required=False)
    if not host and url:
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            host = ""
        if not host:
            body.refuse("'url' must be a URL", field="url")
    elif not host and not any(body.has(each) for each in ("hostname", "host", "url")):
        body.refuse("url required for this operation", field="url")
    if host and not _HOST.fullmatch(host):
        body.refuse("'hostname' must be a host", field="hostname")
    return host, url or f"wss://{host}:{_PORT}"


def _node(body: Fields) -> tuple[str, dict[str, Any]]:
    name, url = _named(body)
    verifies = body.flag("verify_tls", default=True)
    for label in ("retain_authorization", "isLeader"):
        body.flag(label)
    authorization = body.raw("authorization")
    if authorization is not None and not isinstance(authorization, str | dict):
        body.refuse("'authorization' must be an object or a string", field="authorization")
    subscriptions = [_subscription(body, each) for each in body.array("subscriptions")[:_ITEMS_MAX]]
    revoked = asking.names(body, "revoked_certificates")
    shard = body.number("shard")
    for label in ("sendsTo", "receivesFrom"):
        body.array(label)
    _start(body)
    # A credential for a node that is never called is not kept.
    return name, {
        "url": url,
        "verify_tls": verifies,
        "subscriptions": subscriptions,
        "revoked_certificates": revoked,
        "shard": shard,
    }


def _subscription(body: Fields, asked: object) -> dict[str, Any]:
    asked = asked if isinstance(asked, dict) else {"database": None}
    channel = asked.get("channel")
    database, table = asked.get("database", asked.get("schema")), asked.get("table", "*")
    if isinstance(channel, str):
        database, _, table = channel.partition(":")
    if not isinstance(database, str) or not database or not isinstance(table, str):
        body.refuse("'subscriptions' must be an array of objects with a database", field="subscriptions")
    flags = {name: asked.get(name, False) for name in ("publish", "subscribe")}
    for name, value in flags.items():
        if not isinstance(value, bool):
            body.refuse(f"'{name}' must be a boolean", field="subscriptions")
    return {"database": database, "table": table or "*", **flags}


def _start(body: Fields) -> None:
    value = body.raw("start_time")
    is_moment = value is None or type(value) in (int, float) or isinstance(value, Instant)
    if not is_moment and not (isinstance(value, str) and Instant.parse(value) is not None):
        body.refuse("start_time must be an ISO 8601 UTC timestamp or milliseconds since 1970", field="start_time")


def _routes(body: Fields) -> list[tuple[str, Any]]:
    """Routes, each under a text that tells it from others."""
    found = []
    for route in body.array("routes", required=True)[:_ITEMS_MAX]:
        host = route.get("hostname", route.get("host")) if isinstance(route, dict) else route
        name = route if isinstance(route, str) else to_text({"route": route})
        if not isinstance(host, str) or not 0 < len(name) <= asking.NAME_LENGTH_MAX:
            body.refuse("'routes' must be an array of hosts, URLs or objects with a hostname", field="routes")
        else:
            found.append((name, route))
    return found


def _need(call: Call, name: str) -> None:
    if store.get(call.tx, call.account_id, _NODE, name) is None:
        raise Missing(f"{name} does not exist", code="node_missing")


def _made(name: str, handler: Any, only: str, summary: str, *, writes: bool = False) -> Operation:
    return Operation(name=name, handler=handler, only=only, writes=writes, group=_GROUP, summary=summary)


_OLD = "Refused: a messaging layer that is not here"
OPERATIONS = (
    _made("add_node", add_node, "addNode", "Keep what is told of a node", writes=True),
    _made("set_node", add_node, "setNode", "Keep what is told of a node", writes=True),
    _made("update_node", update_node, "updateNode", "Keep it in place of what was known", writes=True),
    _made("remove_node", remove_node, "removeNode", "Forget a node", writes=True),
    _made("configure_cluster", configure_cluster, "configureCluster", "Keep these nodes alone", writes=True),
    _made("cluster_status", cluster_status, "clusterStatus", "This node and those it was told of"),
    _made("cluster_set_routes", cluster_set_routes, "setRoutes", "Keep routes", writes=True),
    _made("cluster_get_routes", cluster_get_routes, "getRoutes", "The routes that are kept"),
    _made("cluster_delete_routes", cluster_delete_routes, "deleteRoutes", "Forget routes", writes=True),
    _made("set_node_replication", unavailable, "setNodeReplication", _OLD),
    _made("cluster_network", unavailable, "clusterNetwork", _OLD),
    _made("purge_stream", unavailable, "purgeStream", _OLD),
)
