"""What may be done with roles: administrators only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from msgspec import UNSET, UnsetType

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.roles import store
from harbor.products.harvest_timesheets.roles.model import JobRole, check_name
from harbor.products.harvest_timesheets.sentences import TAKEN, problem
from harbor.products.harvest_timesheets.telling import tell

_WHAT = "manage roles"


def to_manage(call: Call) -> None:
    """Whether the caller may. Raises `Denied`."""
    access.require_administrator(call, _WHAT)


def to_manage_one(call: Call, role_id: int) -> JobRole:
    """A role to read or change. Raises `Missing` and `Denied`."""
    found = store.find(call.tx, call.account_id, role_id)
    if found is None:
        raise Missing(f"There is no role {role_id}.")
    to_manage(call)
    return found


def listed(call: Call, page: PageRequest) -> Listed[JobRole]:
    """Roles, newest first."""
    return store.newest_first(call.tx, call.account_id, page)


def add(call: Call, *, name: str, user_ids: Iterable[int] = ()) -> JobRole:
    """A new role and who has it."""
    name = check_name(name)
    _require_free(call, name)
    members = _members(call, user_ids)
    role = JobRole(
        account_id=call.account_id,
        id=call.next_serial("harvest_roles"),
        name=name,
        user_ids=members,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, role)
    store.set_members(call.tx, call.account_id, role.id, members)
    store.touch_users(call.tx, call.account_id, members)
    tell(call, "role.created", role.id, after=role)
    return role


def change(
    call: Call,
    before: JobRole,
    *,
    name: str | UnsetType = UNSET,
    user_ids: Sequence[int] | UnsetType = UNSET,
) -> JobRole:
    """Another name; other people, who replace all former ones."""
    after = replace(
        before,
        name=before.name if name is UNSET else check_name(name),
        user_ids=before.user_ids if user_ids is UNSET else _members(call, user_ids),
    )
    if after == before:
        return before
    _require_free(call, after.name, but=before.id)
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    store.set_members(call.tx, call.account_id, after.id, after.user_ids)
    store.touch_users(call.tx, call.account_id, {*before.user_ids, *after.user_ids})
    tell(call, "role.updated", after.id, before=before, after=after)
    return after


def delete(call: Call, role: JobRole) -> None:
    """Remove a role; those who had it have it no more."""
    store.delete(call.tx, call.account_id, role.id)
    store.touch_users(call.tx, call.account_id, role.user_ids)
    tell(call, "role.deleted", role.id, before=role)


def names_of(call: Call, user_ids: Iterable[int]) -> dict[int, list[str]]:
    """The names of people's roles, by person."""
    return store.names_of(call.tx, call.account_id, user_ids)


def give(call: Call, user_id: int, names: Iterable[str]) -> None:
    """The roles of a person, by name: these and no others. Unknown ones are made."""
    ids = []
    for name in dict.fromkeys(check_name(each) for each in names):
        found = store.by_name(call.tx, call.account_id, name)
        ids.append((found or add(call, name=name)).id)
    store.set_roles(call.tx, call.account_id, user_id, sorted(set(ids)))


def _require_free(call: Call, name: str, but: int | None = None) -> None:
    found = store.by_name(call.tx, call.account_id, name)
    if found is not None and found.id != but:
        raise problem("name", TAKEN)


def _members(call: Call, user_ids: Iterable[int]) -> tuple[int, ...]:
    wanted = sorted(set(user_ids))
    unknown = set(wanted) - store.known_users(call.tx, call.account_id, wanted)
    if unknown:
        raise problem("user_ids", f"include {min(unknown)}, who is not in this account")
    return tuple(wanted)
