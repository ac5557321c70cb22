"""Users on the wire: user_info, list_users, add_user, alter_user, drop_user. Source: docs/products/harper.md#users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError, Unavailable
from harbor.kernel.http.request import Request
from harbor.kernel.http.services import Services
from harbor.kernel.identity.passwords import PASSWORD_LENGTH_MAX, PasswordWorkers
from harbor.products.harper_tables.access import roles_api, users
from harbor.products.harper_tables.access.caller import Caller
from harbor.products.harper_tables.access.model import Role, StoredUser
from harbor.products.harper_tables.access.rules import ROLE_NAME
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import documented_500, invalid
from harbor.products.harper_tables.rights import User, user_of

_GROUP = "Users and roles"
_NAME_LENGTH_MAX = 250
_US_IN_MS = 1_000
SYSTEM_TABLES = (
    "hdb_user",
    "hdb_role",
    "hdb_job",
    "hdb_nodes",
    "hdb_info",
    "hdb_license",
    "hdb_certificate",
    "hdb_analytics",
    "hdb_raw_analytics",
    "hdb_session_will",
    "hdb_status",
    "hdb_deployment",
    "hdb_secret",
)


def user_info(call: Call) -> dict[str, Any]:
    """The caller's record; that of another, while a super user acts as them."""
    caller = user_of(call)
    name = caller.shown_as if isinstance(caller, Caller) else caller.username
    return _shown(*users.find(call, name))


def list_users(call: Call) -> list[dict[str, Any]]:
    """All users of the account."""
    return [_with_system(_shown(user, role), role) for user, role in users.listing(call)]


def add_user(call: Call, body: Fields, prepared: str | None) -> str:
    """Add a user."""
    name, password, role, active = (body.values.get(each) for each in ("username", "password", "role", "active"))
    faults = [*_text_faults("Username", name, _NAME_LENGTH_MAX), *_text_faults("Password", password)]
    if role is None or role == "":
        faults.append("Role can't be blank")
    elif not isinstance(role, str) or not ROLE_NAME.fullmatch(role):
        faults.append("Role is invalid")
    if active is None or active == "":
        faults.append("Active can't be blank")
    elif not isinstance(active, bool):
        faults.append("Active must be a boolean")
    if faults:
        raise invalid(",".join(faults), code="invalid_user")
    assert isinstance(name, str)
    assert isinstance(role, str)
    users.add(call, username=name, password_hash=_hashed(prepared), role_name=role, is_active=active is True)
    return f"{name} successfully added"


def alter_user(call: Call, body: Fields, prepared: str | None) -> dict[str, Any]:
    """Change a user's password, role or state."""
    values = body.values
    name = values.get("username")
    if not isinstance(name, str) or not name:
        raise _documented(body.compat, "username is required")
    password, role, active = values.get("password"), values.get("role"), values.get("active")
    if all(each is None for each in (password, role, active)):
        raise _documented(body.compat, "nothing to update, must supply active, role or password to update")
    if password == "":
        raise _documented(body.compat, "password cannot be an empty string")
    if role == "":
        raise _documented(body.compat, "If role is specified, it cannot be empty.")
    if active is not None and not isinstance(active, bool):
        raise _documented(body.compat, "active must be true or false")
    if password is not None and (faults := _text_faults("Password", password)):
        raise invalid(faults[0], code="invalid_user", field="password")
    if role is not None and not isinstance(role, str):
        raise invalid("Role is invalid", code="invalid_user", field="role")
    is_changed = users.alter(
        call,
        name,
        password_hash=None if password is None else _hashed(prepared),
        role_name=role,
        is_active=active,
    )
    return {
        "message": f"updated {int(is_changed)} of 1 records",
        "new_attributes": [],
        "txn_time": call.tx.now_us / _US_IN_MS,
        "update_hashes": [name] if is_changed else [],
        "skipped_hashes": [] if is_changed else [name],
    }


def drop_user(call: Call, body: Fields) -> str:
    """Remove a user."""
    name = body.values.get("username")
    if not isinstance(name, str) or not name:
        raise invalid("Username can't be blank", code="invalid_user", field="username")
    users.drop(call, name)
    return f"{name} successfully deleted"


async def prepare_password(value: object, request: Request, services: Services) -> str | None:
    """The hash of the body's password, for a caller who will be let through and a password that will be taken."""
    password = value.get("password") if isinstance(value, dict) else None
    caller = request.principal
    assert isinstance(caller, User)
    may = caller.rights.is_super_user or caller.rights.is_listed(request.route_name)
    return await hash_of(password, services) if may else None


async def hash_of(password: object, services: Services) -> str | None:
    """The hash of a password that will be taken; None for any other."""
    if not isinstance(password, str) or _text_faults("Password", password):
        return None
    return await cast(PasswordWorkers, services.tools["passwords"]).hash(password)


def _hashed(prepared: str | None) -> str:
    if prepared is None:  # the caller got the right between the check and the transaction
        raise Unavailable("Your role has just changed; send the request again.", retry_after_s=1)
    return prepared


def _text_faults(label: str, value: object, length_max: int = PASSWORD_LENGTH_MAX) -> list[str]:
    if value is None or (isinstance(value, str) and not value.strip()):
        return [f"{label} can't be blank"]
    if not isinstance(value, str):
        return [f"{label} must be a string"]
    if len(value) > length_max:
        return [f"{label} is too long (maximum is {length_max} characters)"]
    return []


def _documented(compat: Compat, message: str) -> HarborError:
    """What v4 answers with 500, which is no fault of ours. Source: docs/products/harper.md#compatibility."""
    return documented_500(message) if compat is Compat.V4 else invalid(message, code="invalid_user")


def _shown(user: StoredUser, role: Role | None) -> dict[str, Any]:
    return {
        "username": user.username,
        "active": user.is_active,
        "role": None if role is None else roles_api.shown(role),
        "__createdtime__": user.created_at // _US_IN_MS,
        "__updatedtime__": user.updated_at // _US_IN_MS,
    }


def _with_system(record: dict[str, Any], role: Role | None) -> dict[str, Any]:
    """What a super user may do with the platform's own tables: read them."""
    if role is not None and role.is_super_user:
        flags = {"read": True, "insert": False, "update": False, "delete": False, "attribute_permissions": []}
        system: Mapping[str, Any] = {"tables": dict.fromkeys(SYSTEM_TABLES, flags)}
        record["role"]["permission"] = {**role.permission, "system": system}
    return record


OPERATIONS = (
    Operation(name="user_info", handler=user_info, group=_GROUP, summary="The caller's record"),
    Operation(name="list_users", handler=list_users, only="listUsersExternal", group=_GROUP, summary="All users"),
    Operation(
        name="add_user",
        handler=add_user,
        prepare=prepare_password,
        only="addUser",
        writes=True,
        group=_GROUP,
        summary="Add a user",
    ),
    Operation(
        name="alter_user",
        handler=alter_user,
        prepare=prepare_password,
        only="alterUser",
        writes=True,
        group=_GROUP,
        summary="Change a user's password, role or state",
    ),
    Operation(name="drop_user", handler=drop_user, only="dropUser", writes=True, group=_GROUP, summary="Remove a user"),
)
