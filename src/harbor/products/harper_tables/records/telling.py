"""Changes of records as events, for tables that ask for it: which keys, never what is in the records.

A request is told in parts, so that an event stays small; its parts have the same `txn_time`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.replies import plain

IDS_MAX = 100
# Half of what an event of a product may hold.
BYTES_MAX = 32_768
_TYPES = {
    "insert": "harper.record.inserted",
    "update": "harper.record.updated",
    "upsert": "harper.record.upserted",
    "delete": "harper.record.deleted",
}


def tell(call: Call, table: Table, operation: str, ids: Sequence[Any], position: int) -> None:
    """An event for each part of the keys that a request has written or removed."""
    for part in _parts(plain(list(ids))):
        data = {
            "database": table.database,
            "table": table.name,
            "txn_time": position / 1_000,
            "count": len(ids),
            "ids": part,
        }
        call.emit(_TYPES[operation], subject=table.full_name, data=data)


def _parts(ids: list[Any]) -> Iterator[list[Any]]:
    part: list[Any] = []
    size = 0
    for each in ids:
        weight = len(msgspec.json.encode(each))
        if part and (len(part) == IDS_MAX or size + weight > BYTES_MAX):
            yield part
            part, size = [], 0
        part.append(each)
        size += weight
    if part:
        yield part
