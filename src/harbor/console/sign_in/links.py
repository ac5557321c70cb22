"""What a link leads to that somebody was given: the first password of who was invited, and another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harbor.console import tokens
from harbor.console.acting import acting_as
from harbor.console.addresses import HOME
from harbor.console.cookies import end_session
from harbor.console.rendering import BASE
from harbor.console.sign_in.api import opened
from harbor.console.sign_in.refusals import refused
from harbor.kernel.call import Call
from harbor.kernel.errors import Gone, HarborError, Invalid
from harbor.kernel.http.page import Form, Html
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity import people
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.passwords import check_password
from harbor.kernel.identity.people_model import Person
from harbor.kernel.identity.sign_in import Verified
from harbor.kernel.storage.database import Tx
from harbor.kernel.vault import Vault


class Choice(Form):
    """A name, if there is none yet, and a password, twice."""

    name: str = ""
    password: str = ""
    again: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The hash of a password that may be chosen, or why it may not."""

    password_hash: str = field(default="", repr=False)
    refusal: HarborError | None = None


def ask_to_join(call: Call, token: str) -> Html:
    """The form of who was invited."""
    return _page(call.tx, _holder(call.tx, call.vault, tokens.For.JOIN, token), tokens.For.JOIN)


def ask_to_reset(call: Call, token: str) -> Html:
    """The form for another password."""
    return _page(call.tx, _holder(call.tx, call.vault, tokens.For.RESET, token), tokens.For.RESET)


async def choose_to_join(token: str, value: Any, services: Services) -> Chosen:
    """Look at the password of who was invited and hash it, outside the transaction."""
    return await _choose(tokens.For.JOIN, token, value, services)


async def choose_to_reset(token: str, value: Any, services: Services) -> Chosen:
    """Look at the other password and hash it, outside the transaction."""
    return await _choose(tokens.For.RESET, token, value, services)


def join(call: Call, request: Request, services: Services, token: str, body: Choice, prepared: Chosen) -> Answer:
    """The person's name and first password, and the way in."""
    person = _held(call, tokens.For.JOIN, token)
    if prepared.refusal is not None:
        return refused(prepared.refusal, _page(call.tx, person, tokens.For.JOIN, name=body.name))
    try:
        people.change(call.tx, person.organization_id, person.id, name=body.name)
    except Invalid as refusal:
        return refused(refusal, _page(call.tx, person, tokens.For.JOIN, name=body.name))
    people.set_password(call.tx, person.organization_id, person.id, prepared.password_hash)
    acting_as(call, services, person).emit(
        "harbor.person.joined", subject=person.id, data={"person_id": person.id, "role": person.role.value}
    )
    verified = Verified(person.id, person.organization_id, prepared.password_hash, None)
    return opened(call, request, verified, there=HOME)


def reset(call: Call, request: Request, services: Services, token: str, prepared: Chosen) -> Answer:
    """Another password. All sessions end, and the person signs in with it, by the second step too if there is one."""
    person = _held(call, tokens.For.RESET, token)
    if prepared.refusal is not None:
        return refused(prepared.refusal, _page(call.tx, person, tokens.For.RESET))
    people.set_password(call.tx, person.organization_id, person.id, prepared.password_hash)
    acting_as(call, services, person).emit(
        "harbor.person.password_reset", subject=person.id, data={"person_id": person.id}
    )
    there = f"{BASE}/sign-in?done=password_reset"
    return Answer(303, None, {"Location": there, "Set-Cookie": end_session(request)})


async def _choose(use: tokens.For, token: str, value: Any, services: Services) -> Chosen:
    # Whose link it is comes first: nobody else makes the server hash anything.
    vault = services.faculties.vault
    person = await services.database.read(lambda tx: _holder(tx, vault, use, token))
    password, again = ((value and value.get(name)) or "" for name in ("password", "again"))
    try:
        check_password(password, person.email)
        if password != again:
            raise Invalid("The two passwords differ.", field="again")
        return Chosen(await services.tools["passwords"].hash(password))
    except HarborError as refusal:
        return Chosen(refusal=refusal)


def _held(call: Call, use: tokens.For, token: str) -> Person:
    """The holder, locked: of two who use a link at once, the second finds it used."""
    person = _holder(call.tx, call.vault, use, token)
    call.tx.lock("people")  # first, as in everything that changes people
    call.tx.lock("person", person.id)
    return _holder(call.tx, call.vault, use, token)


def _holder(tx: Tx, vault: Vault, use: tokens.For, token: str) -> Person:
    person = tokens.holder(tx, vault, use, token)
    if person is None:
        raise Gone(
            "This link is not good any more: it was used, or its time is over. Ask for a new one.", code="link_over"
        )
    return person


def _page(tx: Tx, person: Person, use: tokens.For, *, name: str | None = None) -> Html:
    organization = identity.organization(tx, person.organization_id)
    assert organization is not None, person.organization_id
    shown = {
        "email": person.email,
        "name": person.name if name is None else name,
        "organization_name": organization.name,
        "failure": None,
    }
    title = f"Join {organization.name}" if use is tokens.For.JOIN else "Choose a new password"
    return Html(f"{use.value}.html", title, shown)


ROUTES = (
    Route("sign_in.join.ask", "GET", "/join/{token}", ask_to_join, auth="none"),
    Route("sign_in.join", "POST", "/join/{token}", join, auth="none", writes=True, prepare=choose_to_join),
    Route("sign_in.reset.ask", "GET", "/reset/{token}", ask_to_reset, auth="none"),
    Route("sign_in.reset", "POST", "/reset/{token}", reset, auth="none", writes=True, prepare=choose_to_reset),
)
