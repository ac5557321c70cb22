"""What a caller may: the questions that every slice asks; and tokens, made and revoked.

`me(call)` is the caller. A slice raises `denied(...)` for what a role lacks, after it has found the thing.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.errors import Denied, Missing, Unauthenticated
from harbor.kernel.identity import people_store
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.secrets import digest
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.access import store
from harbor.products.harvest_timesheets.access.model import (
    KIND_LETTERS,
    PERSONAL,
    SCOPE_ALL,
    AccessRole,
    Member,
    Membership,
    Token,
)
from harbor.products.harvest_timesheets.telling import tell

_RANDOM_BYTES = 48
# Applications get a new token each time one expires; those that have are of no use to anybody.
_EXPIRED_KEPT = timedelta(days=30)


def me(call: Call) -> Member:
    """The caller. Work of the platform itself, such as a job, is done as an administrator who is nobody."""
    if isinstance(call.principal, Member):
        return call.principal
    principal = call.principal
    return Member(
        account_id=call.account_id,
        organization_id=principal.organization_id,
        environment=principal.environment,
        actor=principal.actor,
        user_id=0,
        identity_id=0,
        account_number=0,
        access_roles=frozenset({AccessRole.ADMINISTRATOR.value}),
    )


def denied(what: str) -> Denied:
    """The refusal of a role: `You are not allowed to <what>.`"""
    return Denied(f"You are not allowed to {what}.")


def require_administrator(call: Call, what: str) -> None:
    """Raise `Denied` unless the caller is an administrator. `what` goes on after "not allowed to"."""
    if not me(call).is_administrator:
        raise denied(what)


def require(call: Call, role: AccessRole, what: str) -> None:
    """Raise `Denied` unless the caller is an administrator or a manager with the role."""
    if not me(call).has(role):
        raise denied(what)


def managed_projects(call: Call) -> frozenset[int]:
    """The projects the caller manages; for an administrator nothing, who needs not to."""
    member = me(call)
    return store.managed_projects(call.tx, call.account_id, member.user_id) if member.is_manager else frozenset()


def open_budget_projects(call: Call) -> frozenset[int]:
    """The caller's projects whose budget everybody on them sees."""
    return store.open_budget_projects(call.tx, call.account_id, me(call).user_id)


def own_people(call: Call) -> frozenset[int]:
    """The people assigned to the caller, who is a manager; else nobody."""
    member = me(call)
    return store.teammates(call.tx, call.account_id, member.user_id) if member.is_manager else frozenset()


# Tokens


def mint(
    call: Call,
    *,
    user_id: int,
    name: str,
    scope: str = SCOPE_ALL,
    kind: str = PERSONAL,
    client_id: str | None = None,
    lifetime: timedelta | None = None,
) -> tuple[Token, str]:
    """A token of a person, and its text, which is shown this once: `<number>.pt.<random>` for a personal one."""
    home = store.at_home(call.tx, call.account_id, user_id)
    if home is None:
        raise Missing("There is no such person.")
    text = f"{home.identity_id}.{KIND_LETTERS[kind]}.{secrets.token_urlsafe(_RANDOM_BYTES)}"
    token = Token(
        account_id=call.account_id,
        id=call.new_id("hvt_"),
        user_id=user_id,
        digest=digest(text),
        name=name,
        kind=kind,
        scope=scope,
        client_id=client_id,
        created_at=call.tx.now,
        expires_at=None if lifetime is None else call.tx.now + lifetime,
        revoked_at=None,
        last_used_at=None,
    )
    store.forget_expired(call.tx, call.account_id, user_id, micros(call.tx.now - _EXPIRED_KEPT))
    store.insert(call.tx, call.account_id, token)
    tell(call, "token.created", token.id, user_id=user_id, kind=kind)
    return token, text


def revoke(call: Call, *, user_id: int, token_id: str) -> None:
    """End a person's token, at once and everywhere. Raises `Missing`."""
    home = store.at_home(call.tx, call.account_id, user_id)
    if home is None or not store.revoke(call.tx, call.account_id, user_id, token_id):
        raise Missing("There is no such token.")
    for membership in store.memberships(call.tx, home.identity_id):
        rights_changed(call.tx, membership.account_id)
    tell(call, "token.revoked", token_id, user_id=user_id)


