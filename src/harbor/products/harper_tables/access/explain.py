"""Why somebody may do something, or may not: the very checks of the operations, run for whoever is asked about.

`allowed` and the two arrays are what the operation itself would say; `reasons` are the rules behind it, in their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Missing
from harbor.products.harper_tables.access import roles, users
from harbor.products.harper_tables.access.reasons import Asked, reasons
from harbor.products.harper_tables.access.user_access import no_role, rights_of
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.operations import Operation, permit
from harbor.products.harper_tables.refusals import super_users_only
from harbor.products.harper_tables.rights import DELETE, INSERT, READ, UPDATE, Need, User, require, user_of

# What operations ask of a table. Source: docs/products/harper.md#roles.
_NEEDED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("search", "search_by_conditions", "search_by_id", "search_by_hash", "search_by_value"), (READ,)),
    "insert": (INSERT,),
    "create_attribute": (INSERT,),
    "update": (UPDATE,),
    "upsert": (INSERT, UPDATE),
    "put": (INSERT, UPDATE),
    "delete": (DELETE,),
    "revert": (UPDATE,),
    **dict.fromkeys(("csv_data_load", "csv_file_load", "csv_url_load", "import_from_s3"), (INSERT,)),
    **dict.fromkeys(("sql", "changes", "explain"), (READ,)),
}


@dataclass(frozen=True, slots=True)
class Question:
    """An operation on a table, with the attributes it would name."""

    operation: str
    database: str
    table: str | None
    attributes: tuple[str, ...] = ()


def of_user(call: Call, username: str) -> User:
    """A user of the account as a caller. Raises `Missing`, or `Denied` for one without a role."""
    user, role = users.find(call, username)
    if role is None:
        raise no_role(username)
    return replace(user_of(call), username=user.username, rights=rights_of(role))


def of_role(call: Call, name: str) -> User:
    """Whoever has a role. Raises `Missing`."""
    role = roles.named(call, name)
    if role is None:
        raise Missing(f"{name} role not found", code="role_missing", field="role")
    return replace(user_of(call), rights=rights_of(role))


def is_active(call: Call, username: str) -> bool:
    """Whether a user of the account may call at all."""
    return users.find(call, username)[0].is_active


def inactive(username: str) -> dict[str, Any]:
    """What is told of a user who may not call, whatever the role says."""
    because = f"{username} is inactive: every request is refused with 401."
    reason = {"allows": False, "because": because, "path": None}
    return {"allowed": False, "unauthorized_access": [], "invalid_schema_items": [], "reasons": [reason]}


def explain(call: Call, subject: User, question: Question, operation: Operation) -> dict[str, Any]:
    """Whether they may, the two arrays of the 403 that they would get, and each rule that was asked."""
    told = {"reasons": reasons(subject.rights, _asked(call, question, operation))}
    try:
        _ask(call, subject, question, operation)
    except Denied as refusal:
        body = cast(Mapping[str, Any], refusal.extra["body"])
        return {
            "allowed": False,
            "unauthorized_access": body["unauthorized_access"],
            "invalid_schema_items": body["invalid_schema_items"],
            **told,
        }
    return {"allowed": True, "unauthorized_access": [], "invalid_schema_items": [], **told}


def _asked(call: Call, question: Question, operation: Operation) -> Asked:
    found = None if question.table is None else catalog.lookup(call, question.database, question.table)
    return Asked(
        operation=question.operation,
        names=(operation.name, *operation.also),
        is_for_super_users=operation.only is not None,
        is_for_structure_users=operation.structure,
        needs=_NEEDED.get(operation.name, ()),
        database=question.database,
        table=question.table,
        key=None if found is None else found.primary_key,
        attributes=question.attributes,
        is_there=found is not None,
    )


def _ask(call: Call, subject: User, question: Question, operation: Operation) -> None:
    permit(subject.rights, operation)
    permissions = _NEEDED.get(operation.name, ())
    if operation.structure and not subject.rights.may_structure(question.database):
        raise super_users_only(operation.only or operation.name)
    if question.table is None or not permissions:
        return
    found = catalog.lookup(call, question.database, question.table)
    may_be_new = READ not in permissions
    need = Need(
        database=question.database,
        table=question.table,
        permissions=permissions,
        attributes=dict.fromkeys([each for each in permissions if each != DELETE], question.attributes),
        is_there=found is not None,
        known=None if found is None or may_be_new else found.known,
        key=None if found is None else found.primary_key,
    )
    require(subject, [need])
