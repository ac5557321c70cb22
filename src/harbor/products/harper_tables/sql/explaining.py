"""EXPLAIN: which index finds the records of a table, and which would help."""

from __future__ import annotations

from typing import Any

from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog.model import Indexing, Table
from harbor.products.harper_tables.search import planner
from harbor.products.harper_tables.search.model import Group, attributes_of
from harbor.products.harper_tables.search.planner import EntrySpan, Keys, Step, TimeSpan


def access(tx: Tx, table: Table, alias: str, where: Group) -> dict[str, Any]:
    """One step: the table, how its records are found, how many at most, and advice where nothing narrows."""
    steps = planner.plan(tx, table, where) if where.parts else None
    found: dict[str, Any] = {"step": "read", "table": table.full_name, "alias": alias}
    if steps is None:
        found["by"] = "every record"
        without = [name for name in attributes_of(where) if _has_no_index(table, name)]
        if without:
            found["advice"] = (
                f"An index of {', '.join(without)} would narrow this (create_attribute with indexed: true)."
            )
        return found
    found["by"] = ", ".join(dict.fromkeys(_name(table, step) for step in steps)) or "nothing can match"
    count = sum(step.count(tx) for step in steps)
    found["records"] = count if count < planner.PROBE_MAX else f"{planner.PROBE_MAX} or more"
    return found


def _name(table: Table, step: Step) -> str:
    if isinstance(step, EntrySpan):
        return f"index of {step.name}"
    if isinstance(step, TimeSpan):
        return "index of " + ("__createdtime__" if step.column == "created_at" else "__updatedtime__")
    return f"keys ({table.primary_key})" if isinstance(step, Keys) else f"span of keys ({table.primary_key})"


def _has_no_index(table: Table, name: str) -> bool:
    attribute = table.attributes.get(name)
    return attribute is not None and attribute.indexing is not Indexing.READY
