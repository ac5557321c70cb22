"""What is measured: the tables of the account, and for the operator the process and what the kernel counted.

Rows are made when they are asked for. What happened before is kept by whoever collects `/metrics`.
"""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from harbor.kernel.facts import Facts
from harbor.kernel.http.services import Services

BUILTIN: Final[Mapping[str, Mapping[str, str]]] = {
    "table-size": {"database": "string", "table": "string", "size": "number"},
    "database-size": {
        "database": "string",
        "size": "number",
        "used": "number",
        "free": "number",
        "audit": "number",
    },
    "storage-volume": {"database": "string", "available": "number", "free": "number", "size": "number"},
    "main-thread-utilization": {
        **dict.fromkeys(("time", "idle", "active", "taskQueueLatency", "rss"), "number"),
        **dict.fromkeys(("heapTotal", "heapUsed", "external", "arrayBuffers"), "number"),
    },
    "resource-usage": dict.fromkeys(
        (
            *("period", "userCPUTime", "systemCPUTime", "cpuUtilization", "maxRSS", "minorPageFault"),
            *("majorPageFault", "fsRead", "fsWrite", "voluntaryContextSwitches", "involuntaryContextSwitches"),
        ),
        "number",
    ),
    "utilization": {"utilization": "number"},
}
CUSTOM: Final[Mapping[str, Mapping[str, str]]] = {
    "duration": {"path": "string", "count": "number", "total": "number", "mean": "number"},
    "success": {"path": "string", "count": "number", "total": "number", "ratio": "number"},
    "response": {"path": "string", "status": "number", "count": "number"},
}
COMMON: Final = {"id": "number", "metric": "string", "node": "string"}
_STARTED_S: Final = time.monotonic()
_KIB = 1_024

Rows = Sequence[Mapping[str, Any]]


def of_process(name: str, services: Services) -> Rows:
    """The rows of a metric of the process or its machine."""
    if name == "storage-volume":
        return _volume(services)
    if name in CUSTOM:
        return _counted(name, services)
    usage, period = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - _STARTED_S
    busy = usage.ru_utime + usage.ru_stime
    share = busy / period if period > 0 else 0.0
    if name == "utilization":
        return [{"utilization": share}]
    if name == "main-thread-utilization":
        return [
            {
                "time": period * 1_000,
                "idle": max(0.0, period - busy) * 1_000,
                "active": busy * 1_000,
                "rss": usage.ru_maxrss * _KIB,
            }
        ]
    return [
        {
            "period": period * 1_000,
            "userCPUTime": usage.ru_utime,
            "systemCPUTime": usage.ru_stime,
            "cpuUtilization": share,
            "maxRSS": usage.ru_maxrss,
            "minorPageFault": usage.ru_minflt,
            "majorPageFault": usage.ru_majflt,
            "fsRead": usage.ru_inblock,
            "fsWrite": usage.ru_oublock,
            "voluntaryContextSwitches": usage.ru_nvcsw,
            "involuntaryContextSwitches": usage.ru_nivcsw,
        }
    ]


def _volume(services: Services) -> Rows:
    facts = cast(Facts | None, services.tools.get("facts"))
    used = shutil.disk_usage(facts.folder if facts is not None else Path("/"))
    return [{"database": None, "available": used.free, "free": used.free, "size": used.total}]


def _counted(name: str, services: Services) -> Rows:
    """What the kernel counted of this product's requests. Times are milliseconds."""
    counts: dict[str, dict[int, float]] = {}
    times: dict[str, dict[str, float]] = {}
    for family in services.metrics.collect():
        for sample in family.samples:
            if sample.labels.get("product") != "harper":
                continue
            path = sample.labels.get("route", "")
            if sample.name == "harbor_http_requests_total":
                counts.setdefault(path, {})[int(sample.labels["status"])] = sample.value
            elif sample.name in ("harbor_http_request_seconds_count", "harbor_http_request_seconds_sum"):
                times.setdefault(path, {})[sample.name.rpartition("_")[2]] = sample.value
    if name == "response":
        return [
            {"path": path, "status": status, "count": count}
            for path, statuses in sorted(counts.items())
            for status, count in sorted(statuses.items())
        ]
    if name == "success":
        return [_success(path, statuses) for path, statuses in sorted(counts.items())]
    return [_duration(path, each) for path, each in sorted(times.items())]


def _success(path: str, statuses: Mapping[int, float]) -> dict[str, Any]:
    count = sum(statuses.values())
    good = sum(value for status, value in statuses.items() if status < 400)
    return {"path": path, "count": count, "total": good, "ratio": good / count if count else None}


def _duration(path: str, told: Mapping[str, float]) -> dict[str, Any]:
    count, total = told.get("count", 0.0), told.get("sum", 0.0) * 1_000
    return {"path": path, "count": count, "total": total, "mean": total / count if count else None}
