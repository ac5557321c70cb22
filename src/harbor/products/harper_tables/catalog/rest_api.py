"""GET /api/openapi/rest: the tables as schemas of an OpenAPI document. Source: docs/products/harper.md#tables.

Components are not run here, so no table is exported at a path of its own and `paths` is empty.
"""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied
from harbor.kernel.http.routes import Route
from harbor.products.harper_tables.catalog import service
from harbor.products.harper_tables.catalog.model import TIMES, Table
from harbor.products.harper_tables.rights import user_of

_TYPES: dict[str, dict[str, Any]] = {
    "ID": {"type": "string"},
    "String": {"type": "string"},
    "Int": {"type": "integer", "format": "int32"},
    "Long": {"type": "integer", "format": "int64"},
    "BigInt": {"type": "integer"},
    "Float": {"type": "number", "format": "double"},
    "Boolean": {"type": "boolean"},
    "Date": {"type": "string", "format": "date-time"},
    "Bytes": {"type": "string", "format": "byte"},
    "Blob": {"type": "string", "format": "byte"},
    "Array": {"type": "array", "items": {}},
}


def rest(call: Call) -> dict[str, Any]:
    """The document. Raises `Denied` for whoever is no super user."""
    if not user_of(call).rights.is_super_user:
        raise Denied("Forbidden", code="forbidden")
    tables = [table for name in service.databases(call) for table in service.tables(call, name)]
    return {
        "openapi": "3.0.3",
        "info": {"title": "Harper HTTP REST interface", "version": "5"},
        "paths": {},
        "components": {
            "securitySchemes": {
                "basicAuth": {"type": "http", "scheme": "basic"},
                "bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
            "schemas": {f"{table.database}.{table.name}": _schema(table) for table in tables},
        },
    }


def _schema(table: Table) -> dict[str, Any]:
    types = {table.primary_key: table.key_definition.get("type"), **{n: a.type for n, a in table.attributes.items()}}
    times = {name: {"type": "integer", "format": "int64"} for name in TIMES if table.shows_times}
    return {
        "type": "object",
        "properties": {**{name: _TYPES.get(str(kind), {}) for name, kind in types.items()}, **times},
        "additionalProperties": not table.is_sealed,
    }


REST = Route("rest", "GET", "/api/openapi/rest", rest, is_hidden=True)
