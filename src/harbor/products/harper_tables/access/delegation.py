"""Nobody gives more than they have.

A role's list of operations may grant those of super users, add_role and alter_user among them. Who is no super user then
makes and changes only roles, and users with roles, that grant nothing beyond their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harbor.kernel.call import Call
from harbor.products.harper_tables.access.model import SUPER_USER
from harbor.products.harper_tables.access.role_rights import FLAGS, SETTINGS, RoleRights
from harbor.products.harper_tables.refusals import super_users_only
from harbor.products.harper_tables.rights import EverythingAllowed, Rights, User

_VERBS = ("sql:insert", "sql:update", "sql:delete")


def require_covered(call: Call, permission: Mapping[str, Any] | None, function: str) -> None:
    """Raise the 403 of `function` unless the caller's own rights cover this permission object; None grants nothing."""
    # Work of the platform itself, such as setting up an installation, is nobody's delegation.
    rights = call.principal.rights if isinstance(call.principal, User) else EverythingAllowed()
    if not rights.is_super_user and permission is not None and not covers(rights, permission):
        raise super_users_only(function)


def covers(own: Rights, permission: Mapping[str, Any]) -> bool:
    """Whether everything that a permission object grants is granted to `own` as well."""
    if own.is_super_user:
        return True
    if permission.get(SUPER_USER) is True or not isinstance(own, RoleRights):
        return False
    given = RoleRights(permission)
    return _structures(own, permission) and _operations(own, given) and _tables(own, given, permission)


def _structures(own: RoleRights, permission: Mapping[str, Any]) -> bool:
    wanted = permission.get("structure_user")
    if isinstance(wanted, list):
        return all(own.may_structure(database) for database in wanted)
    return wanted is not True or own.structures_all


def _operations(own: RoleRights, given: RoleRights) -> bool:
    if own.operations is None:
        return True
    if given.operations is None or not given.operations <= own.operations:
        return False
    return all(own.may_run(verb) for verb in _VERBS if given.may_run(verb))


def _tables(own: RoleRights, given: RoleRights, permission: Mapping[str, Any]) -> bool:
    named = [
        (database, table)
        for database, grants in permission.items()
        if database not in SETTINGS and isinstance(grants, dict)
        for table in grants.get("tables") or {}
    ]
    return all(_table(own, given, database, table) for database, table in named)


def _table(own: RoleRights, given: RoleRights, database: str, table: str) -> bool:
    for flag in FLAGS:
        if not given.allows(database, table, flag):
            continue
        if not own.allows(database, table, flag):
            return False
        mine = own.attributes(database, table, flag)
        theirs = given.attributes(database, table, flag)
        if mine is not None and (theirs is None or not theirs <= mine):
            return False
    return True
