"""delete_audit_logs_before and delete_transaction_logs_before on the wire. Source: docs/products/harper.md#administration."""

from __future__ import annotations

from typing import Any, Final

from harbor.kernel.call import Call
from harbor.products.harper_tables.admin_ops import upkeep
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.values import Instant

_GROUP = "Logs"
_MS_MAX: Final = 1e15


def delete_audit_logs_before(call: Call, body: Fields) -> dict[str, Any]:
    """Start to remove what the audit of a table says from before a moment."""
    return _started(call, body, "delete_audit_logs_before")


def delete_transaction_logs_before(call: Call, body: Fields) -> dict[str, Any]:
    """The same: there is one log of a table, and both operations read it."""
    return _started(call, body, "delete_transaction_logs_before")


def _started(call: Call, body: Fields, type_: str) -> dict[str, Any]:
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    name = body.name("table", required=True)
    moment_us = _moment(body)
    body.check()
    table = catalog.to_read(call, database, name)
    return upkeep.start(
        call, upkeep.FORGET, type_, {"table": table.full_name, "table_id": table.id, "before": moment_us}
    )


def _moment(body: Fields) -> int:
    value = body.raw("timestamp")
    if value is None:
        body.refuse("'timestamp' is required", field="timestamp")
        return 0
    if isinstance(value, str):
        value = float(value) if value.isdigit() and len(value) < 16 else Instant.parse(value)
    ms = value.ms if isinstance(value, Instant) else value
    if type(ms) not in (int, float) or not 0 <= ms < _MS_MAX:
        body.refuse("'timestamp' is invalid", field="timestamp")
        return 0
    return round(ms * 1_000)


OPERATIONS = (
    Operation(
        name="delete_audit_logs_before",
        handler=delete_audit_logs_before,
        only="deleteAuditLogsBefore",
        writes=True,
        group=_GROUP,
        summary="Remove old entries of the audit",
    ),
    Operation(
        name="delete_transaction_logs_before",
        handler=delete_transaction_logs_before,
        only="deleteTransactionLogsBefore",
        writes=True,
        group=_GROUP,
        summary="Remove old entries of the audit",
    ),
)
