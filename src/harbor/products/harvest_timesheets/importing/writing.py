"""Writing a page: new rows and those that differ, in one transaction with how far the import is."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.storage.database import Row
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.bills.model import number_value
from harbor.products.harvest_timesheets.importing import people_store, rows_store
from harbor.products.harvest_timesheets.importing.model import Count, Problem
from harbor.products.harvest_timesheets.importing.resources import Resource
from harbor.products.harvest_timesheets.importing.taking import Taken
from harbor.products.harvest_timesheets.importing.values import Mapped
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.time_entries import bulk, sums

COPY: Final = "copy"
_SECRET_BYTES: Final = 20


def hold(call: Call, resource: Resource, found: Taken) -> None:
    """Wait for others who track, before anything of what is tracked is looked at."""
    if resource.is_tracked:
        sums.hold(call, *{row.values["user_id"] for row in found.rows.values()})


def write(call: Call, resource: Resource, found: Taken, *, floor: int) -> Count:
    """Write what is new or differs of a page; what became of it. Adds to its problems."""
    tx, account_id = call.tx, call.account_id
    if resource.is_tracked and resource.name == "time_entries":
        _one_timer_a_person(call, found, floor=floor)
    before = here(call, resource, found.rows)
    if resource.secret:
        _own_secrets(call, resource, found, before)
    if resource.unique:
        _names_apart(call, resource, found)
    new = [id_ for id_ in found.rows if id_ not in before]
    changed = [id_ for id_, was in before.items() if differences(resource, found.rows[id_], was)]
    touched = [found.rows[id_] for id_ in (*new, *changed)]
    if resource.exclusive:
        wanted = {tuple(row.values[name] for name in resource.exclusive): row.id for row in touched}
        rows_store.release(tx, resource.table, account_id, resource.exclusive, wanted)
    if resource.unique and changed:
        rows_store.park(tx, resource.table, account_id, changed, fixed=resource.fixed, column=resource.unique)
    rows = [{"id": row.id, **row.values, **_kept(call, resource, row)} for row in touched]

    def put() -> None:
        rows_store.upsert(tx, resource.table, account_id, rows, fixed=resource.fixed, keeps=resource.keeps)

    if resource.name == "time_entries":
        with bulk.kept(call, [row.id for row in touched], added=len(new)):
            put()
    else:
        put()
    _write_children(call, resource, touched)
    if resource.name == "users" and touched:
        for id_ in changed:
            if before[id_].values["email_key"] != found.rows[id_].values["email_key"]:
                access.revoke_of_user(call, id_)  # as where an address is changed here
    if resource.name in ("users", "user_assignments") and touched:  # who manages what may have changed
        access.rights_changed(tx, account_id)
    return Count(
        resource=resource.name,
        seen=len(found.rows) + len(found.problems),
        added=len(new),
        changed=len(changed),
        left_out=sum(each.what.startswith("left out") for each in found.problems),
    )


def replace(call: Call, resource: Resource, found: Taken, owner_id: int) -> Count:
    """Let the rows of somebody's list be those of the source and no others."""
    tx, account_id, owner = call.tx, call.account_id, str(resource.owner)
    stored = rows_store.stored(tx, resource.table, account_id, [owner_id], fixed=resource.fixed, column=owner)
    was = {row[resource.id_column]: row for row in stored}
    wanted = {id_: {"id": id_, **row.values} for id_, row in found.rows.items()}
    if resource.id_column != "id":
        wanted = {id_: dict(row.values) for id_, row in found.rows.items()}
    changed = sum(any(was[id_][name] != row[name] for name in row) for id_, row in wanted.items() if id_ in was)
    gone = was.keys() - wanted.keys()
    if changed or gone or wanted.keys() - was.keys():
        rows_store.delete(tx, resource.table, account_id, [owner_id], fixed=resource.fixed, column=owner)
        rows_store.insert(tx, resource.table, account_id, list(wanted.values()), fixed=resource.fixed)
    return Count(
        resource=resource.name,
        seen=len(found.rows) + len(found.problems),
        added=len(wanted.keys() - was.keys()),
        changed=changed + len(gone),
        left_out=len(found.problems),
    )


def here(call: Call, resource: Resource, ids: Iterable[int]) -> dict[int, Mapped]:
    """Rows as they are here, with their children, by id."""
    rows = rows_store.stored(call.tx, resource.table, call.account_id, ids, fixed=resource.fixed)
    found = {int(row["id"]): Mapped(id=int(row["id"]), values=row) for row in rows}
    child = resource.child
    if child and found:
        of = rows_store.stored(call.tx, child.table, call.account_id, found, fixed=child.fixed, column=child.parent)
        for each in sorted(of, key=lambda row: int(row[child.key])):
            found[int(each[child.parent])].children.append(each)
    return found


