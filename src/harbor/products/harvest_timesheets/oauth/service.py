"""Applications registered, people asked, consent given or refused.

The page that asks (`pages/authorize.py`) calls `ask` with the query it was opened with, and leads the browser to what
`approve` or `refuse` gives. Codes and refresh tokens are exchanged in `exchange.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.errors import Invalid, Missing
from harbor.kernel.identity.secrets import digest
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import APPLICATION, Membership, Token
from harbor.products.harvest_timesheets.oauth import rules, store
from harbor.products.harvest_timesheets.oauth.model import (
    CODE,
    CODE_LIFETIME,
    CODES_KEPT,
    IMPLICIT_LIFETIME,
    TOKEN,
    Application,
    Asked,
    Code,
)
from harbor.products.harvest_timesheets.telling import tell

_ID_BYTES, _SECRET_BYTES, _CODE_BYTES = 18, 48, 36


def register(
    call: Call, owner: Membership, *, name: str, redirect_url: str, reaches_all: bool
) -> tuple[Application, str]:
    """A new application of a person and its secret, which is shown this once. Raises `Invalid`."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    application = Application(
        account_id=owner.account_id,
        id=secrets.token_urlsafe(_ID_BYTES),
        user_id=owner.user_id,
        name=rules.check_name(name),
        redirect_url=rules.check_url(redirect_url, field="redirect_url"),
        reaches_all=reaches_all,
        secret_digest=digest(secret),
        created_at=call.tx.now,
    )
    store.insert(call.tx, application.account_id, application)
    tell(call.within(owner.account_id), "oauth_application.created", application.id, user_id=owner.user_id)
    return application, secret


def registered(call: Call, owner: Membership) -> list[Application]:
    """The applications of a person, by name."""
    return store.of_user(call.tx, owner.account_id, owner.user_id)


def remove(call: Call, owner: Membership, application_id: str) -> None:
    """Remove an application of a person, and end every token it has. Raises `Missing`."""
    application = store.find(call.tx, application_id)
    if application is None or (application.account_id, application.user_id) != (owner.account_id, owner.user_id):
        raise Missing("There is no such application.")
    store.delete(call.tx, application.account_id, application.id)
    ended = access.revoke_of_client(call, application.id)
    tell(call.within(owner.account_id), "oauth_application.deleted", application.id, tokens=ended)


# Consent


def ask(tx: Tx, query: Mapping[str, str]) -> Asked:
    """What an application asks for. Raises `Invalid` where it is not known who asks: then nobody is sent anywhere."""
    application = store.find(tx, query.get("client_id", "").strip())
    if application is None:
        raise Invalid("There is no application with this client_id.", field="client_id")
    redirect_uri = query.get("redirect_uri") or application.redirect_url
    if not rules.may_return_to(redirect_uri, application.redirect_url):
        raise Invalid("The redirect_uri does not begin with the application's redirect URL.", field="redirect_uri")
    challenge = query.get("code_challenge") or None
    method = query.get("code_challenge_method") or "plain"
    asked = Asked(
        application=application,
        response_type=query.get("response_type") or CODE,
        redirect_uri=redirect_uri,
        state=query.get("state"),
        scope=query.get("scope") or None,
        challenge=challenge,
        challenge_method=method if challenge else None,
        error=_fault(query, challenge, method),
    )
    if len(asked.state or "") > rules.STATE_LENGTH_MAX:
        raise Invalid(f"The state has more than {rules.STATE_LENGTH_MAX} characters.", field="state")
    return asked


def choices(asked: Asked, memberships: list[Membership]) -> list[Membership]:
    """The accounts of a person that an application may be given."""
    number = rules.account_asked(asked.scope)
    return [each for each in memberships if number is None or each.account_number == number]


def approve(call: Call, asked: Asked, account: Membership) -> str:
    """Where to lead the browser after a person consented: the application's address with a code, or with a token."""
    scope = rules.granted(asked.scope, reaches_all=asked.application.reaches_all, account_number=account.account_number)
    here = call.within(account.account_id)
    tell(here, "oauth_grant.created", asked.application.id, user_id=account.user_id, scope=scope)
    if asked.response_type == TOKEN:
        _, text = access.mint(
            here,
            user_id=account.user_id,
            name=asked.application.name,
            scope=scope,
            kind=APPLICATION,
            client_id=asked.application.id,
            lifetime=IMPLICIT_LIFETIME,
        )
        seconds = str(int(IMPLICIT_LIFETIME.total_seconds()))
        # In the query and not in the fragment: that is where published clients look.
        pairs = {"access_token": text, "expires_in": seconds, "token_type": "bearer", "scope": scope}
        return rules.with_query(asked.redirect_uri, {**pairs, "state": asked.state})
    text = secrets.token_urlsafe(_CODE_BYTES)
    code = Code(
        account_id=account.account_id,
        digest=digest(text),
        user_id=account.user_id,
        application_id=asked.application.id,
        redirect_uri=asked.redirect_uri,
        scope=scope,
        challenge=asked.challenge,
        challenge_method=asked.challenge_method,
        created_at=call.tx.now,
        expires_at=call.tx.now + CODE_LIFETIME,
        used_at=None,
    )
    store.delete_codes_before(call.tx, account.account_id, micros(call.tx.now - CODES_KEPT))
    store.insert_code(call.tx, account.account_id, code)
    return rules.with_query(asked.redirect_uri, {"code": text, "scope": scope, "state": asked.state})


def refuse(asked: Asked, error: str = "access_denied") -> str:
    """Where to lead the browser if the person refused, or could not be asked."""
    return rules.with_query(asked.redirect_uri, {"error": error, "state": asked.state})


# Grants


def grants(call: Call, owner: Membership) -> list[tuple[Application, list[Token]]]:
    """The applications that may act for a person, by name, each with its good tokens."""
    held: dict[str, list[Token]] = {}
    for token in access.tokens_of(call.within(owner.account_id), owner.user_id):
        if token.client_id is not None and token.is_good_at(call.tx.now):
            held.setdefault(token.client_id, []).append(token)
    found = [(application, held[id_]) for id_ in held if (application := store.find(call.tx, id_)) is not None]
    return sorted(found, key=lambda each: (each[0].name.casefold(), each[0].id))


def revoke_grant(call: Call, owner: Membership, application_id: str) -> None:
    """End what an application may do for a person. Raises `Missing`."""
    ended = access.revoke_of_client(call, application_id, account_id=owner.account_id, user_id=owner.user_id)
    if not ended:
        raise Missing("This application may not act for you.")
    tell(call.within(owner.account_id), "oauth_grant.revoked", application_id, user_id=owner.user_id, tokens=ended)


def _fault(query: Mapping[str, str], challenge: str | None, method: str) -> str | None:
    """What is wrong with a request of a known application, in the words of RFC 6749, 4.1.2.1."""
    if (query.get("response_type") or CODE) not in (CODE, TOKEN):
        return "unsupported_response_type"
    if challenge is not None and not rules.is_challenge(challenge, method):
        return "invalid_request"
    return None if rules.is_scope(query.get("scope")) else "invalid_scope"
