"""read_audit_log and read_transaction_log on the wire. Source: docs/products/harper.md#audit."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.records import audit
from harbor.products.harper_tables.records.audit_store import Change

_GROUP = "Logs"
_VALUES_MAX = 1_000
_MS_MAX = 1e15
_SEARCHES = ("timestamp", "username", "hash_value")


def read_audit_log(call: Call, body: Fields) -> Any:
    """What was done to a table: a list, or a list for each user or key that was asked for."""
    found = _asked(call, body)
    if isinstance(found, dict):
        return {name: [_entry(each) for each in changes] for name, changes in found.items()}
    return [_entry(each) for each in found]


def read_transaction_log(call: Call, body: Fields) -> list[dict[str, Any]]:
    """The same as a list, oldest first; its entries name the user twice."""
    found = _asked(call, body)
    changes = found if isinstance(found, list) else [each for group in found.values() for each in group]
    changes.sort(key=lambda each: each.position)
    return [{**_entry(each), "user": each.user} for each in changes]


def _asked(call: Call, body: Fields) -> list[Change] | dict[str, list[Change]]:
    database, name = body.raw("database", "schema"), body.raw("table")
    for label, value in (("database", database), ("table", name)):
        if value is None or value == "":
            body.refuse(f"{label} is required", field=label)
        elif not isinstance(value, str | int):
            body.refuse(f"{label} must be a string", field=label)
    kind = body.choice("search_type", among=_SEARCHES, default="timestamp")
    values = body.array("search_values")[:_VALUES_MAX]
    limit = body.count("limit", at_least=1)
    since, until = _moments(body, kind, values)
    body.check()
    table = audit.table_of(call, str(database), str(name))
    if kind == "username":
        by_name = audit.of_users(call, table, list(dict.fromkeys(map(str, values))), limit)
    elif kind == "hash_value":
        by_name = dict(zip(map(_key_text, values), audit.of_records(call, table, values, limit), strict=True))
    else:
        return [audit.shown(call, table, each) for each in audit.between(call, table, since, until, limit)]
    return {name: [audit.shown(call, table, each) for each in changes] for name, changes in by_name.items()}


def _moments(body: Fields, kind: str, values: list[Any]) -> tuple[float | None, float | None]:
    if kind != "timestamp":
        return None, None
    asked = {"search_values": values[:2]} if values else {"from": [body.raw("from")], "to": [body.raw("to")]}
    found: list[float | None] = []
    for label, moments in asked.items():
        for each in moments:
            is_moment = each is None or (type(each) in (int, float) and abs(each) < _MS_MAX)
            if not is_moment:
                body.refuse(f"'{label}' must be a number of milliseconds since 1970", field=label)
            found.append(each if is_moment else None)
    since, until, *_ = [*found, None, None]
    return since, until


def _key_text(key: Any) -> str:
    return key if isinstance(key, str) else str(key).lower() if isinstance(key, bool) else str(key)


def _entry(change: Change) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "operation": change.operation,
        "user_name": change.user,
        "timestamp": change.position / 1_000,
        "ids": change.ids,
        "hash_values": change.ids,
    }
    if change.records is not None:
        entry["records"] = change.records
    if change.before is not None:
        entry["original_records"] = change.before
    return entry


OPERATIONS = (
    Operation(
        name="read_audit_log",
        handler=read_audit_log,
        only="readAuditLog",
        read="long",
        group=_GROUP,
        summary="What was done to a table",
    ),
    Operation(
        name="read_transaction_log",
        handler=read_transaction_log,
        only="readTransactionLog",
        read="long",
        group=_GROUP,
        summary="What was done to a table, as a list",
    ),
)
