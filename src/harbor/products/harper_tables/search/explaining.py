"""Why a search costs what it costs: which index finds the records, how many there are, and which index would help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog.model import TIMES, Indexing, Table
from harbor.products.harper_tables.search import planner, service, store
from harbor.products.harper_tables.search.model import (
    EVERYTHING,
    TEXTUAL,
    WORDS,
    Comparator,
    Condition,
    Node,
    Query,
    SortKey,
)
from harbor.products.harper_tables.search.planner import EntrySpan, Keys, KeySpan, Step, Steps, TimeSpan

# Entries and records are counted so far; beyond it an estimate is a lower bound.
COUNTED_MAX = 20_000


def explained(call: Call, table: Table, query: Query) -> dict[str, Any]:
    """The steps of a search, how many records its index finds, what each condition does for it, and advice."""
    tx = call.tx
    steps = planner.plan(tx, table, query.where) if query.where != EVERYTHING else None
    total = store.count_records(tx, table.id)
    found = total if steps is None else min(total, sum(_counted(tx, table, step) for step in steps))
    leaves = list(_leaves(query.where))
    return {
        "steps": _steps(table, query, steps, found),
        "estimated_records": found,
        "table_records": total,
        "conditions": [_judged(tx, table, leaf, place) for place, leaf in leaves],
        "advice": advice(table, query, is_narrowed=steps is not None),
    }


def advice(table: Table, query: Query, *, is_narrowed: bool) -> list[str]:
    """Sentences that say what would make a search cheaper; none where an index finds the records in their order."""
    found = []
    if not is_narrowed:
        without = dict.fromkeys(leaf.attribute for _, leaf in _leaves(query.where) if _lacks_index(table, leaf))
        if without:
            found.append(_index_of(list(without), "narrow this"))
        elif any(True for _ in _leaves(query.where)):
            found.append(
                "Every record is read: no condition can be answered by an index alone. With equals, in, starts_with, between or "
                "a comparison beside them the index would find the records."
            )
    if query.sort:
        unordered = [key.attribute for key in query.sort if planner.walk_of(table, key.attribute) is None]
        if unordered:
            found.append(_index_of(unordered, "give the order without sorting"))
        elif query.limit is None:
            found.append("All that match are sorted: with limit, or in pages, an index of the order is walked instead.")
    return found


def read_by(table: Table, steps: Steps | None) -> str:
    """How records are found, in words."""
    if steps is None:
        return "every record"
    return ", ".join(dict.fromkeys(name_of(table, step) for step in steps)) or "nothing can match"


def name_of(table: Table, step: Step) -> str:
    """One walk in words."""
    if isinstance(step, EntrySpan):
        return f"index of {step.name}"
    if isinstance(step, TimeSpan):
        return "index of " + ("__createdtime__" if step.column == "created_at" else "__updatedtime__")
    return f"keys ({table.primary_key})" if isinstance(step, Keys) else f"span of keys ({table.primary_key})"


def _steps(table: Table, query: Query, steps: Steps | None, found: int) -> list[dict[str, Any]]:
    ordered = service.sorted_walk(table, query, steps) if query.sort else None
    told: list[dict[str, Any]] = [
        {"step": "read", "table": table.full_name, "by": read_by(table, steps), "records": found}
    ]
    if ordered is not None:
        told[0]["by"] = name_of(table, ordered)
        told[0]["order"] = query.sort[0].attribute
    if query.where != EVERYTHING:
        told.append({"step": "check", "conditions": sum(1 for _ in _leaves(query.where))})
    if query.sort and ordered is None:
        told.append({"step": "sort", "by": [_told(key) for key in query.sort], "records": found})
    if query.limit is not None or query.offset:
        told.append({"step": "part", "limit": query.limit, "offset": query.offset})
    return told


def _told(key: SortKey) -> str:
    return f"{key.attribute} descending" if key.is_descending else key.attribute


def _judged(tx: Tx, table: Table, leaf: Condition, place: str) -> dict[str, Any]:
    """Whether a condition alone could be answered by an index, and if not why."""
    told: dict[str, Any] = {
        "path": place,
        "attribute": leaf.attribute if len(leaf.path) == 1 else list(leaf.path),
        "comparator": leaf.comparator.value,
    }
    steps = planner.plan(tx, table, leaf)
    if steps is None:
        return {**told, "narrows": False, "why": _why_not(table, leaf)}
    records = sum(_counted(tx, table, step) for step in steps)
    return {**told, "narrows": True, "by": read_by(table, steps), "records": records}


def _why_not(table: Table, leaf: Condition) -> str:
    attribute = table.attributes.get(leaf.attribute)
    if len(leaf.path) > 1:
        return f"An index holds whole values of {leaf.attribute}, not what is within them."
    if leaf.attribute in TIMES:
        return "The times are found by equals, between and comparisons with a number of milliseconds."
    if leaf.attribute != table.primary_key and (attribute is None or attribute.indexing is Indexing.NONE):
        return f"{leaf.attribute} has no index."
    if attribute is not None and attribute.indexing is Indexing.FILLING:
        return f"The index of {leaf.attribute} is being filled; until it is full every record is read."
    if leaf.comparator is Comparator.NOT_EQUAL:
        return "What is not equal is nearly everything."
    if leaf.comparator in TEXTUAL or leaf.comparator in WORDS:
        return f"{leaf.comparator.value} looks into each text; starts_with and equals go along the index."
    if leaf.comparator is Comparator.IN:
        return "An index is asked for at most 1,000 values, none of them null."
    return "Records without a value have no entry in the index."


def _lacks_index(table: Table, leaf: Condition) -> bool:
    attribute = table.attributes.get(leaf.attribute)
    could_help = leaf.comparator not in WORDS and leaf.comparator is not Comparator.NOT_EQUAL
    could_help = could_help and leaf.comparator not in (Comparator.CONTAINS, Comparator.ENDS_WITH)
    return could_help and len(leaf.path) == 1 and attribute is not None and attribute.indexing is Indexing.NONE


def _index_of(names: Sequence[str], what: str) -> str:
    listed = ", ".join(names)
    return f"An index of {listed} would {what} (alter_attribute with indexed: true)."


def _leaves(node: Node, place: str = "") -> Iterator[tuple[str, Condition]]:
    """The conditions of a tree with their paths."""
    if isinstance(node, Condition):
        yield place or "condition", node
        return
    for number, part in enumerate(node.parts):
        yield from _leaves(part, f"{place}{'.' if place else ''}conditions[{number}]")


def _counted(tx: Tx, table: Table, step: Step) -> int:
    if isinstance(step, Keys):
        return len(step.keys)
    if isinstance(step, EntrySpan):
        return store.count_entries(tx, step.attribute_id, step.span, COUNTED_MAX)
    column = "key" if isinstance(step, KeySpan) else step.column
    return store.count_in_span(tx, table.id, column, step.span, COUNTED_MAX)


def as_page(query: Query, size: int) -> Query:
    """The search as its pages walk it."""
    return replace(query, limit=size, offset=0)
