"""EXPLAIN: which index finds the records of a table, and which would help."""

from __future__ import annotations

from typing import Any

from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.search import planner
from harbor.products.harper_tables.search.explaining import advice, read_by
from harbor.products.harper_tables.search.model import Group, Query


def access(tx: Tx, table: Table, alias: str, where: Group) -> dict[str, Any]:
    """One step: the table, how its records are found, how many at most, and advice where nothing narrows."""
    steps = planner.plan(tx, table, where) if where.parts else None
    found: dict[str, Any] = {"step": "read", "table": table.full_name, "alias": alias, "by": read_by(table, steps)}
    if steps is None:
        if sentences := advice(table, Query(where=where), is_narrowed=False):
            found["advice"] = " ".join(sentences)
        return found
    count = sum(step.count(tx) for step in steps)
    found["records"] = count if count < planner.PROBE_MAX else f"{planner.PROBE_MAX} or more"
    return found
