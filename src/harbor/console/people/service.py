"""What an owner or administrator may do with people, and what follows. The rules for everybody are the kernel's."""

from __future__ import annotations

from harbor.console import tokens
from harbor.console.first_person import check_reachable
from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied
from harbor.kernel.identity import people, people_store, second_factor, second_factor_store, sessions_store
from harbor.kernel.identity.people_model import Person, Role
from harbor.kernel.pages import Page, PageRequest


def listed(call: Call, page: PageRequest) -> Page[Person]:
    """The people of the organization, newest first."""
    return people_store.newest_first(call.tx, call.principal.organization_id, page)


def with_second_step(call: Call) -> frozenset[str]:
    """The ids of those who are asked for a second step."""
    return second_factor_store.confirmed_of(call.tx, call.account_id)


def find(call: Call, person_id: str) -> Person:
    """One person of the organization. Raises `Missing`."""
    return people.require(call.tx, call.principal.organization_id, person_id)


def invite(call: Call, *, email: str, name: str, role: Role) -> Person:
    """A new person without a password, who joins by a link. Raises `Conflict` if somebody has the e-mail."""
    _require_owner_for(call, role)
    check_reachable(email)
    person = people.add(
        call.tx, call.new_id, organization_id=call.principal.organization_id, email=email, name=name, role=role
    )
    _tell(call, "invited", person, role=person.role.value)
    return person


def invitation(call: Call, person_id: str) -> str:
    """The token of a link to join: for a person who has not joined yet. Raises `Conflict` for others."""
    person = _changeable(call, person_id)
    if person.password_hash is not None:
        raise Conflict("This person has joined already.", code="person_joined")
    return _token(call, tokens.For.JOIN, person)


def change_role(call: Call, person_id: str, role: Role) -> Person:
    """Another role. Raises `Conflict` for the last active owner."""
    before = _changeable(call, person_id)
    _require_owner_for(call, role)
    if before.role is role:
        return before
    after = people.change(call.tx, before.organization_id, person_id, role=role)
    call.emit(
        "harbor.person.role_changed",
        subject=person_id,
        data={"person_id": person_id, "role": role.value},
        before={"role": before.role.value},
        after={"role": role.value},
    )
    return after


def deactivate(call: Call, person_id: str) -> Person:
    """No more signing in, and an end to all sessions. Raises `Conflict` for oneself and for the last active owner."""
    before = _changeable(call, person_id)
    if person_id == call.principal.actor:
        raise Conflict("You cannot deactivate yourself. Ask another owner or administrator.", code="person_is_you")
    if not before.is_active:
        return before
    after = people.change(call.tx, before.organization_id, person_id, is_active=False)
    _tell(call, "deactivated", after)
    return after


def activate(call: Call, person_id: str) -> Person:
    """Signing in is possible again."""
    before = _changeable(call, person_id)
    if before.is_active:
        return before
    after = people.change(call.tx, before.organization_id, person_id, is_active=True)
    _tell(call, "activated", after)
    return after


def reset_link(call: Call, person_id: str) -> str:
    """The token of a link to another password: given by owners, for somebody who forgot it."""
    person = _changeable(call, person_id)
    _require_owner(call, "Only an owner may give a link for another password.")
    if person.password_hash is None:
        raise Conflict("This person has not joined yet. Make a link to join.", code="person_not_joined")
    token = _token(call, tokens.For.RESET, person)
    _tell(call, "reset_link_made", person)
    return token


def reset_second_step(call: Call, person_id: str) -> None:
    """Ask a person for no second step any more, who lost phone and codes: done by owners. All sessions end."""
    person = _changeable(call, person_id)
    _require_owner(call, "Only an owner may reset somebody's second step.")
    if not second_factor.remove(call.tx, call.account_id, person_id):
        raise Conflict("This person has no second step.", code="second_factor_off")
    sessions_store.revoke_all(call.tx, person_id, but=None)
    _tell(call, "second_factor_reset", person)


def _changeable(call: Call, person_id: str) -> Person:
    call.tx.lock("people")  # so that nobody becomes an owner between the look and the change
    person = find(call, person_id)
    if person.role is Role.OWNER:
        _require_owner(call, "Only an owner may change an owner.")
    return person


def _require_owner_for(call: Call, role: Role) -> None:
    if role is Role.OWNER:
        _require_owner(call, "Only an owner may make somebody an owner.")


def _require_owner(call: Call, message: str) -> None:
    actor = people_store.find(call.tx, call.principal.organization_id, call.principal.actor)
    if actor is None or actor.role is not Role.OWNER:
        raise Denied(message, code="owners_only")


def _token(call: Call, use: tokens.For, person: Person) -> str:
    if not person.is_active:
        raise Conflict("This person is deactivated. Activate first.", code="person_not_active")
    return tokens.give(call.vault, use, person, call.tx.now)


def _tell(call: Call, what: str, person: Person, **more: object) -> None:
    call.emit(f"harbor.person.{what}", subject=person.id, data={"person_id": person.id, **more})
