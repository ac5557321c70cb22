"""A super user acting with the rights of another: the field `impersonate` of any operation.

The rights are never those of a super user. Audits keep the real caller. Source: docs/products/harper.md#impersonation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harbor.kernel.errors import Denied, Invalid, Missing
from harbor.kernel.http.request import Request
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.access import store
from harbor.products.harper_tables.access.caller import Caller
from harbor.products.harper_tables.access.model import SUPER_USER
from harbor.products.harper_tables.access.role_rights import RoleRights
from harbor.products.harper_tables.operations import exchange
from harbor.products.harper_tables.refusals import invalid

_KINDS = ("username", "role_name", "role")


def applied(tx: Tx, request: Request, user: Caller) -> Caller:
    """The caller with the rights that the request asks for; the caller as they are if it asks for none."""
    asked = exchange(request).values.get("impersonate")
    if asked is None:
        return user
    if not user.rights.is_super_user:
        raise Denied("Only super_user can use impersonation", code="impersonation_denied")
    kind, target = _target(asked)
    if kind == "role":
        return replace(user, rights=_rights(target))
    if kind == "role_name":
        role = store.role_by_name(tx, user.account_id, target)
        if role is None:
            raise Missing(f"Impersonation target role '{target}' not found", code="impersonation_missing")
        return replace(user, rights=_rights(role.permission))
    found = store.user(tx, user.account_id, target)
    if found is None:
        raise Missing(f"Impersonation target user '{target}' not found", code="impersonation_missing")
    if not found.is_active:
        raise Denied(f"Impersonation target user '{target}' is inactive", code="impersonation_inactive")
    role = store.role(tx, user.account_id, found.role_id)
    return replace(user, rights=_rights({} if role is None else role.permission), shown_as=found.username)


def _target(asked: object) -> tuple[str, Any]:
    if not isinstance(asked, dict):
        raise _malformed("must be an object")
    kinds = [kind for kind in _KINDS if asked.get(kind) is not None]
    if len(kinds) != 1 or len(asked) != 1:
        raise _malformed("must have exactly one of username, role_name and role")
    kind = kinds[0]
    value = asked[kind]
    if kind != "role":
        if not isinstance(value, str) or not value:
            raise _malformed(f"{kind} must be a text")
        return kind, value
    permission = value.get("permission") if isinstance(value, dict) else None
    if not isinstance(permission, dict) or not _is_readable(permission):
        raise _malformed("role.permission must be the permission object of a role")
    return kind, permission


def _rights(permission: Mapping[str, Any]) -> RoleRights:
    return RoleRights({name: value for name, value in permission.items() if name != SUPER_USER})


def _is_readable(permission: Mapping[str, Any]) -> bool:
    """Whether rights can be read out of it; what it names need not exist, for then it grants nothing."""
    try:
        RoleRights(permission)
    except (AttributeError, KeyError, TypeError):
        return False
    return True


def _malformed(why: str) -> Invalid:
    return invalid(f"Invalid impersonate payload: {why}", code="impersonation_malformed", field="impersonate")
