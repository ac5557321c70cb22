"""Acting as a person before there is a session: what follows is told as that person's doing."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.http.services import Services
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Environment, Principal
from harbor.kernel.identity.people_model import Person


def acting_as(call: Call, services: Services, person: Person) -> Call:
    """A call of the person in the organization's production account, with no scope at all: it can tell, not ask."""
    account = identity.accounts_of(call.tx, person.organization_id)[Environment.PRODUCTION]
    principal = Principal(
        account_id=account.id,
        organization_id=person.organization_id,
        environment=account.environment,
        actor=person.id,
        scopes=frozenset(),
    )
    return services.call(call.tx, principal, request_id=call.request_id, base_url=call.base_url, route=call.route)
