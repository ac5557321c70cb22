"""Comparing: every list of the source is read once more, and held against what is here, row by row and in sums."""

from __future__ import annotations

from typing import Any, Final

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.importing import store, sums_store
from harbor.products.harvest_timesheets.importing.model import Import, Problem
from harbor.products.harvest_timesheets.importing.resources import RESOURCES, Resource
from harbor.products.harvest_timesheets.importing.sums_rules import RECORDS, added_up
from harbor.products.harvest_timesheets.importing.taking import Taken, plain
from harbor.products.harvest_timesheets.importing.writing import differences, here

COMPARE: Final = "compare"
_SHOWN_LENGTH_MAX: Final = 60
_COLUMNS_SHOWN_MAX: Final = 4


def hold_against(call: Call, each: Import, resource: Resource, found: Taken) -> None:
    """Add up a page of the source, and note what is missing here or is not the same."""
    sums = added_up(resource.name, found.rows.values())
    sums[RECORDS, resource.name] = len(found.rows) + len(found.problems)
    store.add_sums(call.tx, call.account_id, each.id, sums, {})
    own = here(call, resource, found.rows)
    problems = list(found.problems)
    for id_, row in found.rows.items():
        if id_ not in own:
            problems.append(_problem(resource, id_, "is missing here"))
        elif differing := differences(resource, row, own[id_]):
            shown = ", ".join(
                # A key opens a public page, so it is shown to nobody.
                f"{name} is another one"
                if name == resource.secret
                else f"{name} {_short(there)} there, {_short(ours)} here"
                for name, there, ours in differing[:_COLUMNS_SHOWN_MAX]
            )
            problems.append(_problem(resource, id_, f"differs: {shown}"))
    store.add_problems(call.tx, call.account_id, each.id, problems)


def hold_list_against(call: Call, each: Import, resource: Resource, found: Taken, stored: dict[int, Any]) -> None:
    """The same with the list of one person."""
    store.add_sums(call.tx, call.account_id, each.id, {(RECORDS, resource.name): len(found.rows)}, {})
    problems = list(found.problems)
    for id_, row in found.rows.items():
        if id_ not in stored:
            problems.append(_problem(resource, id_, "is missing here"))
        elif names := [name for name, value in row.values.items() if stored[id_][name] != value]:
            problems.append(_problem(resource, id_, f"differs: {', '.join(names[:_COLUMNS_SHOWN_MAX])}"))
    store.add_problems(call.tx, call.account_id, each.id, problems)


def add_up_here(call: Call, each: Import, given: frozenset[str]) -> None:
    """Add up what is here, of the kinds that the source gives."""
    assert each.floor is not None
    for resource in RESOURCES:
        if resource.name in given and resource.is_compared:
            own = sums_store.of(call.tx, call.account_id, resource, floor=each.floor)
            store.add_sums(call.tx, call.account_id, each.id, {}, own)


def _problem(resource: Resource, id_: int, what: str) -> Problem:
    return Problem(phase=COMPARE, resource=resource.name, thing=str(id_), what=what)


def _short(value: Any) -> str:
    text = plain(str(value))
    return text if len(text) <= _SHOWN_LENGTH_MAX else f"{text[: _SHOWN_LENGTH_MAX - 1]}…"
