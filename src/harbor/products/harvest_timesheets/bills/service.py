"""Keeping lines of invoices and estimates: what changed of them is written, and new ones get their ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.identity.store import raise_serial
from harbor.products.harvest_timesheets.bills import lines_store as store
from harbor.products.harvest_timesheets.bills.model import BillKind, Line

AUDITED_LINES_MAX: Final = 500


def lines_of(call: Call, kind: BillKind, bill_ids: Iterable[int]) -> Mapping[int, Sequence[Line]]:
    """The lines of bills, by bill."""
    return store.of(call.tx, call.account_id, kind, bill_ids)


def write_lines(
    call: Call, kind: BillKind, bill_id: int, before: Sequence[Line], after: Sequence[Line]
) -> Sequence[Line]:
    """The lines as they are now, in their order. Lines of `before` that are not in `after` go."""
    was, kept = {line.id: line for line in before}, {line.id for line in after}
    gone = sorted(set(was) - kept)
    if gone:
        store.delete(call.tx, call.account_id, kind, bill_id, gone)
    changed = [line for line in after if line.id and line != was[line.id]]
    store.put(call.tx, call.account_id, kind, bill_id, changed)
    added = _numbered(call, kind, [line for line in after if not line.id])
    store.insert(call.tx, call.account_id, kind, bill_id, added)
    return [*(line for line in after if line.id), *added]


def remove_lines(call: Call, kind: BillKind, bill_id: int) -> None:
    """Remove all lines of a bill."""
    store.delete(call.tx, call.account_id, kind, bill_id)


def billed_e2(call: Call, project_ids: Iterable[int]) -> Mapping[int, int]:
    """What invoices bill for projects in hundredths, before discounts and taxes; what none bills is not in it."""
    return store.billed_e2(call.tx, call.account_id, project_ids)


def forget_project(call: Call, project_id: int) -> None:
    """Let lines of a project that is deleted belong to none; the invoices stay."""
    store.forget_project(call.tx, call.account_id, project_id)


def differing(before: Sequence[Line], after: Sequence[Line]) -> tuple[dict[str, Line], dict[str, Line]]:
    """The lines that differ, as they were and as they are, by id: what the audit keeps of a change."""
    was, becomes = {line.id: line for line in before}, {line.id: line for line in after}
    ids = sorted(id_ for id_ in was.keys() | becomes.keys() if was.get(id_) != becomes.get(id_))
    return (
        {str(id_): was[id_] for id_ in ids if id_ in was},
        {str(id_): becomes[id_] for id_ in ids if id_ in becomes},
    )


def audited(lines: Sequence[Line]) -> list[dict[str, Any]] | int:
    """What the audit keeps of lines: all of them, or where they are very many how many there were."""
    return [asdict(line) for line in lines] if len(lines) <= AUDITED_LINES_MAX else len(lines)


def _numbered(call: Call, kind: BillKind, lines: Sequence[Line]) -> list[Line]:
    if not lines:
        return []
    counter = f"harvest_{kind}_lines"
    first = call.next_serial(counter)
    raise_serial(call.tx, call.account_id, counter, first + len(lines) - 1)  # one step for all of them
    return [replace(line, id=first + index) for index, line in enumerate(lines)]