def differences(resource: Resource, wanted: Mapped, was: Mapped) -> list[tuple[str, Any, Any]]:
    """Where a row is not what the source has: column, there, here."""
    found = [(name, value, was.values[name]) for name, value in wanted.values.items() if was.values[name] != value]
    child = resource.child
    if child and not _same(wanted.children, was.children):
        found.append((child.table.removeprefix("harvest_"), len(wanted.children), len(was.children)))
    return found


def _same(wanted: Sequence[Mapping[str, Any]], was: Sequence[Mapping[str, Any]]) -> bool:
    return len(wanted) == len(was) and all(
        known[name] == value for each, known in zip(wanted, was, strict=True) for name, value in each.items()
    )


def _write_children(call: Call, resource: Resource, touched: list[Mapped]) -> None:
    child = resource.child
    if child is None or not touched:
        return
    ids = [row.id for row in touched]
    rows_store.delete(call.tx, child.table, call.account_id, ids, fixed=child.fixed, column=child.parent)
    rows: list[Row] = [{child.parent: row.id, **each} for row in touched for each in row.children]
    rows_store.insert(call.tx, child.table, call.account_id, rows, fixed=child.fixed)


def _kept(call: Call, resource: Resource, row: Mapped) -> Mapping[str, object]:
    """What a new row needs besides, and one that is there keeps."""
    if resource.name != "users":
        return dict.fromkeys(resource.keeps)
    known = rows_store.stored(call.tx, resource.table, call.account_id, [row.id], fixed={})
    if known:
        return {name: known[0][name] for name in resource.keeps}
    identity_id = people_store.new_identity(call.tx, call.account_id, row.values["email"])
    return {"identity_id": identity_id, "person_id": None}


def _own_secrets(call: Call, resource: Resource, found: Taken, before: Mapping[int, Mapped]) -> None:
    """Keys of public pages stay what they are, unless another account of the installation has them, or they are missing."""
    column = str(resource.secret)
    wanted = {row.values[column] for row in found.rows.values()}
    taken = rows_store.held_elsewhere(call.tx, resource.table, call.account_id, wanted, column=column)
    seen: set[str] = set(taken) | {""}
    for id_, row in found.rows.items():
        key = row.values[column]
        if key in seen:
            row.values[column] = before[id_].values[column] if id_ in before else secrets.token_hex(_SECRET_BYTES)
        seen.add(key)


def _names_apart(call: Call, resource: Resource, found: Taken) -> None:
    """Where two would have the same name, which is not possible here, the second one's gets its id."""
    column, within = str(resource.unique), resource.unique_within or ""
    places = {id_: row.values[within] if within else 0 for id_, row in found.rows.items()}
    held = rows_store.holders(
        call.tx,
        resource.table,
        call.account_id,
        {row.values[column] for row in found.rows.values()},
        fixed=resource.fixed,
        column=column,
        within=within,
    )
    taken = {(place, value) for id_, place, value in held if id_ not in found.rows}
    for id_, row in list(found.rows.items()):
        if (places[id_], row.values[column]) in taken:
            if column == "email_key":
                found.drop(COPY, resource, id_, "its e-mail address is somebody else's here")
                continue
            _rename(row, column)
            what = f"is called {row.values.get('name') or row.values.get('number')} here: the name was taken"
            found.problems.append(Problem(phase=COPY, resource=resource.name, thing=str(id_), what=what))
        taken.add((places[id_], row.values[column]))


def _rename(row: Mapped, column: str) -> None:
    shown = "number" if column == "number" else "name"
    row.values[shown] = f"{row.values[shown][:230]} ({row.id})"
    if column == "number":
        row.values["number_value"] = number_value(row.values["number"])
    else:
        row.values[column] = name_key(row.values["name"])


def _one_timer_a_person(call: Call, found: Taken, *, floor: int) -> None:
    """A person has one timer: that of the source, unless one that was started here runs."""
    running = {
        row.values["user_id"]: id_ for id_, row in found.rows.items() if row.values["timer_started_at"] is not None
    }
    for row in found.rows.values():
        if row.values["timer_started_at"] is not None and running[row.values["user_id"]] != row.id:
            row.values["timer_started_at"] = None
    stopped = []
    for user_id, entry_id in rows_store.running(call.tx, call.account_id, running):
        if entry_id == running[user_id]:
            continue
        if entry_id < floor:
            stopped.append(entry_id)
        else:
            found.rows[running[user_id]].values["timer_started_at"] = None
    # One that goes on, and one of this page that is stopped at the source, are written in no order.
    parked = [id_ for id_ in found.rows if id_ not in running.values()]
    rows_store.stop(call.tx, call.account_id, [*stopped, *parked])
