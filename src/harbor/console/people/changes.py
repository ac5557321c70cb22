"""Changes of one person: role, deactivation, the second step."""

from __future__ import annotations

from harbor.console.people import service
from harbor.console.people.invitations import role_of
from harbor.console.people.scope import SCOPE
from harbor.kernel.call import Call
from harbor.kernel.http.page import Form, go
from harbor.kernel.http.routes import Answer, Route

NOTICES = {
    "role_changed": "The role is changed. It counts from the next click on.",
    "deactivated": "The person cannot sign in any more, and all sessions are ended.",
    "activated": "The person can sign in again.",
    "second_step_reset": "The person signs in with the password alone, and was signed out everywhere.",
}


class ChangeRole(Form):
    """Another role."""

    role: str = ""


def change_role(call: Call, person_id: str, body: ChangeRole) -> Answer:
    """Give another role."""
    service.change_role(call, person_id, role_of(body.role))
    if person_id == call.principal.actor and role_of(body.role).value == "member":
        return go("/account")  # who is a member now may not see the page this came from
    return go(f"/people/{person_id}", done="role_changed")


def deactivate(call: Call, person_id: str) -> Answer:
    """Close the door."""
    service.deactivate(call, person_id)
    return go(f"/people/{person_id}", done="deactivated")


def activate(call: Call, person_id: str) -> Answer:
    """Open it again."""
    service.activate(call, person_id)
    return go(f"/people/{person_id}", done="activated")


def reset_second_step(call: Call, person_id: str) -> Answer:
    """Switch off somebody's second step."""
    service.reset_second_step(call, person_id)
    return go(f"/people/{person_id}", done="second_step_reset")


_ONE = "/people/{person_id}"
ROUTES = (
    Route("people.role", "POST", f"{_ONE}/role", change_role, scope=SCOPE, writes=True),
    Route("people.deactivate", "POST", f"{_ONE}/deactivate", deactivate, scope=SCOPE, writes=True),
    Route("people.activate", "POST", f"{_ONE}/activate", activate, scope=SCOPE, writes=True),
    Route("people.second_step", "POST", f"{_ONE}/second-step/reset", reset_second_step, scope=SCOPE, writes=True),
)
