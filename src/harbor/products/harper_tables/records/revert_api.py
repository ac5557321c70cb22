"""The operation `revert`: records as they were before a transaction. An addition of ours.

Source: docs/products/harper.md#revert.
"""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.records import reverting
from harbor.products.harper_tables.trials import tried

_US = 1_000
_MS_MAX = 1e15


def revert(call: Call, body: Fields) -> dict[str, Any]:
    """Make the records of a transaction, or some of a table, again what they were before it."""
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    name = body.name("table", required=True)
    moment = body.number("txn_time", required=True, at_least=0) or 0
    if moment > _MS_MAX:
        body.refuse("'txn_time' must be a number of milliseconds since 1970", field="txn_time")
    ids = body.array("ids", "hash_values") if body.has("ids", "hash_values") else None
    overwrites, is_dry = body.flag("overwrite"), body.flag("dry_run")
    body.check()

    def act() -> reverting.Reverted:
        txn_us = round(moment * _US)
        return reverting.revert(call, database, name, txn_us=txn_us, ids=ids, overwrites=overwrites)

    found = tried(call, act) if is_dry else act()
    return {
        "message": f"{'would revert' if is_dry else 'reverted'} {len(found.done)} of {found.total} records",
        "reverted_hashes": found.done,
        "skipped_hashes": found.skipped,
        "conflicts": found.conflicts,
        "txn_time": found.position / _US,
    }


OPERATIONS = (
    Operation(
        name="revert",
        handler=revert,
        writes=True,
        group="Records",
        summary="Make records again what they were before a transaction",
    ),
)
