"""The page that asks a person: may this application act for you, and in which account?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.http.page import Form, Html
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.oauth import rules, service
from harbor.products.harvest_timesheets.oauth.model import Asked

PATH = "/harvest/authorize"
# What of the query goes through the form and back.
_KEPT = ("client_id", "response_type", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method")


class Decision(Form):
    """What the person decided, with what was asked."""

    client_id: str = ""
    response_type: str = ""
    redirect_uri: str = ""
    state: str = ""
    scope: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""
    account: str = ""
    decision: str = ""


def show(call: Call, request: Request) -> Answer:
    """Who asks, for what, and where an answer goes; or straight back with what is wrong."""
    query = dict(request.query)
    asked = service.ask(call.tx, query)
    if asked.error is not None:
        return Answer(302, None, {"Location": service.refuse(asked, asked.error)})
    accounts = service.choices(asked, access.of_person(call))
    reaches_all = rules.granted(asked.scope, reaches_all=asked.application.reaches_all, account_number=0)
    context: dict[str, Any] = {
        "application": asked.application,
        "accounts": accounts,
        "reaches_all": reaches_all == rules.ALL_OF_HARVEST,
        "goes_to": urlsplit(asked.redirect_uri).netloc or asked.redirect_uri.partition(":")[0],
        "kept": [(name, query[name]) for name in _KEPT if query.get(name)],
    }
    return Answer(200, Html("authorize.html", "Authorize an application", context), _policy(asked))


def decide(call: Call, body: Decision) -> Answer:
    """Back to the application with a code, a token or a refusal."""
    asked = service.ask(call.tx, _query(body))
    if asked.error is not None or body.decision != "allow":
        return Answer(302, None, {"Location": service.refuse(asked, asked.error or "access_denied")})
    accounts = service.choices(asked, access.of_person(call))
    chosen = next((each for each in accounts if str(each.account_number) == body.account), None)
    if chosen is None:
        raise Missing("You have no such account of Harvest.")
    return Answer(302, None, {"Location": service.approve(call, asked, chosen)})


def _query(body: Decision) -> Mapping[str, str]:
    return {name: value for name in _KEPT if (value := getattr(body, name))}


def _policy(asked: Asked) -> dict[str, str]:
    """The console's policy, in which the answer to this form may lead to the application: browsers check redirects too."""
    parts = urlsplit(asked.redirect_uri)
    target = f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            f"form-action 'self' {target}; base-uri 'none'; frame-ancestors 'none'"
        )
    }


ROUTES = (
    Route("harvest.authorize.show", "GET", PATH, show),
    Route("harvest.authorize.decide", "POST", PATH, decide, writes=True),
)
