"""Roles on the wire: list_roles, add_role, alter_role, drop_role. Source: docs/products/harper.md#roles."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from harbor.kernel.bounds import KIB
from harbor.kernel.call import Call
from harbor.products.harper_tables.access import roles
from harbor.products.harper_tables.access.model import Role
from harbor.products.harper_tables.access.rules import Catalogue, check_role
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import TIMES
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.replies import plain
from harbor.products.harper_tables.rights import user_of

_GROUP = "Users and roles"
# It is read into rights whenever something about the account's users changes.
_PERMISSION_BYTES_MAX = 256 * KIB
_US_IN_MS = 1_000


def list_roles(call: Call) -> list[dict[str, Any]]:
    """All roles."""
    return [shown(role) for role in roles.listing(call)]


def add_role(call: Call, body: Fields) -> dict[str, Any]:
    """Add a role."""
    check_role(body.values, catalogue(call), body.compat, needs_name=True)
    role = roles.add(
        call, name=body.values["role"], permission=_permission(body), role_id=body.values.get("id") or None
    )
    return _stored(role)


def alter_role(call: Call, body: Fields) -> dict[str, Any]:
    """Replace a role's permission."""
    check_role(body.values, catalogue(call), body.compat, needs_name=False)
    role = roles.alter(call, body.values["id"], permission=_permission(body), name=body.values.get("role") or None)
    return _stored(role)


def drop_role(call: Call, body: Fields) -> str:
    """Remove a role that no active user has."""
    role_id = body.values.get("id")
    if not isinstance(role_id, str) or not role_id:
        raise invalid("Id can't be blank", code="invalid_field", field="id")
    return f"{roles.drop(call, role_id).name} successfully deleted"


def shown(role: Role) -> dict[str, Any]:
    """A role as lists and users show it."""
    return {
        "id": role.id,
        "role": role.name,
        "permission": role.permission,
        "__createdtime__": role.created_at // _US_IN_MS,
        "__updatedtime__": role.updated_at // _US_IN_MS,
    }


def catalogue(call: Call) -> Catalogue:
    """What a role of this caller's may name: what they see themselves."""
    rights = user_of(call).rights

    def has_database(name: str) -> bool:
        return rights.sees_database(name) and catalog.has_database(call, name)

    def attributes_of(database: str, table: str) -> Collection[str] | None:
        found = catalog.lookup(call, database, table) if rights.sees_table(database, table) else None
        return None if found is None else found.known | {*TIMES}

    return Catalogue(has_database, attributes_of)


def _stored(role: Role) -> dict[str, Any]:
    return {
        "role": role.name,
        "permission": role.permission,
        "id": role.id,
        "__updatedtime__": role.updated_at // _US_IN_MS,
        "__createdtime__": role.created_at // _US_IN_MS,
    }


def _permission(body: Fields) -> dict[str, Any]:
    found: dict[str, Any] = plain(body.values["permission"])
    size = len(msgspec.json.encode(found))
    if size > _PERMISSION_BYTES_MAX:
        raise invalid(
            f"permission has {size} bytes; at most {_PERMISSION_BYTES_MAX} fit.", code="too_large", field="permission"
        )
    return found


OPERATIONS = (
    Operation(name="list_roles", handler=list_roles, only="listRoles", group=_GROUP, summary="All roles"),
    Operation(name="add_role", handler=add_role, only="addRole", writes=True, group=_GROUP, summary="Add a role"),
    Operation(
        name="alter_role",
        handler=alter_role,
        only="alterRole",
        writes=True,
        group=_GROUP,
        summary="Replace a role's permission",
    ),
    Operation(name="drop_role", handler=drop_role, only="dropRole", writes=True, group=_GROUP, summary="Remove a role"),
)
