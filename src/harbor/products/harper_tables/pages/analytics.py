"""Analytics as charts: how large the tables are, and for the operator what was asked of Harper and how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.page import Html
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.products.harper_tables import scopes
from harbor.products.harper_tables.admin_ops.analytics import api, metrics
from harbor.products.harper_tables.catalog import describing
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.pages import places
from harbor.products.harper_tables.pages.acting import as_user, ask

ANALYTICS = f"{places.PATH}/analytics"
# More bars than these are thinner than their names.
_BARS_MAX = 12
_TABLES_COUNTED_MAX = 200
_OF_PROCESS = ("response", "duration")
_KIB = 1_024


@dataclass(frozen=True, slots=True)
class Size:
    """A table by what it takes."""

    name: str
    bytes: int
    records: int
    audit_bytes: int


async def measured(request: Request, services: Services) -> Mapping[str, metrics.Rows]:
    """The rows of the process's metrics, taken before the transaction."""
    return {name: await api.prepare_rows({"metric": name}, request, services) for name in _OF_PROCESS}


def show(call: Call, prepared: Mapping[str, metrics.Rows]) -> Html:
    """What is measured now."""
    me = as_user(call)
    databases = catalog.databases(me)
    tables = [table for name in databases for table in catalog.tables(me, name)]
    described = [_size(me, table) for table in tables[:_TABLES_COUNTED_MAX]]
    by_size = sorted(described, key=lambda each: -each.bytes)[:_BARS_MAX]
    by_count = sorted(described, key=lambda each: -each.records)[:_BARS_MAX]
    told = {name: ask(call, api.get_analytics, prepared=prepared[name], metric=name) for name in _OF_PROCESS}
    return Html(
        "analytics.html",
        "Analytics",
        {
            "database_count": len(databases),
            "table_count": len(tables),
            "record_count": sum(each.records for each in described),
            "bytes": sum(each.bytes for each in described),
            "audit_bytes": sum(each.audit_bytes for each in described),
            "is_sample": len(tables) > _TABLES_COUNTED_MAX,
            "tables_max": _TABLES_COUNTED_MAX,
            "size_names": [each.name for each in by_size],
            "sizes": [round(each.bytes / _KIB, 1) for each in by_size],
            "count_names": [each.name for each in by_count],
            "counts": [each.records for each in by_count],
            **_asked(told["response"]),
            **_lasted(told["duration"]),
        },
    )


def _size(me: Call, table: Table) -> Size:
    told = describing.describe(me, table)
    return Size(table.full_name, told["table_size"], told["record_count"], told["db_audit_size"])


def _asked(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The operations that were asked for most, and how many were refused."""
    counts: dict[str, tuple[int, int]] = {}
    for row in rows:
        good, bad = counts.get(row["path"], (0, 0))
        count = int(row["count"])
        counts[row["path"]] = (good, bad + count) if row["status"] >= 400 else (good + count, bad)
    most = sorted(counts.items(), key=lambda each: -sum(each[1]))[:_BARS_MAX]
    return {
        "operations": [name for name, _ in most],
        "answered": [good for _, (good, _) in most],
        "refused": [bad for _, (_, bad) in most],
    }


def _lasted(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The operations that take longest on average."""
    slowest = sorted((row for row in rows if row["mean"] is not None), key=lambda row: -row["mean"])[:_BARS_MAX]
    return {"slow": [row["path"] for row in slowest], "means": [round(row["mean"], 2) for row in slowest]}


ROUTES = (Route("harper.analytics", "GET", ANALYTICS, show, scope=scopes.READ, prepare=measured, read="long"),)
