"""Developers: a person's tokens, the applications they have registered, and those that may act for them."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Missing
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import PERSONAL, Membership
from harbor.products.harvest_timesheets.oauth import service
from harbor.products.harvest_timesheets.oauth.rules import check_name

PATH = "/harvest/developers"
TRAIL = (("Developers", PATH),)
NOTICES = {
    "token_revoked": "The token is revoked. Calls with it are refused from now on.",
    "application_removed": "The application is removed, and its tokens are no longer good.",
    "grant_revoked": "The application may no longer act for you.",
}


class NewToken(Form):
    """What a token is called."""

    name: str = ""


class NewApplication(Form):
    """An application as it is typed."""

    name: str = ""
    redirect_url: str = ""
    reach: str = "one"


def index(call: Call) -> Html:
    """Everything of the person, across their accounts."""
    accounts = access.of_person(call)
    tokens = [
        (account, token)
        for account in accounts
        for token in access.tokens_of(call.within(account.account_id), account.user_id)
        if token.kind == PERSONAL and token.is_good_at(call.tx.now)
    ]
    context = {
        "accounts": accounts,
        "tokens": tokens,
        "applications": [(account, each) for account in accounts for each in service.registered(call, account)],
        "grants": [(account, *each) for account in accounts for each in service.grants(call, account)],
    }
    return Html("developers.html", "Developers", context)


def create_token(call: Call, body: NewToken) -> Html:
    """A new token. The page is the only one that shows it."""
    home = _home(call)
    token, text = access.mint(call.within(home.account_id), user_id=home.user_id, name=check_name(body.name))
    context = {"token": token, "secret": text, "account": home}
    return Html("token.html", "Personal access token created", context, TRAIL)


def revoke_token(call: Call, number: str, token_id: str) -> Answer:
    """End a token."""
    account = _account(call, number)
    access.revoke(call.within(account.account_id), user_id=account.user_id, token_id=token_id)
    return go(PATH, done="token_revoked")


def new_application() -> Html:
    """The empty form."""
    return Html("application_form.html", "New OAuth2 application", {}, TRAIL)


def create_application(call: Call, body: NewApplication) -> Html:
    """A new application. The page is the only one that shows its secret."""
    application, secret = service.register(
        call,
        _home(call),
        name=body.name,
        redirect_url=body.redirect_url,
        reaches_all=body.reach == "all",
    )
    return Html("application.html", "OAuth2 application created", {"application": application, "secret": secret}, TRAIL)


def remove_application(call: Call, number: str, application_id: str) -> Answer:
    """Remove an application."""
    service.remove(call, _account(call, number), application_id)
    return go(PATH, done="application_removed")


def revoke_grant(call: Call, number: str, application_id: str) -> Answer:
    """Let an application no longer act."""
    service.revoke_grant(call, _account(call, number), application_id)
    return go(PATH, done="grant_revoked")


def _home(call: Call) -> Membership:
    accounts = access.of_person(call)
    if not accounts:
        raise Denied("You are in no account of Harvest.")
    return accounts[0]


def _account(call: Call, number: str) -> Membership:
    found = next((each for each in access.of_person(call) if str(each.account_number) == number), None)
    if found is None:
        raise Missing("You have no such account of Harvest.")
    return found


_TOKENS, _APPLICATIONS = f"{PATH}/tokens", f"{PATH}/applications"
ROUTES = (
    Route("harvest.developers", "GET", PATH, index),
    Route("harvest.tokens.create", "POST", _TOKENS, create_token, writes=True),
    Route("harvest.tokens.revoke", "POST", f"{_TOKENS}/{{number}}/{{token_id}}/revoke", revoke_token, writes=True),
    Route("harvest.applications.new", "GET", f"{_APPLICATIONS}/new", new_application),
    Route("harvest.applications.create", "POST", _APPLICATIONS, create_application, writes=True),
    Route(
        "harvest.applications.remove",
        "POST",
        f"{_APPLICATIONS}/{{number}}/{{application_id}}/remove",
        remove_application,
        writes=True,
    ),
    Route(
        "harvest.grants.revoke",
        "POST",
        f"{PATH}/grants/{{number}}/{{application_id}}/revoke",
        revoke_grant,
        writes=True,
    ),
)
