"""get_analytics, list_metrics and describe_metric on the wire. Source: docs/products/harper.md#administration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.http.request import Request
from harbor.kernel.http.services import Services
from harbor.products.harper_tables.admin_ops import asking, permitting
from harbor.products.harper_tables.admin_ops.analytics.metrics import BUILTIN, COMMON, CUSTOM, Rows, of_process
from harbor.products.harper_tables.catalog import describing
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.search.asked import condition_tree
from harbor.products.harper_tables.search.rules import matcher

_GROUP = "Analytics"
_TYPES: Final = ("builtin", "custom")
_OF_TABLES: Final = ("table-size", "database-size")
_NODE: Final = "localhost"


def list_metrics(body: Fields) -> list[str]:
    """The names of what is measured."""
    types = asking.names(body, "metric_types") or ["builtin"]
    if any(each not in _TYPES for each in types):
        body.refuse(f"'metric_types' must be one of [{', '.join(_TYPES)}]", field="metric_types")
    body.check()
    return [*(BUILTIN if "builtin" in types else ()), *(CUSTOM if "custom" in types else ())]


def describe_metric(body: Fields) -> dict[str, Any]:
    """The attributes of a metric's rows; nothing for an unknown one."""
    metric = asking.name(body, "metric")
    body.check()
    known = _attributes(metric)
    if known is None:
        return {}
    return {"attributes": [{"name": name, "type": kind} for name, kind in {**COMMON, **known}.items()]}


async def prepare_rows(value: object, request: Request, services: Services) -> Rows:  # noqa: ARG001
    """The rows of a metric of the process, measured before the transaction."""
    metric = value.get("metric") if isinstance(value, dict) else None
    if not isinstance(metric, str) or metric in _OF_TABLES or _attributes(metric) is None:
        return ()
    return of_process(metric, services)


def get_analytics(call: Call, body: Fields, prepared: Rows) -> list[dict[str, Any]]:
    """What is measured now, as rows; none outside of the asked time, and none of the machine for others than its operator."""
    metric = asking.name(body, "metric")
    since, until = body.number("start_time"), body.number("end_time")
    wanted = asking.names(body, "get_attributes")
    where = condition_tree(body) if body.has("conditions") else None
    limit = body.count("limit", at_least=1)
    body.check()
    now_ms = call.tx.now_us // 1_000
    if (since is not None and now_ms < since) or (until is not None and now_ms >= until):
        return []
    rows: Rows = prepared if permitting.is_operator(call) else ()
    if metric in _OF_TABLES:
        rows = _sizes(call, metric)
    found = [{"id": now_ms, "metric": metric, "node": _NODE, **each} for each in rows]
    if where is not None:
        test = matcher(where)
        found = [each for each in found if test(each)]
    if wanted and "*" not in wanted:
        shown = dict.fromkeys(("id", "metric", *wanted))
        found = [{name: each[name] for name in shown if name in each} for each in found]
    return found[:limit]


def _attributes(metric: str) -> Mapping[str, str] | None:
    return BUILTIN.get(metric) or CUSTOM.get(metric)


def _sizes(call: Call, metric: str) -> Rows:
    """The sizes of the tables that the caller sees."""
    rows: list[dict[str, Any]] = []
    for database in catalog.databases(call):
        described = [describing.describe(call, table) for table in catalog.tables(call, database)]
        if metric == "table-size":
            rows += [{"database": database, "table": each["name"], "size": each["table_size"]} for each in described]
            continue
        used = sum(each["table_size"] for each in described)
        audit = sum(each["db_audit_size"] for each in described)
        rows.append({"database": database, "size": used + audit, "used": used, "free": 0, "audit": audit})
    return rows


OPERATIONS = (
    Operation(
        name="get_analytics",
        handler=get_analytics,
        prepare=prepare_rows,
        read="long",
        group=_GROUP,
        summary="What is measured now",
    ),
    Operation(name="list_metrics", handler=list_metrics, group=_GROUP, summary="The names of what is measured"),
    Operation(name="describe_metric", handler=describe_metric, group=_GROUP, summary="The attributes of a metric"),
)
