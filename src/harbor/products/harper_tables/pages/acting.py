"""The person at the console as a user of Harper: whose rights they have, and how they are called in audits.

Pages ask the operations and their services, as a client does. Source: docs/products/harper.md#the-console.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import copy
from dataclasses import fields
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError, Invalid
from harbor.kernel.http.services import Services
from harbor.kernel.identity import people_store
from harbor.kernel.identity.model import Principal
from harbor.products.harper_tables import scopes
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.rights import READ, EverythingAllowed, User

_PERSON = "ppl_"


class ReadsEverything:
    """The rights of a person who may look at all tables and change nothing."""

    is_super_user = False

    def may_structure(self, database: str | None) -> bool:
        """No."""
        return False

    def may_run(self, operation: str) -> bool:
        """Whatever only reads; what changes something is refused by the table's flags too."""
        return operation not in ("sql:insert", "sql:update", "sql:delete")

    def is_listed(self, operation: str) -> bool:
        """Nothing of what super users alone may do."""
        return False

    def sees_database(self, database: str) -> bool:
        """Yes."""
        return True

    def sees_table(self, database: str, table: str) -> bool:
        """Yes."""
        return True

    def allows(self, database: str, table: str, permission: str) -> bool:
        """Reading."""
        return permission == READ

    def attributes(self, database: str, table: str, permission: str) -> frozenset[str] | None:
        """All of them can be read."""
        return None


def may_manage(call: Call) -> bool:
    """Whether what changes something is offered; the routes refuse it anyway."""
    return call.principal.has_scope(scopes.MANAGE)


def as_user(call: Call) -> Call:
    """The same call with the person as a user of Harper, known by the person's id."""
    known = {each.name: getattr(call.principal, each.name) for each in fields(Principal)}
    rights = EverythingAllowed() if may_manage(call) else ReadsEverything()
    acting = copy(call)
    acting.principal = User(**known, username=call.principal.actor, rights=rights)
    return acting


def ask(
    call: Call,
    operation: Callable[..., Any],
    *,
    prepared: object = None,
    services: Services | None = None,
    **values: Any,
) -> Any:
    """What an operation answers the person. Values that are None are not sent; it gets of the rest what it names.

    A fault that Harper's clients know as a 500 is the person's here too.
    """
    body = Fields({name: value for name, value in values.items() if value is not None})
    supply = {"call": as_user(call), "body": body, "prepared": prepared, "services": services}
    wanted = inspect.signature(operation).parameters
    try:
        # What it can do without, such as the request of a client, is left to its default.
        return operation(**{name: value for name, value in supply.items() if name in wanted})
    except HarborError as error:
        if error.code == "answered_500":
            raise Invalid(error.message, code="refused", field=error.field) from None
        raise


def name_of(call: Call, username: str) -> str:
    """How a user of Harper is called on a page: people of the console by their name."""
    if not username.startswith(_PERSON):
        return username
    person = people_store.find(call.tx, call.principal.organization_id, username)
    return username if person is None else person.name or person.email
