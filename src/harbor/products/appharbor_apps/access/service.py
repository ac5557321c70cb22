"""Tokens made, resolved and revoked; and who the caller is.

`me(call)` is the caller's person. Tokens belong to the production account of the person's organization.
"""

from __future__ import annotations

from datetime import timedelta

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Missing, Unauthenticated
from harbor.kernel.identity import people_store
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Environment
from harbor.kernel.identity.people_model import Person
from harbor.kernel.identity.secrets import digest
from harbor.kernel.storage.database import Tx
from harbor.products.appharbor_apps.access import store
from harbor.products.appharbor_apps.access.model import (
    Developer,
    Token,
    TokenKind,
    check_name,
    new_guid,
    username_of,
)

touch = store.touch


def me(call: Call) -> str:
    """The person who calls, with a token or from the console. Raises `Denied` where no person does."""
    if isinstance(call.principal, Developer):
        return call.principal.person_id
    actor = call.principal.actor
    if not actor.startswith("ppl_"):
        raise Denied("Only a person may do this.")
    return actor


def person_of(call: Call) -> Person:
    """The caller's row of people. Raises `Missing`."""
    person = people_store.in_any_organization(call.tx, me(call))
    if person is None:
        raise Missing("There is no such person.")
    return person


def mint(
    call: Call,
    *,
    person: Person,
    name: str,
    kind: TokenKind = TokenKind.PERSONAL,
    scopes: frozenset[str] | None = None,
    client_id: str | None = None,
    lifetime: timedelta | None = None,
) -> tuple[Token, str]:
    """A new token of a person and its text, which is shown this once."""
    account = identity.accounts_of(call.tx, person.organization_id)[Environment.PRODUCTION]
    text = new_guid()
    token = Token(
        account_id=account.id,
        id=call.new_id("aht_"),
        organization_id=person.organization_id,
        person_id=person.id,
        digest=digest(text),
        name=check_name(name),
        kind=kind,
        scopes=scopes,
        client_id=client_id,
        created_at=call.tx.now,
        expires_at=None if lifetime is None else call.tx.now + lifetime,
        revoked_at=None,
        last_used_at=None,
    )
    store.insert(call.tx, account.id, token)
    return token, text


def make(call: Call, *, name: str, scopes: frozenset[str] | None, lifetime: timedelta | None) -> tuple[Token, str]:
    """A personal token of the caller, and its text. A token never gives more than the one that made it."""
    own = call.principal.scopes if isinstance(call.principal, Developer) else None
    if own is not None:
        scopes = own if scopes is None else scopes & own
    token, text = mint(call, person=person_of(call), name=name, scopes=scopes, lifetime=lifetime)
    call.emit("appharbor.token.created", subject=token.id, data={"token_id": token.id, "kind": token.kind.value})
    return token, text


def listing(call: Call) -> list[Token]:
    """The caller's tokens that are good, newest first."""
    return [token for token in store.of_person(call.tx, call.account_id, me(call)) if token.is_good_at(call.tx.now)]


def revoke(call: Call, token_id: str) -> None:
    """End one of the caller's tokens, at once. Raises `Missing`."""
    if not store.revoke(call.tx, call.account_id, me(call), token_id):
        raise Missing("There is no such token.")
    call.emit("appharbor.token.revoked", subject=token_id, data={"token_id": token_id})


def revoke_token(call: Call, account_id: str, person_id: str, token_id: str) -> bool:
    """End a token of somebody: for the consequences of a code that came twice."""
    return store.revoke(call.tx, account_id, person_id, token_id)


def granted_to(call: Call, client_id: str) -> list[Token]:
    """The caller's good tokens that a client holds."""
    found = store.of_person(call.tx, call.account_id, me(call), client_id=client_id)
    return [token for token in found if token.is_good_at(call.tx.now)]


def revoke_of_client(call: Call, client_id: str) -> int:
    """End all tokens a client holds, when the client goes; how many there were."""
    return store.revoke_of_client(call.tx, call.account_id, client_id)


# Callers


def resolve(tx: Tx, key: str) -> Developer:
    """The caller whose token has the digest `key`. Raises `Unauthenticated`."""
    token = store.by_digest(tx, key)
    if token is None or not token.is_good_at(tx.now):
        raise refused()
    person = people_store.find(tx, token.organization_id, token.person_id)
    if person is None or not person.is_active:
        raise refused()
    return developer(tx, person, token)


def resolve_person(tx: Tx, person_id: str) -> Developer:
    """A person who has signed in without a token. Raises `Unauthenticated` if they no longer may."""
    person = people_store.in_any_organization(tx, person_id)
    if person is None or not person.is_active:
        raise refused()
    return developer(tx, person, None)


def developer(tx: Tx, person: Person, token: Token | None) -> Developer:
    """A person as a caller."""
    account = identity.accounts_of(tx, person.organization_id)[Environment.PRODUCTION]
    return Developer(
        account_id=account.id,
        organization_id=person.organization_id,
        environment=account.environment,
        actor=person.id,
        scopes=None if token is None else token.scopes,
        expires_at=None if token is None else token.expires_at,
        digest=None if token is None else token.digest,
        person_id=person.id,
        username=username_of(person),
        email=person.email,
        token_id=None if token is None else token.id,
    )


def refused() -> Unauthenticated:
    """The one refusal of every token that is not good."""
    return Unauthenticated("Unauthorized", code="authentication_failed")
