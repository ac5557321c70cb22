"""Taking a page: records are read one by one, and what cannot be kept is left out with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import DecimalException
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.importing import store
from harbor.products.harvest_timesheets.importing.model import Problem
from harbor.products.harvest_timesheets.importing.resources import Resource
from harbor.products.harvest_timesheets.importing.values import Mapped, Unfit, World, checked_id


class _Id(msgspec.Struct):
    id: int | str | None = None


@dataclass(slots=True)
class Taken:
    """What a page gives: records and their rows by id, and what was left out."""

    records: dict[int, Any] = field(default_factory=dict)
    rows: dict[int, Mapped] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def leave_out(self, phase: str, resource: Resource, thing: object, why: str) -> None:
        """Note that a record is left out."""
        self.problems.append(
            Problem(phase=phase, resource=resource.name, thing=str(thing), what=f"left out: {plain(why)}")
        )

    def drop(self, phase: str, resource: Resource, id_: int, why: str) -> None:
        """Leave out a record that was taken."""
        self.rows.pop(id_, None)
        self.records.pop(id_, None)
        self.leave_out(phase, resource, id_, why)


def taken(phase: str, resource: Resource, raws: Sequence[msgspec.Raw], world: World, *, floor: int) -> Taken:
    """The records of a page. Needs no storage, and reads nothing that a record does not have."""
    found = Taken()
    for raw in raws:
        try:
            record = msgspec.json.decode(raw, type=resource.record)
            id_ = checked_id(record.id)
            if id_ >= floor and resource.table != "harvest_teammates":
                raise Unfit(f"ids from {floor} on are of what is made here")
            if id_ in found.rows:
                raise Unfit("its id is in the page twice")
            found.rows[id_] = resource.row(record, world)
            found.records[id_] = record
        except Unfit as why:
            found.leave_out(phase, resource, _id_of(raw), str(why))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, DecimalException) as error:
            found.leave_out(phase, resource, _id_of(raw), str(error))
    return found


def referred(call: Call, phase: str, resource: Resource, found: Taken) -> None:
    """Leave out what needs things that are not here; what may do without them lets go of them."""
    wanted: dict[str, set[int]] = {}
    for row in found.rows.values():
        for table, id_ in (*row.needs, *row.hopes.values(), *_of_children(resource, row)):
            wanted.setdefault(table, set()).add(id_)
    here = {table: store.existing(call.tx, table, call.account_id, ids) for table, ids in wanted.items()}
    for id_, row in list(found.rows.items()):
        missing = [(table, other) for table, other in row.needs if other not in here[table]]
        if missing:
            table, other = missing[0]
            found.drop(phase, resource, id_, f"{table.removeprefix('harvest_')} {other} is not here")
            continue
        for column, (table, other) in row.hopes.items():
            if other not in here[table]:
                row.values[column] = None
        child = resource.child
        for column, table in (child.refers if child else {}).items():
            for each in row.children:
                if each[column] is not None and each[column] not in here[table]:
                    each[column] = None
        if child and child.refers and child.key in child.refers:
            row.children = [each for each in row.children if each[child.key] is not None]


def plain(text: str) -> str:
    """A text of somebody else as a line of ours."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _of_children(resource: Resource, row: Mapped) -> Iterable[tuple[str, int]]:
    child = resource.child
    for column, table in (child.refers if child else {}).items():
        yield from ((table, each[column]) for each in row.children if each[column] is not None)


def _id_of(raw: msgspec.Raw) -> str:
    try:
        return str(msgspec.json.decode(raw, type=_Id).id)[:40]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return "?"
