"""explain_permission on the wire: whether somebody may do something, and what is missing. An addition of ours.

Anybody may ask about themselves; about a user or a role, super users. Source: docs/products/harper.md#permission-explain.
"""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.products.harper_tables.access.explain import Question, explain, of_role, of_user
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import super_users_only
from harbor.products.harper_tables.rights import user_of

_ATTRIBUTES_MAX = 1_000


def explain_permission(call: Call, body: Fields) -> dict[str, Any]:
    """Whether the caller, a user or a role may run an operation on a table."""
    username, role = body.text("username"), body.text("role")
    asked = body.text("for_operation", required=True)
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    table = body.name("table")
    attributes = body.array("attributes")
    if any(not isinstance(each, str) for each in attributes) or len(attributes) > _ATTRIBUTES_MAX:
        body.refuse(f"'attributes' must be at most {_ATTRIBUTES_MAX} strings", field="attributes")
    if username and role:
        body.refuse("Give 'username' or 'role', not both", field="role")
    body.check()
    caller = user_of(call)
    if (username and username != caller.username) or role:
        if not caller.rights.is_super_user:
            raise super_users_only("explainPermission")
        subject = of_user(call, username) if username else of_role(call, role)
    else:
        subject = caller
    return explain(call, subject, Question(asked, database, table or None, tuple(attributes)))


OPERATIONS = (
    Operation(
        name="explain_permission",
        handler=explain_permission,
        group="Users and roles",
        summary="Whether somebody may do something",
    ),
)
