"""Changing tables and attributes that are there: alter_table, alter_attribute. Additions of ours.

Source: docs/products/harper.md#tables.
"""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.products.harper_tables.catalog import service
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation

_GROUP = "Databases and tables"
_SETTINGS = ("audit", "events")


def alter_table(call: Call, body: Fields) -> dict[str, Any]:
    """Say anew whether a table keeps an audit, and whether its changes are events."""
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    name = body.name("table", required=True)
    changes = {each: body.flag(each) for each in _SETTINGS if body.has(each)}
    if not changes:
        body.refuse("'audit' or 'events' is required")
    body.check()
    service.alter_table(call, database, name, changes, body.compat)
    return {"message": f"table '{database}.{name}' successfully altered."}


def alter_attribute(call: Call, body: Fields) -> dict[str, Any]:
    """Give an attribute an index."""
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    name = body.name("table", required=True)
    attribute = body.name("attribute", required=True)
    if body.values.get("indexed") is not True:
        body.refuse("'indexed' must be true", field="indexed")
    body.check()
    is_new = service.index_attribute(call, database, name, attribute, body.compat)
    what = "successfully altered." if is_new else "has an index already."
    return {"message": f"attribute '{database}.{name}.{attribute}' {what}"}


OPERATIONS = (
    Operation(
        name="alter_table",
        handler=alter_table,
        only="alterTable",
        structure=True,
        writes=True,
        group=_GROUP,
        summary="Whether a table keeps an audit, and whether its changes are events",
    ),
    Operation(
        name="alter_attribute",
        handler=alter_attribute,
        only="alterAttribute",
        structure=True,
        writes=True,
        group=_GROUP,
        summary="Give an attribute an index",
    ),
)
