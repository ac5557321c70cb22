"""The one form of the first run: organization, name, e-mail, password. It is there until it was sent."""

from __future__ import annotations

from typing import Any

from harbor.console.account.current import signed_in
from harbor.console.addresses import HOME
from harbor.console.first_person import SET_UP_PATH, check_reachable, is_first
from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.http.page import Form, Html
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity import people
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.passwords import check_password
from harbor.kernel.identity.people_model import Role

NAME_LENGTH_MAX = 120


class SetUp(Form):
    """What the form sends."""

    organization: str = ""
    name: str = ""
    email: str = ""
    password: str = ""
    again: str = ""


def ask(call: Call, request: Request) -> Html | Answer:
    """The form; who is known by name already goes on."""
    if not is_first(signed_in(request).person):
        return Answer(303, None, {"Location": HOME})
    organization = identity.organization(call.tx, call.principal.organization_id)
    assert organization is not None, call.principal.organization_id
    return Html("welcome.html", "Welcome to Harbor", {"organization_name": organization.name})


async def choose(value: Any, services: Services) -> str:
    """Check the password and hash it, outside the transaction."""
    email, password, again = ((value and value.get(name)) or "" for name in ("email", "password", "again"))
    check_password(password, email)
    if password != again:
        raise Invalid("The two passwords differ.", field="again")
    hashed: str = await services.tools["passwords"].hash(password)
    return hashed


def set_up(call: Call, request: Request, body: SetUp, prepared: str) -> Answer:
    """Write all of it, and end the sessions that the initial password opened elsewhere."""
    me = signed_in(request)
    if not is_first(me.person) or me.person.role is not Role.OWNER:
        raise Conflict("This was done already. Your name and password are in your account.", code="set_up_done")
    name = _organization_name(body.organization)
    check_reachable(body.email)
    people.change(call.tx, me.person.organization_id, me.person.id, name=body.name, email=body.email)
    people.set_password(call.tx, me.person.organization_id, me.person.id, prepared, keep_session_id=me.session.id)
    identity.rename_organization(call.tx, me.person.organization_id, name)
    call.emit(
        "harbor.organization.set_up",
        subject=me.person.organization_id,
        data={"organization_id": me.person.organization_id, "person_id": me.person.id},
    )
    return Answer(303, None, {"Location": HOME})


def _organization_name(text: str) -> str:
    name = text.strip()
    if not name:
        raise Invalid("Give the organization a name.", field="organization")
    if len(name) > NAME_LENGTH_MAX:
        raise Invalid(f"organization has {len(name)} characters; at most {NAME_LENGTH_MAX} fit.", field="organization")
    return name


ROUTES = (
    Route("welcome.ask", "GET", SET_UP_PATH, ask),
    Route("welcome.set_up", "POST", SET_UP_PATH, set_up, writes=True, prepare=choose),
)
