"""Why somebody may do something, or may not: the very checks of the operations, run for whoever is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Missing
from harbor.products.harper_tables.access import roles, users
from harbor.products.harper_tables.access.user_access import no_role, rights_of
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.refusals import invalid, unauthorized
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


def explain(call: Call, subject: User, question: Question) -> dict[str, Any]:
    """Whether they may, and the two arrays of the 403 that they would get."""
    if question.operation not in _NEEDED:
        known = ", ".join(sorted(_NEEDED))
        raise invalid(f"'for_operation' must be one of [{known}]", code="invalid_field", field="for_operation")
    try:
        _ask(call, subject, question)
    except Denied as refusal:
        body = cast(Mapping[str, Any], refusal.extra["body"])
        return {
            "allowed": False,
            "unauthorized_access": body["unauthorized_access"],
            "invalid_schema_items": body["invalid_schema_items"],
        }
    return {"allowed": True, "unauthorized_access": [], "invalid_schema_items": []}


def _ask(call: Call, subject: User, question: Question) -> None:
    if not subject.rights.may_run(question.operation):
        raise unauthorized(
            [f"Operation '{question.operation}' is not permitted for this role's operations configuration"], []
        )
    if question.table is None:
        return
    found = catalog.lookup(call, question.database, question.table)
    permissions = _NEEDED[question.operation]
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
