"""The accounts of a person, as the identity service lists them."""

from __future__ import annotations

from typing import Any, TypedDict

from harbor.kernel.call import Call
from harbor.kernel.http.routes import Route
from harbor.products.harvest_timesheets.access import service
from harbor.products.harvest_timesheets.access.model import Membership


class PersonBody(TypedDict):
    """The person behind a token."""

    id: int
    first_name: str
    last_name: str
    email: str


class AccountBody(TypedDict):
    """An account to name in `Harvest-Account-Id`."""

    id: int
    name: str
    product: str


class AccountsBody(TypedDict):
    """The person and the accounts, the one to begin with first."""

    user: PersonBody
    accounts: list[AccountBody]


def index(call: Call) -> dict[str, list[Membership]]:
    """Who the token belongs to, and where it leads."""
    return {"memberships": service.memberships(call)}


def show(found: dict[str, list[Membership]]) -> AccountsBody:
    """The person as known in the first account."""
    memberships = found["memberships"]
    person: Any = memberships[0]
    return {
        "user": {
            "id": person.identity_id,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": person.email,
        },
        "accounts": [
            {"id": each.account_number, "name": each.account_name, "product": "harvest"} for each in memberships
        ],
    }


ROUTES = (
    Route(
        "accounts.list",
        "GET",
        "/api/v2/accounts",
        index,
        show=show,
        summary="List the accounts a token reaches",
        tags=("Accounts",),
    ),
)
