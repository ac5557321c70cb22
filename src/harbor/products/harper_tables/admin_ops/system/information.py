"""system_information on the wire: the machine for its operator, the account's own tables for every super user."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final, cast

from harbor.kernel.call import Call
from harbor.kernel.facts import Facts
from harbor.kernel.http.request import Request
from harbor.kernel.http.services import Services
from harbor.products.harper_tables.admin_ops import asking, permitting
from harbor.products.harper_tables.admin_ops.system import machine
from harbor.products.harper_tables.catalog import describing
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.rights import User

_OWN: Final = ("table_size", "metrics", "replication")
SECTIONS: Final = (*machine.NAMES, *_OWN)


async def prepare_machine(value: object, request: Request, services: Services) -> dict[str, Any]:
    """The sections of the machine that were asked for, read outside of the transaction."""
    caller = request.principal
    if not isinstance(caller, User) or not caller.rights.is_super_user:
        return {}
    asked = value.get("attributes") if isinstance(value, dict) else None
    wanted = [name for name in machine.NAMES if not isinstance(asked, list) or not asked or name in asked]
    facts = cast(Facts | None, services.tools.get("facts"))
    folder = facts.folder if facts is not None else Path("/")
    return await asyncio.to_thread(lambda: {name: machine.section(name, folder) for name in wanted})


def system_information(call: Call, body: Fields, prepared: dict[str, Any]) -> dict[str, Any]:
    """The sections that were asked for; all of them for none."""
    asked = asking.names(body, "attributes")
    body.check()
    # What the machine says of itself is its operator's; others see their own tables.
    found: dict[str, Any] = dict(prepared) if permitting.is_operator(call) else {}
    if not asked or "table_size" in asked:
        found["table_size"] = [_size(each) for each in _tables(call)]
    if not asked or "metrics" in asked:
        found["metrics"] = _counts(_tables(call))
    if not asked or "replication" in asked:
        found["replication"] = []
    order = [name for name in SECTIONS if name in found]
    return {name: found[name] for name in order}


def _tables(call: Call) -> list[dict[str, Any]]:
    return [
        describing.describe(call, table)
        for database in catalog.databases(call)
        for table in catalog.tables(call, database)
    ]


def _size(table: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": table["schema"],
        "table": table["name"],
        "table_size": table["table_size"],
        "record_count": table["record_count"],
        "transaction_log_size": table["db_audit_size"],
        "transaction_log_record_count": None,
    }


def _counts(tables: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for table in tables:
        found.setdefault(table["schema"], {})[table["name"]] = {"records": table["record_count"]}
    return found
