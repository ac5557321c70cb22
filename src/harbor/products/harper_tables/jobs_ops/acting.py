"""Whose call a job's is: of whoever started it, with the rights that they had then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.jobs.model import Job
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.access.role_rights import RoleRights
from harbor.products.harper_tables.rights import EverythingAllowed, User, user_of

CallOf = Callable[[Tx, str], Call]


def kept_rights(call: Call) -> Mapping[str, Any] | None:
    """The caller's rights as a job keeps them; None for a super user's."""
    rights = user_of(call).rights
    if rights.is_super_user:
        return None
    return rights.permission if isinstance(rights, RoleRights) else {}


def call_for(tx: Tx, job: Job, call_of: CallOf) -> Call:
    """The job's call."""
    call = call_of(tx, job.account_id)
    platform = call.principal
    kept = job.data.get("rights")
    call.principal = User(
        account_id=platform.account_id,
        organization_id=platform.organization_id,
        environment=platform.environment,
        actor=job.data["user"],
        username=job.data["user"],
        rights=EverythingAllowed() if kept is None else RoleRights(kept),
    )
    return call
