"""What describe_* say of a table. Sizes are estimates from a sample: the rows of all tables lie together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.sql_views import ColumnKind, SqlView
from harbor.products.harper_tables.catalog import sizes_store as sizes
from harbor.products.harper_tables.catalog.model import CREATED, TIMES, Attribute, Table
from harbor.products.harper_tables.rights import readable, user_of

_TYPES = {
    ColumnKind.TEXT: "String",
    ColumnKind.NUMBER: "Float",
    ColumnKind.FLAG: "Boolean",
    ColumnKind.MOMENT: "Long",
    ColumnKind.JSON: "Any",
}


def describe(call: Call, table: Table, *, with_count: bool = True) -> dict[str, Any]:
    """The object of describe_table, without attributes that the caller may not read."""
    shown = readable(user_of(call), table.database, table.name, table.primary_key)
    found = sizes.of_table(call.tx, table.id, with_count=with_count)
    return {
        "schema": table.database,
        "name": table.name,
        "hash_attribute": table.primary_key,
        "primary_key": table.primary_key,
        "audit": table.is_audited,
        "schema_defined": table.is_schema_defined,
        **_settings(table),
        "attributes": [each for each in _attributes(table) if shown is None or each["attribute"] in {*shown, *TIMES}],
        "db_size": found.table_bytes,
        "table_size": found.table_bytes,
        "db_audit_size": found.audit_bytes,
        **({"record_count": found.records} if with_count else {}),
        "last_updated_record": found.last_updated_us / 1_000 if found.last_updated_us is not None else None,
    }


def describe_all_of(call: Call, tables: list[Table], *, with_count: bool) -> dict[str, Any]:
    """The tables of a database by name; each says how large all of them are."""
    described = {table.name: describe(call, table, with_count=with_count) for table in tables}
    total = sum(each["table_size"] for each in described.values())
    audit = sum(each["db_audit_size"] for each in described.values())
    for each in described.values():
        each["db_size"], each["db_audit_size"] = total, audit
    return described


def describe_view(view: SqlView) -> dict[str, Any]:
    """The same for a table of another product. Its records lie elsewhere, and are not counted."""
    return describe_read_only(view.database, view.name, {name: _TYPES[kind] for name, kind in view.columns.items()})


def describe_read_only(database: str, name: str, types: Mapping[str, str]) -> dict[str, Any]:
    """A table that can only be read, by the types of its attributes; the first of them is the key."""
    key, *_ = types
    return {
        "schema": database,
        "name": name,
        "hash_attribute": key,
        "primary_key": key,
        "audit": False,
        "schema_defined": True,
        "sealed": True,
        "read_only": True,
        "attributes": [
            {"attribute": each, "type": kind, **({"is_primary_key": True} if each == key else {})}
            for each, kind in types.items()
        ],
        "db_size": 0,
        "table_size": 0,
        "db_audit_size": 0,
        "last_updated_record": None,
    }


def _settings(table: Table) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if table.expiration_s is not None:
        shown["expiration"] = f"{table.expiration_s:g}s"
    if table.is_sealed:
        shown["sealed"] = True
    if table.tells_changes:
        shown["events"] = True
    for name in ("replicate", "residence"):
        if (value := table.settings.get(name)) is not None:
            shown[name] = value
    return shown


def _attributes(table: Table) -> list[dict[str, Any]]:
    key = {"attribute": table.primary_key, **_declared(table.key_definition), "is_primary_key": True}
    times = [_time(name) for name in TIMES] if table.shows_times else []
    return [key, *times, *(_attribute(each) for each in table.attributes.values())]


def _attribute(attribute: Attribute) -> dict[str, Any]:
    indexed = {"indexed": True} if attribute.has_entries else {}
    return {"attribute": attribute.name, **_declared(attribute.definition), **indexed}


def _declared(definition: Any) -> dict[str, Any]:
    return {name: value for name, value in definition.items() if name not in ("indexed", "is_primary_key", "name")}


def _time(name: str) -> dict[str, Any]:
    assigned = "assigned_created_time" if name == CREATED else "assigned_updated_time"
    return {"attribute": name, "type": "Date", "indexed": True, assigned: True}
