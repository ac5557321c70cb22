"""Links that are given to people: to join, and to another password. Each is shown once, and mailed where mails go out."""

from __future__ import annotations

from harbor.console import tokens
from harbor.console.people import service
from harbor.console.people.api import TRAIL, roles_for
from harbor.console.people.mails import Occasion, send
from harbor.console.people.scope import SCOPE
from harbor.console.rendering import BASE
from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, Html
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity.people_model import Person, Role


class Invite(Form):
    """Who is invited, and as what."""

    email: str = ""
    name: str = ""
    role: str = Role.MEMBER.value


def ask(call: Call) -> Html:
    """The form of an invitation."""
    me = service.find(call, call.principal.actor)
    return Html("invite.html", "Invite somebody", {"roles": roles_for(me)}, trail=TRAIL)


def invite(call: Call, request: Request, services: Services, body: Invite) -> Html:
    """The person, and the link to join."""
    # Who was invited types the name when joining; until then the e-mail stands for it.
    name = body.name.strip() or body.email.strip().partition("@")[0]
    person = service.invite(call, email=body.email, name=name, role=role_of(body.role))
    return _joining(call, request, services, person)


def invite_again(call: Call, request: Request, services: Services, person_id: str) -> Html:
    """Another link to join."""
    return _joining(call, request, services, service.find(call, person_id))


def reset_link(call: Call, request: Request, services: Services, person_id: str) -> Html:
    """A link to another password."""
    token = service.reset_link(call, person_id)
    return _given(call, request, services, service.find(call, person_id), tokens.For.RESET, token)


def role_of(word: str) -> Role:
    """The role of a word. Raises `Invalid`."""
    if word not in set(Role):
        raise Invalid(f"role must be one of {', '.join(Role)}.", field="role")
    return Role(word)


def _joining(call: Call, request: Request, services: Services, person: Person) -> Html:
    return _given(call, request, services, person, tokens.For.JOIN, service.invitation(call, person.id))


def _given(call: Call, request: Request, services: Services, person: Person, use: tokens.For, token: str) -> Html:
    link = f"{request.mount.origin}{BASE}/{use.value}/{token}"
    occasion = Occasion(person, use, link)
    is_mailed = bool(services.tools.get("mails_go_out")) and send(call, occasion)
    shown = {
        "one": person,
        "link": link,
        "is_joining": use is tokens.For.JOIN,
        "is_mailed": is_mailed,
        "days": tokens.LIFETIMES[use].days,
    }
    title = "Invited" if use is tokens.For.JOIN else "A link to another password"
    return Html("link.html", title, shown, trail=(*TRAIL, (person.name, f"/people/{person.id}")))


_ONE = "/people/{person_id}"
ROUTES = (
    Route("people.invite.ask", "GET", "/people/invite", ask, scope=SCOPE),
    Route("people.invite", "POST", "/people/invite", invite, scope=SCOPE, writes=True),
    Route("people.invite_again", "POST", f"{_ONE}/invitation", invite_again, scope=SCOPE, writes=True),
    Route("people.reset_link", "POST", f"{_ONE}/reset-link", reset_link, scope=SCOPE, writes=True),
)
