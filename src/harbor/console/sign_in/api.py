"""The pages before the session: the password, and the way in and out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from harbor.console import tokens
from harbor.console.addresses import HOME, is_ours, wanted
from harbor.console.cookies import end_session, secret_of, set_second_step, set_session
from harbor.console.rendering import BASE
from harbor.console.sign_in.refusals import refused
from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError, Unauthenticated
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity import people_store, second_factor, sessions_store, sign_in
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Environment
from harbor.kernel.identity.people_model import Person
from harbor.kernel.identity.sign_in import Verified

_NOTICES = {
    "signed_out": "You are signed out.",
    "password_reset": "Your new password counts. Sign in with it.",
}


class Came(Query):
    """Where the person wanted to go, and why the person is here."""

    next: str = ""
    ended: bool = False
    done: str = ""


class Credentials(Form):
    """E-mail and password, and where to go afterwards."""

    email: str = ""
    password: str = ""
    next: str = ""


def ask(query: Came) -> Html:
    """The form for e-mail and password."""
    return _page(query.next, ended=query.ended, notice=_NOTICES.get(query.done))


async def verify(request: Request, value: Any, services: Services) -> Verified | HarborError:
    """Look at the password, outside the transaction. A refusal is shown on the form, which keeps the e-mail."""
    try:
        return await sign_in.verify(
            services.database,
            services.tools["passwords"],
            services.tools["sign_in_throttle"],
            email=(value and value.get("email")) or "",
            password=(value and value.get("password")) or "",
            address=request.client,
            now=services.clock.now(),
        )
    except HarborError as refusal:
        return refusal


def enter(call: Call, request: Request, body: Credentials, prepared: Verified | HarborError) -> Answer:
    """A new session, whatever session the browser had before: that one ends. Or the second step, if there is one."""
    if isinstance(prepared, HarborError):
        return refused(prepared, _page(body.next, email=body.email))
    account = identity.accounts_of(call.tx, prepared.organization_id)[Environment.PRODUCTION]
    if second_factor.find(call.tx, account.id, prepared.person_id) is not None:
        person = _still(call, prepared)
        token = tokens.give(call.vault, tokens.For.SECOND_STEP, person, call.tx.now)
        cookie = set_second_step(request, token, tokens.LIFETIMES[tokens.For.SECOND_STEP])
        there = f"{BASE}/sign-in/second-step" + (f"?next={quote(body.next)}" if is_ours(body.next) else "")
        return Answer(303, None, {"Location": there, "Set-Cookie": cookie})
    return opened(call, request, prepared, there=wanted(body.next))


def opened(call: Call, request: Request, verified: Verified, *, there: str) -> Answer:
    """The way in: a new session with a secret nobody knew before, and on to `there`."""
    if (former := secret_of(request)) is not None:
        sessions_store.revoke_by_secret(call.tx, former)
    client = request.header(b"user-agent") or ""
    made = sign_in.sign_in(call.tx, call.new_id, verified, client=client)
    return Answer(303, None, {"Location": there, "Set-Cookie": set_session(request, made.secret)})


def leave(call: Call, request: Request) -> Answer:
    """End this session."""
    if (secret := secret_of(request)) is not None:
        sessions_store.revoke_by_secret(call.tx, secret)
    return Answer(303, None, {"Location": f"{BASE}/sign-in?done=signed_out", "Set-Cookie": end_session(request)})


def home() -> Answer:
    """The console's own address leads to the sandbox: nothing there can hurt."""
    return Answer(303, None, {"Location": HOME})


def _still(call: Call, verified: Verified) -> Person:
    """The person, whose password is still the one that was verified; an outdated hash of it is replaced."""
    call.tx.lock("person", verified.person_id)
    person = people_store.find(call.tx, verified.organization_id, verified.person_id)
    if person is None or not person.is_active or person.password_hash != verified.password_hash:
        raise Unauthenticated("The e-mail or the password is wrong.", code="sign_in_refused")
    if verified.fresh_hash is None:
        return person
    people_store.put_password_hash(call.tx, person.organization_id, person.id, verified.fresh_hash)
    return replace(person, password_hash=verified.fresh_hash)


def _page(next_: str, *, email: str = "", ended: bool = False, notice: str | None = None) -> Html:
    shown = {"next": next_ if is_ours(next_) else "", "email": email, "ended": ended, "notice": notice, "failure": None}
    return Html("sign_in.html", "Sign in", shown)


ROUTES = (
    Route("console.home", "GET", "/", home),
    Route("sign_in.ask", "GET", "/sign-in", ask, auth="none"),
    Route("sign_in.enter", "POST", "/sign-in", enter, auth="none", writes=True, prepare=verify),
    Route("sign_in.leave", "POST", "/sign-out", leave, writes=True),
)
