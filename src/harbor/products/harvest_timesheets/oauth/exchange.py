"""Codes and refresh tokens exchanged for access tokens, and tokens given back.

What is wrong is said by the result and not by an error, because a code that comes twice changes something: whoever is
second may be the thief, and so may the first have been. Source: RFC 6749, 4.1.2.
"""

from __future__ import annotations

import secrets
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.identity.secrets import digest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import APPLICATION, REFRESH, Token
from harbor.products.harvest_timesheets.oauth import rules, store
from harbor.products.harvest_timesheets.oauth.model import ACCESS_LIFETIME, Application, Code, Exchanged, Given

_BY_CODE, _BY_REFRESH = "authorization_code", "refresh_token"
INVALID_CLIENT: Final = Exchanged(error="invalid_client", description="Client id or client secret is wrong.")
_BAD_CODE: Final = Exchanged(
    error="invalid_grant", description="The code is wrong, expired, used, or was made for another request."
)
_BAD_REFRESH: Final = Exchanged(error="invalid_grant", description="The refresh token is wrong or revoked.")


def exchange(call: Call, given: Given) -> Exchanged:
    """Tokens for a code or for a refresh token, or what is wrong."""
    if not given.grant_type:
        return _missing("grant_type")
    if given.grant_type not in (_BY_CODE, _BY_REFRESH):
        return Exchanged(error="unsupported_grant_type", description=f"grant_type must be {_BY_CODE} or {_BY_REFRESH}.")
    if not given.client_id or not given.client_secret:
        return _missing("client_id" if not given.client_id else "client_secret")
    application = _authenticated(call, given)
    if application is None:
        return INVALID_CLIENT
    return _by_code(call, application, given) if given.grant_type == _BY_CODE else _by_refresh(call, application, given)


def give_back(call: Call, given: Given, text: str) -> Exchanged:
    """End a token of an application; with a refresh token everything the person gave it. Source: RFC 7009."""
    application = _authenticated(call, given)
    if application is None:
        return INVALID_CLIENT
    token = access.by_text(call, text)
    if token is not None and token.client_id == application.id:
        if token.kind == REFRESH:
            access.revoke_of_client(call, application.id, account_id=token.account_id, user_id=token.user_id)
        elif token.is_good_at(call.tx.now):
            access.revoke(call.within(token.account_id), user_id=token.user_id, token_id=token.id)
    return Exchanged()  # an unknown token is no error: what was to be reached is so


def _by_code(call: Call, application: Application, given: Given) -> Exchanged:
    if not given.code:
        return _missing("code")
    code = store.code(call.tx, digest(given.code.strip()))
    if code is None or code.application_id != application.id:
        return _BAD_CODE
    if code.used_at is not None or not store.use_code(call.tx, code.account_id, code.digest):
        access.revoke_of_client(call, application.id, account_id=code.account_id, user_id=code.user_id)
        return _BAD_CODE
    if code.expires_at <= call.tx.now or not _is_proven(code, given):
        return _BAD_CODE
    if not access.is_active(call, code.account_id, code.user_id):
        return _BAD_CODE
    here = call.within(code.account_id)
    _, refresh = access.mint(
        here, user_id=code.user_id, name=application.name, scope=code.scope, kind=REFRESH, client_id=application.id
    )
    return _with_access(here, application, code.user_id, code.scope, refresh)


def _by_refresh(call: Call, application: Application, given: Given) -> Exchanged:
    if not given.refresh_token:
        return _missing("refresh_token")
    token: Token | None = access.by_text(call, given.refresh_token.strip())
    is_good = token is not None and token.kind == REFRESH and token.client_id == application.id
    if token is None or not is_good or not token.is_good_at(call.tx.now):
        return _BAD_REFRESH
    if not access.is_active(call, token.account_id, token.user_id):
        return _BAD_REFRESH
    # The same refresh token goes on: published clients never store another one.
    here = call.within(token.account_id)
    return _with_access(here, application, token.user_id, token.scope, given.refresh_token.strip())


def _with_access(call: Call, application: Application, user_id: int, scope: str, refresh: str) -> Exchanged:
    _, text = access.mint(
        call,
        user_id=user_id,
        name=application.name,
        scope=scope,
        kind=APPLICATION,
        client_id=application.id,
        lifetime=ACCESS_LIFETIME,
    )
    return Exchanged(access_token=text, refresh_token=refresh, expires_in_s=int(ACCESS_LIFETIME.total_seconds()))


def _authenticated(call: Call, given: Given) -> Application | None:
    application = store.find(call.tx, (given.client_id or "").strip())
    sent = digest((given.client_secret or "").strip())
    if application is None or not secrets.compare_digest(application.secret_digest, sent):
        return None
    return application


def _is_proven(code: Code, given: Given) -> bool:
    if given.redirect_uri and given.redirect_uri != code.redirect_uri:
        return False
    if code.challenge is None:
        return True
    return given.verifier is not None and rules.proves(code.challenge, code.challenge_method or "plain", given.verifier)


def _missing(name: str) -> Exchanged:
    return Exchanged(error="invalid_request", description=f"{name} is missing.")
