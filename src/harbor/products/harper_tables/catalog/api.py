"""Making and dropping databases, tables and attributes on the wire. Source: docs/products/harper.md#tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.services import Services
from harbor.products.harper_tables.admin_ops.configuration.in_force import configuration_of
from harbor.products.harper_tables.catalog import service
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE, TIMES, TYPES
from harbor.products.harper_tables.fields import Fields, name_fault
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.replies import plain

GROUP = "Databases and tables"
_ATTRIBUTES_MAX = 1_000
_KEPT = ("type", "elements", "nullable", "indexed", "properties", "relationship", "computed")


def create_database(call: Call, body: Fields) -> dict[str, Any]:
    """Add a database."""
    name = body.new_name("database", "schema", required=True)
    body.check()
    service.create_database(call, name, body.compat)
    return _with_nodes(body, f"database '{name}' successfully created")


def drop_database(call: Call, body: Fields) -> dict[str, Any]:
    """Remove a database with all its tables."""
    name = body.name("database", "schema", required=True)
    body.check()
    service.drop_database(call, name, body.compat)
    return _with_nodes(body, f"successfully deleted '{name}'")


def create_table(call: Call, body: Fields, services: Services) -> dict[str, Any]:
    """Add a table, and its database if that is not there."""
    database = body.new_name("database", "schema", default=DEFAULT_DATABASE)
    name = body.new_name("table", required=True)
    attributes, marked = _attributes(body)
    primary_key = _primary_key(body, marked)
    settings = _settings(body, attributes, is_audited=configuration_of(services)["logging_auditLog"])
    body.check()
    if attributes is not None:
        settings["key"] = attributes.pop(primary_key, {})
    service.create_table(
        call,
        database,
        name,
        primary_key=primary_key,
        settings=settings,
        attributes=list((attributes or {}).items()),
        compat=body.compat,
    )
    return _with_nodes(body, f"table '{database}.{name}' successfully created.")


def drop_table(call: Call, body: Fields) -> dict[str, Any]:
    """Remove a table."""
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    name = body.name("table", required=True)
    body.check()
    service.drop_table(call, database, name, body.compat)
    return _with_nodes(body, f"successfully deleted table '{database}.{name}'")


def create_attribute(call: Call, body: Fields) -> dict[str, Any]:
    """Declare an attribute."""
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    name = body.name("table", required=True)
    attribute = body.new_name("attribute", required=True)
    is_indexed = body.flag("indexed", default=True)
    body.check()
    definition = {each: plain(body.values[each]) for each in ("type", "elements", "nullable") if each in body.values}
    if not is_indexed:
        definition["indexed"] = False
    service.create_attribute(call, database, name, attribute, definition)
    return _with_nodes(body, f"attribute '{database}.{name}.{attribute}' successfully created.")


def drop_attribute(call: Call, body: Fields) -> dict[str, Any]:
    """Remove an attribute."""
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    name = body.name("table", required=True)
    attribute = body.name("attribute", required=True)
    body.check()
    service.drop_attribute(call, database, name, attribute, body.compat)
    return _with_nodes(body, f"successfully deleted attribute '{attribute}'")


def cleanup_orphan_blobs(call: Call, body: Fields) -> dict[str, Any]:
    """Values of every size lie in their records here, so there is never a file that nobody names."""
    name = body.name("database", "schema", required=True)
    body.check()
    service.tables(call, name)
    return {"message": "Orphaned blobs cleanup started, check logs for progress"}


def _primary_key(body: Fields, marked: str | None) -> str:
    names = ("primary_key", "hash_attribute")
    label, value = body.label(*names), body.raw(*names)
    if value is None and marked is not None:
        return marked
    if value is not None and (not isinstance(value, str | int | float) or isinstance(value, bool)):
        body.refuse(f"'{label}' must be a string", field=label)
        return ""
    found = body.new_name(*names, required=True)
    if found in TIMES:
        body.refuse(f"'{label}' cannot be {found}, which is kept by the platform", field=label)
    return found


def _attributes(body: Fields) -> tuple[dict[str, dict[str, Any]] | None, str | None]:
    """The declared attributes by name, None for a dynamic table; and the one that is marked as the primary key."""
    if not body.has("attributes"):
        return None, None
    declared = body.array("attributes")
    if len(declared) > _ATTRIBUTES_MAX:
        body.refuse(f"'attributes' must contain less than or equal to {_ATTRIBUTES_MAX} items", field="attributes")
        return {}, None
    found: dict[str, dict[str, Any]] = {}
    marked = None
    for place, each in enumerate(declared):
        label = f"attributes[{place}]"
        if not isinstance(each, dict):
            body.refuse(f"'{label}' must be of type object", field=label)
            continue
        own = Fields(each, body.compat)
        name = own.name("name", "attribute", required=True)
        fault = _definition_fault(name, each) or ("is there twice" if name in found else None)
        if not name:
            body.refuse(f"'{label}.name' is required", field=label)
        elif fault:
            body.refuse(f"'{label}' {fault}", field=label)
        else:
            found[name] = {key: plain(each[key]) for key in _KEPT if each.get(key) is not None}
            is_marked = each.get("is_primary_key") is True or each.get("isPrimaryKey") is True
            marked = name if is_marked else marked
    return found, marked


def _definition_fault(name: str, definition: Mapping[str, Any]) -> str | None:
    type_ = definition.get("type")
    if type_ is not None and not isinstance(type_, str):
        return "has a type that is no text"
    if isinstance(type_, str) and len(type_) > 100:
        return f"has a type that is none of {', '.join(TYPES)}"
    if not isinstance(definition.get("indexed", True), bool):
        return "has a value for indexed that is no boolean"
    return name_fault(name)


def _settings(body: Fields, attributes: Mapping[str, Any] | None, *, is_audited: bool) -> dict[str, Any]:
    settings: dict[str, Any] = {"schema_defined": attributes is not None}
    expiration = body.number("expiration", at_least=0)
    if expiration is not None and expiration > 1e10:
        body.refuse("'expiration' must be less than or equal to 10000000000", field="expiration")
    elif expiration:
        settings["expiration"] = expiration
    settings["audit"] = body.flag("audit", default=is_audited)
    if body.flag("sealed"):
        settings["sealed"] = True
    if body.values.get("events") is True:
        settings["events"] = True
    if body.has("replicate"):
        settings["replicate"] = body.flag("replicate")
    residence = body.array("residence")
    if residence:
        settings["residence"] = [str(each)[:256] for each in residence[:100]]
    return settings


def _with_nodes(body: Fields, message: str) -> dict[str, Any]:
    """On one node there is nobody to repeat it."""
    return {"message": message, **({"replicated": []} if body.raw("replicated") is True else {})}


def _made(name: str, handler: Any, function: str, summary: str, *also: str) -> Operation:
    return Operation(
        name=name,
        also=also,
        handler=handler,
        only=function,
        structure=True,
        writes=True,
        group=GROUP,
        summary=summary,
    )


OPERATIONS = (
    _made("create_database", create_database, "createSchema", "Add a database", "create_schema"),
    _made("drop_database", drop_database, "dropSchema", "Remove a database", "drop_schema"),
    _made("create_table", create_table, "createTable", "Add a table"),
    _made("drop_table", drop_table, "dropTable", "Remove a table"),
    Operation(
        name="create_attribute", handler=create_attribute, writes=True, group=GROUP, summary="Declare an attribute"
    ),
    _made("drop_attribute", drop_attribute, "dropAttribute", "Remove an attribute"),
    Operation(
        name="cleanup_orphan_blobs",
        handler=cleanup_orphan_blobs,
        only="cleanupOrphanBlobs",
        group=GROUP,
        summary="Remove files that no record names",
    ),
)
