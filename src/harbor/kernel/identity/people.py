"""What may happen to the people of an organization, and what follows for their sessions.

Rights are the caller's matter; the rules here hold for everybody. Two locks keep races out on PostgreSQL: `people` for
e-mails, usernames and owners, which seldom change, and then `person`, which signing in takes too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from msgspec import UNSET, UnsetType

from harbor.kernel.errors import Conflict, Missing
from harbor.kernel.identity import people_store, sessions_store
from harbor.kernel.identity.people_model import Person, Role, check_email, check_name, check_username
from harbor.kernel.storage.database import Tx


def add(
    tx: Tx,
    new_id: Callable[[str], str],
    *,
    organization_id: str,
    email: str,
    name: str,
    role: Role,
    username: str | None = None,
    password_hash: str | None = None,
) -> Person:
    """A new, active person. Raises `Conflict` if the e-mail or the username is taken anywhere in the installation."""
    tx.lock("people")
    person = Person(
        id=new_id("ppl_"),
        organization_id=organization_id,
        email=check_email(email),
        username=None if username is None else check_username(username),
        name=check_name(name),
        role=role,
        is_active=True,
        created_at=tx.now,
        updated_at=tx.now,
        password_hash=password_hash,
    )
    _require_free(tx, person)
    people_store.insert(tx, person)
    return person


def change(
    tx: Tx,
    organization_id: str,
    person_id: str,
    *,
    email: str | UnsetType = UNSET,
    username: str | UnsetType | None = UNSET,
    name: str | UnsetType = UNSET,
    role: Role | UnsetType = UNSET,
    is_active: bool | UnsetType = UNSET,
) -> Person:
    """The person after a change of what was given. Deactivation ends all of the person's sessions.

    Raises `Conflict` if the e-mail or the username is taken, or if the organization would lose its last active owner.
    """
    tx.lock("people")
    tx.lock("person", person_id)
    before = require(tx, organization_id, person_id)
    after = replace(
        before,
        email=before.email if email is UNSET else check_email(email),
        username=before.username if username is UNSET else None if username is None else check_username(username),
        name=before.name if name is UNSET else check_name(name),
        role=before.role if role is UNSET else role,
        is_active=before.is_active if is_active is UNSET else is_active,
        updated_at=tx.now,
    )
    _require_free(tx, after)
    if (
        _is_active_owner(before)
        and not _is_active_owner(after)
        and people_store.active_owners(tx, organization_id) == 1
    ):
        raise Conflict(
            "This is the last active owner of the organization. Make somebody else an owner first.", code="last_owner"
        )
    people_store.put(tx, after)
    if before.is_active and not after.is_active:
        sessions_store.revoke_all(tx, person_id)
    return after


def set_password(
    tx: Tx, organization_id: str, person_id: str, password_hash: str, *, keep_session_id: str | None = None
) -> None:
    """Replace a person's password and end all of the person's sessions, but the one in which the person did it."""
    tx.lock("person", person_id)
    require(tx, organization_id, person_id)
    people_store.put_password_hash(tx, organization_id, person_id, password_hash)
    sessions_store.revoke_all(tx, person_id, but=keep_session_id)


def require(tx: Tx, organization_id: str, person_id: str) -> Person:
    """That person of the organization. Raises `Missing`."""
    if (person := people_store.find(tx, organization_id, person_id)) is None:
        raise Missing(f"There is no person {person_id} in this organization.", code="person_not_found")
    return person


def _require_free(tx: Tx, person: Person) -> None:
    other = people_store.by_email(tx, person.email)
    if other is not None and other.id != person.id:
        raise Conflict("Somebody signs in with this e-mail already.", code="email_taken", field="email")
    if person.username is None:
        return
    other = people_store.by_username(tx, person.username)
    if other is not None and other.id != person.id:
        raise Conflict("Somebody has this username already.", code="username_taken", field="username")


def _is_active_owner(person: Person) -> bool:
    return person.role is Role.OWNER and person.is_active