def revoke_of_client(call: Call, client_id: str, *, account_id: str | None = None, user_id: int | None = None) -> int:
    """End the tokens of an application, of everybody or of one person; how many there were."""
    ended = store.revoke_of_client(call.tx, client_id, account_id=account_id, user_id=user_id)
    for home_account, home_user in sorted(set(ended)):
        home = store.at_home(call.tx, home_account, home_user)
        for membership in [] if home is None else store.memberships(call.tx, home.identity_id):
            rights_changed(call.tx, membership.account_id)
        tell(call.within(home_account), "tokens.revoked", client_id, user_id=home_user)
    return len(ended)


def revoke_of_user(call: Call, user_id: int) -> None:
    """End all tokens of a person who is somebody else from now on."""
    home = store.at_home(call.tx, call.account_id, user_id)
    if home is None or not store.revoke_of_user(call.tx, call.account_id, user_id):
        return
    for membership in store.memberships(call.tx, home.identity_id):
        rights_changed(call.tx, membership.account_id)
    tell(call, "tokens.revoked", str(user_id), user_id=user_id)


def by_text(call: Call, text: str) -> Token | None:
    """The token with this text, good or not."""
    return store.by_digest(call.tx, digest(text))


def is_active(call: Call, account_id: str, user_id: int) -> bool:
    """Whether the person of a token is still active anywhere the token may lead."""
    home = store.at_home(call.tx, account_id, user_id)
    return home is not None and bool(store.memberships(call.tx, home.identity_id))


def of_person(call: Call) -> list[Membership]:
    """The accounts where the person who is signed in is active, the one joined last first. Raises `Denied`."""
    person = people_store.find(call.tx, call.principal.organization_id, call.principal.actor)
    if person is None:
        raise Denied("Only a person may do this.")
    accounts = [each.id for each in identity.accounts_of(call.tx, person.organization_id).values()]
    return store.of_person(call.tx, accounts, person.id, person.email)


def tokens_of(call: Call, user_id: int) -> list[Token]:
    """A person's tokens, newest first."""
    return store.of_user(call.tx, call.account_id, user_id)


def rights_changed(tx: Tx, account_id: str) -> None:
    """Call after a change of tokens, access roles or activity: callers that are remembered are looked up again."""
    identity.renew_token(tx, account_id, "roles")


def rights_token(tx: Tx, account_id: str) -> str:
    """What a remembered caller is good for: while it stays the same, nothing about them has changed."""
    return str(identity.tokens(tx, account_id)["roles"])


# Callers


def resolve(tx: Tx, key: str, account_number: int | None) -> Member:
    """The caller whose token has the digest `key`, in the account of this number, or at home without one.

    Raises `Unauthenticated` for a token that is not good, and `Missing` for an account it does not reach.
    """
    token = store.by_digest(tx, key)
    home = None if token is None else store.at_home(tx, token.account_id, token.user_id)
    if token is None or home is None or not token.is_good_at(tx.now):
        raise Unauthenticated("The token is not good.")
    if account_number is None:
        reached = _reached(tx, token, home)
        if not reached:
            raise Unauthenticated("The person of this token is active nowhere.")
        return replace(member_of(tx, reached[0]), token_id=token.id, digest=key, expires_at=token.expires_at)
    found = store.member(tx, home.identity_id, account_number)
    if found is None or not token.reaches(account_number):
        raise Missing(f"There is no account {account_number} that this token reaches.", code="account_not_found")
    return replace(member_of(tx, found), token_id=token.id, digest=key, expires_at=token.expires_at)


def member_of(tx: Tx, found: Membership) -> Member:
    """A person in an account as a caller: for tokens, and for pages where the person has signed in."""
    account = identity.account(tx, found.account_id)
    assert account is not None, found
    return Member(
        account_id=found.account_id,
        organization_id=account.organization_id,
        environment=account.environment,
        actor=f"harvest:user:{found.user_id}",
        user_id=found.user_id,
        identity_id=found.identity_id,
        account_number=found.account_number,
        access_roles=found.access_roles,
        token=rights_token(tx, found.account_id),
    )


def memberships(call: Call) -> list[Membership]:
    """The accounts that the caller's token reaches: its home first, then the one joined last."""
    token = store.by_digest(call.tx, me(call).digest or "")
    home = None if token is None else store.at_home(call.tx, token.account_id, token.user_id)
    return [] if token is None or home is None else _reached(call.tx, token, home)


def _reached(tx: Tx, token: Token, home: Membership) -> list[Membership]:
    found = [each for each in store.memberships(tx, home.identity_id) if token.reaches(each.account_number)]
    return sorted(found, key=lambda each: each.account_id != home.account_id)
