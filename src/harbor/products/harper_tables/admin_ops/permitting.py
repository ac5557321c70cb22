"""Who may do what reaches the machine: the operator's super users, and nobody whom a role's list let through."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.identity import store as identity
from harbor.products.harper_tables import refusals
from harbor.products.harper_tables.rights import user_of


def is_operator(call: Call) -> bool:
    """Whether the caller is a super user of the organization that runs the installation."""
    if not user_of(call).rights.is_super_user:
        return False
    organization = identity.organization(call.tx, call.principal.organization_id)
    return organization is not None and organization.is_operator


def require_operator(call: Call, function: str) -> None:
    """Raise the 403 that names `function` for anybody else."""
    if not is_operator(call):
        raise refusals.super_users_only(function)
