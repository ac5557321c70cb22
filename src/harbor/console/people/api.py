"""The list of people, and one of them."""

from __future__ import annotations

from harbor.console.people import service
from harbor.console.people.scope import SCOPE
from harbor.kernel.call import Call
from harbor.kernel.http.page import Html
from harbor.kernel.http.routes import Route
from harbor.kernel.identity.people_model import Person, Role
from harbor.kernel.pages import PageRequest

NOTICES: dict[str, str] = {}
TRAIL = (("People", "/people"),)


def index(call: Call, page: PageRequest) -> Html:
    """The people, newest first."""
    found = service.listed(call, page)
    second = service.with_second_step(call)
    shown = [{"person": each, "state": state_of(each), "has_second_step": each.id in second} for each in found.items]
    last = found.items[-1].id if found.more else None
    return Html("people.html", "People", {"people": shown, "last": last, "is_first_page": page.after is None})


def show(call: Call, person_id: str) -> Html:
    """One person, and what the reader may do about the person."""
    person = service.find(call, person_id)
    me = service.find(call, call.principal.actor)
    return Html(
        "person.html",
        person.name,
        {
            "one": person,
            "state": state_of(person),
            "is_me": person.id == me.id,
            "i_am_owner": me.role is Role.OWNER,
            "may_change": me.role is Role.OWNER or person.role is not Role.OWNER,
            "roles": roles_for(me),
            "has_joined": person.password_hash is not None,
            "has_second_step": person.id in service.with_second_step(call),
        },
        trail=TRAIL,
    )


def state_of(person: Person) -> str:
    """Where a person stands, in a word."""
    if not person.is_active:
        return "deactivated"
    return "active" if person.password_hash is not None else "invited"


def roles_for(me: Person) -> list[tuple[str, str, str]]:
    """The roles that somebody may give, with what each may do."""
    said = {
        Role.MEMBER: (
            "Member",
            "Reads and sends events, runs webhooks. Looks after neither keys, workspaces nor people.",
        ),
        Role.ADMIN: ("Administrator", "Everything, but changing owners."),
        Role.OWNER: ("Owner", "Everything."),
    }
    return [(role.value, *words) for role, words in said.items() if role is not Role.OWNER or me.role is Role.OWNER]


ROUTES = (
    Route("people.index", "GET", "/people", index, scope=SCOPE, paged=True),
    Route("people.show", "GET", "/people/{person_id}", show, scope=SCOPE),
)
