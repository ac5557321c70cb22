"""How a person begins with AppHarbor: with a first token, with which git and every client of the API may come.

Source: docs/products/appharbor.md#first-token.
"""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.identity import people_store
from harbor.products.appharbor_apps.access import service as access
from harbor.products.appharbor_apps.access.model import username_of


def open_account(call: Call, *, person_id: str) -> dict[str, str]:
    """`username` and `access_token` of a person of the call's organization; the token is shown this once. Raises `Missing`."""
    person = people_store.in_any_organization(call.tx, person_id)
    if person is None or person.organization_id != call.principal.organization_id:
        raise Missing("There is no such person.")
    _, token = access.mint(call, person=person, name="First token")
    return {"username": username_of(person), "access_token": token}
