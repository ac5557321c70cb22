"""Clients registered, consent given or refused, codes exchanged.

The consent page is a page of the console. It calls `ask` with the query it was opened with, shows `asked.client.name`,
and leads the browser to what `approve` or `refuse` gives. The page guards its form with the console's own token.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.errors import Invalid, Missing
from harbor.kernel.identity import people_store
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Environment
from harbor.kernel.identity.secrets import digest
from harbor.products.appharbor_apps.access import service as access
from harbor.products.appharbor_apps.access.model import Token, TokenKind, check_name, new_guid, scopes_of
from harbor.products.appharbor_apps.oauth import rules, store
from harbor.products.appharbor_apps.oauth.model import (
    CHALLENGE_METHODS,
    CODE_LIFETIME,
    CODES_KEPT,
    Asked,
    Client,
    Code,
    Exchanged,
    Given,
)


def register(call: Call, *, name: str, callback_url: str, application_url: str) -> tuple[Client, str]:
    """A new client of the caller's account and its secret, which is shown this once."""
    secret = new_guid()
    client = Client(
        account_id=call.account_id,
        id=new_guid(),
        person_id=access.me(call),
        name=check_name(name),
        callback_url=rules.check_url(callback_url, "callback_url"),
        application_url=rules.check_url(application_url, "application_url"),
        secret_digest=digest(secret),
        created_at=call.tx.now,
    )
    store.insert_client(call.tx, call.account_id, client)
    call.emit("appharbor.client.registered", subject=client.id, data={"client_id": client.id})
    return client, secret


def listing(call: Call) -> list[Client]:
    """The clients of the caller's account, by name."""
    return store.clients_by_name(call.tx, call.account_id)


def remove(call: Call, client_id: str) -> None:
    """Remove a client of the caller's account and end all tokens it holds. Raises `Missing`."""
    if not store.delete_client(call.tx, call.account_id, client_id):
        raise Missing("There is no such client.")
    ended = access.revoke_of_client(call, client_id)
    call.emit("appharbor.client.removed", subject=client_id, data={"client_id": client_id, "tokens": ended})


def ask(call: Call, query: Mapping[str, str]) -> Asked:
    """What a client asks for, from the query of the authorize address. Raises `Invalid`: then nobody is sent anywhere."""
    client = store.client(call.tx, query.get("client_id", "").strip().lower())
    if client is None:
        raise Invalid("There is no client with this client_id.", field="client_id")
    # Some clients leave it out, one writes it otherwise. Source: docs/products/appharbor.md#authorize.
    redirect_uri = query.get("redirect_uri") or query.get("redirect_url") or client.callback_url
    if not rules.matches(redirect_uri, client.callback_url):
        raise Invalid("redirect_uri is not the client's callback URL.", field="redirect_uri")
    if (query.get("response_type") or "code").lower() != "code":
        raise Invalid("response_type must be code.", field="response_type")
    challenge, method = query.get("code_challenge") or None, query.get("code_challenge_method") or "plain"
    if challenge is not None and (method not in CHALLENGE_METHODS or len(challenge) > 256):
        raise Invalid("code_challenge_method must be S256 or plain.", field="code_challenge_method")
    state = query.get("state")
    if state is not None and len(state) > rules.STATE_LENGTH_MAX:
        raise Invalid(f"state has more than {rules.STATE_LENGTH_MAX} characters.", field="state")
    return Asked(
        client=client,
        redirect_uri=redirect_uri,
        state=state,
        scopes=scopes_of((query.get("scope") or "").replace(",", " ").split()),
        challenge=challenge,
        challenge_method=method if challenge else None,
    )


def approve(call: Call, asked: Asked) -> str:
    """Where to lead the browser after the caller, a person, consented: the client's address with a code."""
    person = access.person_of(call)
    account = identity.accounts_of(call.tx, person.organization_id)[Environment.PRODUCTION]
    text = new_guid()
    code = Code(
        account_id=account.id,
        digest=digest(text),
        organization_id=person.organization_id,
        person_id=person.id,
        client_id=asked.client.id,
        redirect_uri=asked.redirect_uri,
        scopes=asked.scopes,
        challenge=asked.challenge,
        challenge_method=asked.challenge_method,
        token_id=None,
        created_at=call.tx.now,
        expires_at=call.tx.now + CODE_LIFETIME,
        used_at=None,
    )
    store.delete_codes_before(call.tx, account.id, micros(call.tx.now - CODES_KEPT))
    store.insert_code(call.tx, account.id, code)
    call.emit("appharbor.client.authorized", subject=asked.client.id, data={"client_id": asked.client.id})
    return rules.with_query(asked.redirect_uri, {"code": text, "state": asked.state})


def refuse(asked: Asked) -> str:
    """Where to lead the browser after the person refused."""
    return rules.with_query(asked.redirect_uri, {"error": "access_denied", "state": asked.state})


def exchange(call: Call, given: Given, *, lifetime: timedelta | None) -> Exchanged:
    """The token for a code. Says what is wrong by its result and not by an error, because a replay changes something."""
    if not given.client_id or not given.client_secret or not given.code:
        return Exchanged(None, "invalid_request")
    client = store.client(call.tx, given.client_id.strip().lower())
    secret = digest(given.client_secret.strip().lower())
    if client is None or not secrets.compare_digest(client.secret_digest, secret):
        return Exchanged(None, "unauthorized_client")
    code = store.code(call.tx, digest(given.code.strip().lower()))
    if code is None or code.client_id != client.id:
        return Exchanged(None, "invalid_grant")
    if code.used_at is not None:
        # Whoever comes second may be the thief, and so may the first have been. RFC 6749, 4.1.2.
        access.revoke_token(call, code.account_id, code.person_id, code.token_id or "")
        return Exchanged(None, "invalid_grant")
    if code.expires_at <= call.tx.now or not _proven(code, given):
        return Exchanged(None, "invalid_grant")
    person = people_store.find(call.tx, code.organization_id, code.person_id)
    if person is None or not person.is_active:
        return Exchanged(None, "invalid_grant")
    token, text = access.mint(
        call,
        person=person,
        name=client.name,
        kind=TokenKind.OAUTH,
        scopes=code.scopes,
        client_id=client.id,
        lifetime=lifetime,
    )
    if not store.use_code(call.tx, code.account_id, code.digest, token.id):
        access.revoke_token(call, code.account_id, code.person_id, token.id)
        return Exchanged(None, "invalid_grant")
    return Exchanged(text, expires_in_s=None if lifetime is None else int(lifetime.total_seconds()))


def _proven(code: Code, given: Given) -> bool:
    if given.redirect_uri and given.redirect_uri != code.redirect_uri:
        return False
    if code.challenge is None:
        return True
    return given.verifier is not None and rules.proves(code.challenge, code.challenge_method or "plain", given.verifier)


# Grants


def grants(call: Call) -> list[tuple[Client, list[Token]]]:
    """The clients that may act for the caller, by name, each with its tokens, newest first."""
    held: dict[str, list[Token]] = {}
    for token in access.listing(call):
        if token.client_id is not None:
            held.setdefault(token.client_id, []).append(token)
    found = [(client, tokens) for id_, tokens in held.items() if (client := store.client(call.tx, id_)) is not None]
    return sorted(found, key=lambda each: (each[0].name.casefold(), each[0].id))


def revoke_grant(call: Call, client_id: str) -> None:
    """End what a client may do for the caller. Raises `Missing`."""
    tokens = access.granted_to(call, client_id)
    if not tokens:
        raise Missing("This client may not act for you.")
    for token in tokens:
        access.revoke(call, token.id)
