"""read_log on the wire: the requests of the account as lines of a log.

The process's own log goes to its standard error and is kept by whoever runs it. What an instance can read is what
happened to it: each request is a line, refused ones are warnings, those that failed by our fault errors.
Source: docs/products/harper.md#administration.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.clock import iso_ms, micros, moment
from harbor.kernel.pages import PageRequest, Span
from harbor.kernel.requestlog import store as requestlog
from harbor.kernel.requestlog.store import Entry
from harbor.products.harper_tables.admin_ops import asking
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.values import Instant

LEVELS: Final = ("notify", "error", "warn", "info", "debug", "trace", "fatal")
LOGS: Final = ("hdb.log", "install.log", "run_log", "install_log", "clustering_hub_log", "clustering_leaf_log")
_OWN: Final = ("hdb.log", "run_log")
_LIMIT, _LIMIT_MAX = 1_000, 10_000
# How many requests are looked at for those that match, so that a rare level cannot read for minutes.
_LOOKED_AT_MAX = 100_000
_PAGE = 1_000
_FAILED, _REFUSED = 500, 400


def read_log(call: Call, body: Fields) -> list[dict[str, Any]]:
    """The lines of the account's log, newest first unless asked otherwise."""
    start = body.count("start", at_least=0, default=0) or 0
    limit = min(body.count("limit", at_least=1, default=_LIMIT) or _LIMIT, _LIMIT_MAX)
    level = body.choice("level", among=LEVELS, default="") or None
    since, until = _moment(body, "from"), _moment(body, "until", "to")
    order = body.choice("order", among=("asc", "desc"), default="desc")
    wanted = asking.text(body, "filter")
    log = body.choice("log_name", among=LOGS, default="hdb.log")
    body.flag("replicated")
    body.check()
    if log not in _OWN:
        return []
    found: list[dict[str, Any]] = []
    skipped = looked_at = 0
    page = PageRequest(limit=_PAGE)
    span = Span(since=since, until=until, ascending=order == "asc")
    while len(found) < limit and looked_at < _LOOKED_AT_MAX:
        part = requestlog.by_id(call.tx, call.account_id, page, span=span)
        for entry in part.items:
            looked_at += 1
            line = _line(entry)
            if (level is not None and line["level"] != level) or wanted not in line["message"]:
                continue
            if skipped < start:
                skipped += 1
            elif len(found) < limit:
                found.append(line)
        if not part.more:
            return found
        page = PageRequest(limit=_PAGE, after=part.items[-1].id)
    if looked_at >= _LOOKED_AT_MAX and len(found) < limit:
        raise invalid(
            f"More than {_LOOKED_AT_MAX} lines would be looked at; ask for a part with from and until.",
            code="log_too_long",
            field="from",
        )
    return found


def _moment(body: Fields, *names: str) -> int | None:
    label, value = body.label(*names), body.raw(*names)
    if value is None:
        return None
    parsed = Instant.parse(value) if isinstance(value, str) else value if isinstance(value, Instant) else None
    try:
        if parsed is None or abs(parsed.ms) > _MS_MAX:
            raise ValueError
        return round(parsed.ms * 1_000)
    except (ValueError, OverflowError):
        shown = value if isinstance(value, str) else "of another kind"
        body.refuse(f"'{label}' date '{shown[:40]}' is invalid.", field=label)
        return None


_MS_MAX = micros(datetime.fromisoformat("9999-01-01T00:00:00+00:00")) / 1_000


def _line(entry: Entry) -> dict[str, Any]:
    level = "error" if entry.status >= _FAILED else "warn" if entry.status >= _REFUSED else "info"
    why = f" {entry.error_code}" if entry.error_code else ""
    return {
        "level": level,
        "message": f"{entry.route} {entry.status}{why} {entry.duration_us / 1_000:.1f}ms",
        "timestamp": iso_ms(moment(entry.created_at)),
        "thread": "http/1",
        "tags": [entry.path.strip("/").split("/")[0] or "operations"],
    }


OPERATIONS = (
    Operation(
        name="read_log",
        handler=read_log,
        only="readLog",
        read="long",
        group="Logs",
        summary="The requests of the account as lines of a log",
    ),
)
