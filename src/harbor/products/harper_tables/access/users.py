"""Users: a name, a password, a role. A change counts from its commit on, on every process."""

from __future__ import annotations

import secrets
from dataclasses import replace

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing
from harbor.products.harper_tables.access import credentials_store, roles, store
from harbor.products.harper_tables.access.delegation import require_covered
from harbor.products.harper_tables.access.model import SUPER_USER, Role, StoredUser

_SEED_BYTES = 12

UserAndRole = tuple[StoredUser, Role | None]


def set_up(call: Call, username: str, password_hash: str) -> StoredUser:
    """The first super user of an account, with the role `super_user`; `password_hash` is argon2's.

    Raises `Conflict` if somebody in the installation has the name.
    """
    role = roles.named(call, SUPER_USER) or roles.add(call, name=SUPER_USER, permission={SUPER_USER: True})
    return add(call, username=username, password_hash=password_hash, role_name=role.name, is_active=True)


def listing(call: Call) -> list[UserAndRole]:
    """All users of the account with their roles; None where a role is gone."""
    known = {role.id: role for role in roles.listing(call)}
    return [(user, known.get(user.role_id)) for user in store.users(call.tx, call.account_id)]


def find(call: Call, username: str) -> UserAndRole:
    """A user and their role. Raises `Missing`."""
    user = store.user(call.tx, call.account_id, username)
    if user is None:
        raise _missing(username)
    return user, roles.by_id(call, user.role_id)


def add(call: Call, *, username: str, password_hash: str, role_name: str, is_active: bool) -> StoredUser:
    """Add a user. Raises `Missing` for a role, `Conflict` for a name that somebody has."""
    roles.hold(call)
    role = roles.named(call, role_name)
    if role is None:
        raise Missing(f"{role_name} role not found", code="role_missing", field="role")
    require_covered(call, role.permission, "addUser")
    user = StoredUser(
        account_id=call.account_id,
        id=call.new_id("hpu_"),
        username=username,
        role_id=role.id,
        is_active=is_active,
        password_hash=password_hash,
        seed=_new_seed(),
        created_at=call.tx.now_us,
        updated_at=call.tx.now_us,
    )
    if not store.insert_user(call.tx, call.account_id, user):
        raise Conflict(f"User {username} already exists", code="user_exists", field="username")
    roles.changed(call)
    call.emit("harper.user.added", subject=user.id, data=_data(user), after=_audited(user))
    return user


def alter(
    call: Call,
    username: str,
    *,
    password_hash: str | None = None,
    role_name: str | None = None,
    is_active: bool | None = None,
) -> bool:
    """Change what is given of a user; False if there is none.

    A new password ends sessions and tokens. Raises `Missing` for a role, `Invalid` if no active super user would be left.
    """
    roles.hold(call)
    role = None if role_name is None else roles.named(call, role_name)
    if role_name is not None and role is None:
        raise Missing(f"Update failed.  Requested '{role_name}' role not found.", code="role_missing", field="role")
    before = store.user(call.tx, call.account_id, username)
    if before is None:
        return False
    _may_change(call, before, "alterUser")
    if role is not None:
        require_covered(call, role.permission, "alterUser")
    had_super_user = roles.has_super_user(call)
    user = replace(
        before,
        role_id=before.role_id if role is None else role.id,
        is_active=before.is_active if is_active is None else is_active,
        updated_at=call.tx.now_us,
    )
    if password_hash is not None:
        user = replace(user, password_hash=password_hash, seed=_new_seed(), refresh_digest=None)
        credentials_store.delete_sessions_of(call.tx, call.account_id, user.id)
    store.put_user(call.tx, call.account_id, user)
    roles.keep_super_user(call, had_one=had_super_user)
    roles.changed(call)
    call.emit("harper.user.altered", subject=user.id, data=_data(user), before=_audited(before), after=_audited(user))
    return True


def drop(call: Call, username: str) -> None:
    """Remove a user with their sessions. Raises `Missing`, or `Invalid` for the last active super user."""
    roles.hold(call)
    user = store.user(call.tx, call.account_id, username)
    if user is None:
        raise _missing(username)
    _may_change(call, user, "dropUser")
    had_super_user = roles.has_super_user(call)
    credentials_store.delete_sessions_of(call.tx, call.account_id, user.id)
    store.delete_user(call.tx, call.account_id, username)
    roles.keep_super_user(call, had_one=had_super_user)
    roles.changed(call)
    call.emit("harper.user.dropped", subject=user.id, data=_data(user), before=_audited(user))


def _may_change(call: Call, user: StoredUser, function: str) -> None:
    present = roles.by_id(call, user.role_id)
    require_covered(call, None if present is None else present.permission, function)


def _missing(username: str) -> Missing:
    return Missing(f"User {username} does not exist", code="user_missing", field="username")


def _new_seed() -> str:
    return secrets.token_urlsafe(_SEED_BYTES)


def _data(user: StoredUser) -> dict[str, object]:
    return {"user": user.id, "role": user.role_id, "active": user.is_active}


def _audited(user: StoredUser) -> dict[str, object]:
    return {"username": user.username, "role": user.role_id, "active": user.is_active}
