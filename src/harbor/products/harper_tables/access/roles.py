"""Roles: what they permit, and that a change of one counts from its commit on, for everybody who has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Invalid, Missing
from harbor.kernel.identity import store as identity
from harbor.products.harper_tables.access import store
from harbor.products.harper_tables.access.delegation import require_covered
from harbor.products.harper_tables.access.model import Role

_LAST_SUPER_USER = (
    "Rejected: this change would leave the instance with no active super_user. "
    "Grant super_user to another active user first."
)


def listing(call: Call) -> list[Role]:
    """All roles."""
    return store.roles(call.tx, call.account_id)


def named(call: Call, name: str) -> Role | None:
    """A role by its name."""
    return store.role_by_name(call.tx, call.account_id, name)


def by_id(call: Call, role_id: str) -> Role | None:
    """A role by its id."""
    return store.role(call.tx, call.account_id, role_id)


def add(call: Call, *, name: str, permission: Mapping[str, Any], role_id: str | None = None) -> Role:
    """Add a role; its id is its name where none is given. Raises `Conflict`."""
    require_covered(call, permission, "addRole")
    hold(call)
    role = Role(
        account_id=call.account_id,
        id=role_id or name,
        name=name,
        permission=permission,
        created_at=call.tx.now_us,
        updated_at=call.tx.now_us,
    )
    if not store.insert_role(call.tx, call.account_id, role):
        raise _exists(name)
    changed(call)  # somebody may have had a role of this id that was dropped meanwhile
    call.emit("harper.role.added", subject=role.id, data={"role": role.id}, after=_audited(role))
    return role


def alter(call: Call, role_id: str, *, permission: Mapping[str, Any], name: str | None = None) -> Role:
    """Replace a role's permission, and its name if one is given. Raises `Invalid` for one that is not there."""
    require_covered(call, permission, "alterRole")
    hold(call)
    before = store.role(call.tx, call.account_id, role_id)
    if before is None:
        raise Invalid("Invalid role id", code="role_missing", field="id")
    require_covered(call, before.permission, "alterRole")
    if name is not None and name != before.name and store.role_by_name(call.tx, call.account_id, name) is not None:
        raise _exists(name)
    had_super_user = has_super_user(call)
    role = replace(before, name=name or before.name, permission=permission, updated_at=call.tx.now_us)
    store.put_role(call.tx, call.account_id, role)
    keep_super_user(call, had_one=had_super_user)
    changed(call)
    call.emit(
        "harper.role.altered",
        subject=role.id,
        data={"role": role.id},
        before=_audited(before),
        after=_audited(role),
    )
    return role


def drop(call: Call, role_id: str) -> Role:
    """Remove a role that no active user has. Raises `Missing` or `Conflict`."""
    hold(call)
    role = store.role(call.tx, call.account_id, role_id)
    if role is None:
        raise Missing("Role not found", code="role_missing", field="id")
    require_covered(call, role.permission, "dropRole")
    if store.has_active_users(call.tx, call.account_id, role_id):
        raise Conflict(
            f"Cannot drop role {role.name} as it has active user(s) tied to this role", code="role_in_use", field="id"
        )
    store.delete_role(call.tx, call.account_id, role_id)
    changed(call)
    call.emit("harper.role.dropped", subject=role.id, data={"role": role.id}, before=_audited(role))
    return role


# What users and roles share


def hold(call: Call) -> None:
    """Let no other transaction change the account's users and roles until this one ends."""
    call.tx.lock("harper_access", call.account_id)


def changed(call: Call) -> None:
    """Let every caller that is remembered somewhere be looked up again, from this commit on."""
    identity.renew_token(call.tx, call.account_id, "roles")


def has_super_user(call: Call) -> bool:
    """Whether an active user may do everything."""
    return any(
        store.has_active_users(call.tx, call.account_id, role.id)
        for role in store.roles(call.tx, call.account_id)
        if role.is_super_user
    )


def keep_super_user(call: Call, *, had_one: bool) -> None:
    """Refuse, and so undo, a change that took the last active super user."""
    if had_one and not has_super_user(call):
        raise Invalid(_LAST_SUPER_USER, code="last_super_user")


def _exists(name: str) -> Conflict:
    return Conflict(f"A role with name '{name}' already exists", code="role_exists", field="role")


def _audited(role: Role) -> dict[str, object]:
    return {"name": role.name, "permission": role.permission}
