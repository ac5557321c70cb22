"""Who works on an application: read by everybody on it, changed by its administrators."""

from __future__ import annotations

from dataclasses import replace

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing
from harbor.kernel.identity import people_store
from harbor.kernel.identity.people_model import Person, check_email
from harbor.kernel.mail import outbox
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.collaborators import store
from harbor.products.appharbor_apps.collaborators.model import Collaborator, check_role
from harbor.products.appharbor_apps.telling import next_number, tell


def listing(call: Call, slug: str) -> list[Collaborator]:
    """The collaborators of an application by name; the owner is none of them."""
    call, application = applications.require(call, slug, Right.READ)
    return store.of_application(call.tx, call.account_id, application.id)


def find(call: Call, slug: str, collaborator_id: int) -> Collaborator:
    """One collaborator. Raises `Missing`."""
    call, application = applications.require(call, slug, Right.READ)
    return _find(call, application, collaborator_id)


def add(call: Call, slug: str, *, email: str, role: str, allows_invitations: bool) -> Collaborator:
    """A new collaborator; an address that nobody has is invited.

    Raises `Conflict` for who is on the application already, and `Missing` for an unknown address where nobody is invited.
    """
    call, application = applications.require(call, slug, Right.CONFIGURE)
    given = check_role(role)
    address = check_email(email)
    person = people_store.by_email(call.tx, address)
    is_known = person is not None and person.is_active
    if not is_known and not allows_invitations:
        raise Missing("There is nobody with this address.", code="person_not_found")
    is_owner = person is not None and person.id == application.person_id
    if is_owner or store.by_email(call.tx, call.account_id, application.id, address) is not None:
        raise Conflict("This person works on the application already.", code="collaborator_exists")
    collaborator = Collaborator(
        account_id=call.account_id,
        id=next_number(call, "collaborators"),
        application_id=application.id,
        person_id=person.id if is_known and person is not None else None,
        email=address,
        name=address,
        role=given,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, collaborator)
    if not is_known:
        _invite(call, application, address)
    tell(call, "collaborator.added", application.id, collaborator_id=collaborator.id, role=given.value)
    return collaborator


def change(call: Call, slug: str, collaborator_id: int, *, role: str) -> Collaborator:
    """The collaborator with another role."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    collaborator = _find(call, application, collaborator_id)
    given = check_role(role)
    store.put_role(call.tx, call.account_id, collaborator.id, given)
    tell(call, "collaborator.changed", application.id, collaborator_id=collaborator.id, role=given.value)
    return replace(collaborator, role=given)


def remove(call: Call, slug: str, collaborator_id: int) -> None:
    """Take a collaborator off the application."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    collaborator = _find(call, application, collaborator_id)
    store.delete(call.tx, call.account_id, collaborator.id)
    tell(call, "collaborator.removed", application.id, collaborator_id=collaborator.id)


def join(call: Call, person: Person) -> int:
    """Give a person, whose address is known to be theirs, what it was invited to; how many applications that were."""
    return store.join(call.tx, call.account_id, person.email, person.id)


def remove_all(call: Call, application_id: int) -> None:
    """Take everybody off an application that goes."""
    store.delete_of_application(call.tx, call.account_id, application_id)


def _find(call: Call, application: Application, collaborator_id: int) -> Collaborator:
    found = store.find(call.tx, call.account_id, application.id, collaborator_id)
    if found is None:
        raise Missing("Not Found")
    return found


def _invite(call: Call, application: Application, address: str) -> None:
    outbox.send(
        call.tx,
        call.account_id,
        address,
        "You are invited to work on an application",
        f"You are invited to work on the application {application.name}.\n\n"
        f"Once you have an account at {call.base_url or 'Harbor'} with this address, it is in your list.\n",
        topic=f"appharbor-invitation:{application.id}",
        mail_id=call.new_id("mail_"),
    )
