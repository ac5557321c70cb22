"""Writes on the wire: insert, update, upsert, put, delete. Source: docs/products/harper.md#writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harbor.kernel.call import Call
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.records import service
from harbor.products.harper_tables.records.model import Written
from harbor.products.harper_tables.records.service import How

_GROUP = "Records"
_MS = 1_000
_US_MAX = 1 << 62


def insert(call: Call, body: Fields) -> dict[str, Any]:
    """Add records; those that are there are left alone."""
    database, table, records, how = _asked(body)
    written = service.insert(call, database, table, records, how)
    return {
        "message": f"inserted {len(written.done)} of {written.total} records",
        "inserted_hashes": written.done,
        "skipped_hashes": written.skipped,
        "new_attributes": written.new_attributes,
        "txn_time": written.txn_time,
    }


def update(call: Call, body: Fields) -> dict[str, Any]:
    """Change records that are there."""
    database, table, records, how = _asked(body)
    written = service.update(call, database, table, records, how)
    return {
        "message": f"updated {len(written.done)} of {written.total} records",
        "update_hashes": written.done,
        "skipped_hashes": written.skipped,
        **({"new_attributes": written.new_attributes} if written.new_attributes else {}),
        "txn_time": written.txn_time,
    }


def upsert(call: Call, body: Fields) -> dict[str, Any]:
    """Change records that are there, add the others."""
    return _upserted(body, lambda database, table, records, how: service.upsert(call, database, table, records, how))


def put(call: Call, body: Fields) -> dict[str, Any]:
    """The same with whole records: what is not named is gone."""

    def act(database: str, table: str, records: list[Any], how: How) -> Written:
        whole = How(expires_us=how.expires_us, updated_us=how.updated_us, is_full=True)
        return service.upsert(call, database, table, records, whole)

    return _upserted(body, act)


def delete(call: Call, body: Fields) -> dict[str, Any]:
    """Remove records by their keys."""
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    table = body.name("table", required=True)
    ids = body.array("ids", "hash_values", required=True)
    body.check()
    written = service.delete(call, database, table, ids, field=body.label("ids", "hash_values"))
    noun = "record" if written.total == 1 else "records"
    return {
        "message": f"{len(written.done)} of {written.total} {noun} successfully deleted",
        "deleted_hashes": written.done,
        "skipped_hashes": written.skipped,
        "txn_time": written.txn_time,
    }


def _upserted(body: Fields, act: Callable[[str, str, list[Any], How], Written]) -> dict[str, Any]:
    written = act(*_asked(body))
    return {
        "message": f"upserted {len(written.done)} of {written.total} records",
        "upserted_hashes": written.done,
        "new_attributes": written.new_attributes,
        "txn_time": written.txn_time,
    }


def _asked(body: Fields) -> tuple[str, str, list[Any], How]:
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    table = body.name("table", required=True)
    records = body.array("records", required=True)
    for place, record in enumerate(records):
        if not isinstance(record, dict):
            body.refuse(f"'records[{place}]' must be of type object", field=f"records[{place}]")
            break
    if (body.number("replicatedConfirmation", at_least=0) or 0) > 0:
        body.refuse("'replicatedConfirmation' must be 0, for there is one node", field="replicatedConfirmation")
    how = How(
        expires_us=_moment(body, "expiresAt"),
        updated_us=_moment(body, "timestamp"),
        is_full=body.flag("full_record"),
    )
    body.check()
    return database, table, records, how


def _moment(body: Fields, name: str) -> int | None:
    value = body.number(name, at_least=0)
    if value is None:
        return None
    if value > _US_MAX / _MS:
        body.refuse(f"'{name}' must be a number of milliseconds since 1970", field=name)
        return None
    return int(value * _MS)


OPERATIONS = (
    Operation(name="insert", handler=insert, writes=True, group=_GROUP, summary="Add records"),
    Operation(name="update", handler=update, writes=True, group=_GROUP, summary="Change records that are there"),
    Operation(name="upsert", handler=upsert, writes=True, group=_GROUP, summary="Change or add records"),
    Operation(name="put", handler=put, writes=True, group=_GROUP, summary="Write whole records"),
    Operation(name="delete", handler=delete, writes=True, group=_GROUP, summary="Remove records by their keys"),
)
