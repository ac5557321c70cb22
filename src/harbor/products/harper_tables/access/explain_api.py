"""explain_permission on the wire: whether somebody may do something, and what is missing. An addition of ours.

Anybody may ask about themselves; about a user or a role, super users. Source: docs/products/harper.md#permission-explain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harbor.kernel.call import Call
from harbor.products.harper_tables.access.explain import Question, explain, inactive, is_active, of_role, of_user
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import super_users_only
from harbor.products.harper_tables.rights import User, user_of

_ATTRIBUTES_MAX = 1_000


def explain_permission_operations(known: Sequence[Operation]) -> tuple[Operation, ...]:
    """The operation, about those that are known."""
    named = {name: each for each in known for name in (each.name, *each.also)}

    def explain_permission(call: Call, body: Fields) -> dict[str, Any]:
        """Whether the caller, a user or a role may run an operation on a table, and why."""
        username, role = body.text("username"), body.text("role")
        asked = body.text("for_operation", required=True)
        if asked and asked not in named:
            body.refuse("'for_operation' must be the name of an operation", field="for_operation")
        database = body.name("database", "schema", default=DEFAULT_DATABASE)
        table = body.name("table")
        attributes = body.array("attributes")
        if any(not isinstance(each, str) for each in attributes) or len(attributes) > _ATTRIBUTES_MAX:
            body.refuse(f"'attributes' must be at most {_ATTRIBUTES_MAX} strings", field="attributes")
        if username and role:
            body.refuse("Give 'username' or 'role', not both", field="role")
        body.check()
        subject = _subject(call, username, role)
        if username and not is_active(call, username):
            return inactive(username)
        return explain(call, subject, Question(asked, database, table or None, tuple(attributes)), named[asked])

    return (
        Operation(
            name="explain_permission",
            handler=explain_permission,
            group="Users and roles",
            summary="Whether somebody may do something, and why",
        ),
    )


def _subject(call: Call, username: str, role: str) -> User:
    caller = user_of(call)
    if not role and username in ("", caller.username):
        return caller
    if not caller.rights.is_super_user:
        raise super_users_only("explainPermission")
    return of_user(call, username) if username else of_role(call, role)
