"""Password: another one, for who knows the current one. All other sessions end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harbor.console.account.current import check_current_password, signed_in
from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity import people
from harbor.kernel.identity.passwords import check_password

NOTICES = {"password_changed": "Your password is changed. You are signed out everywhere else."}


class Change(Form):
    """The current password, and the new one twice."""

    current: str = ""
    password: str = ""
    again: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The hash that was there when the current password was verified, and the new one."""

    before: str = field(repr=False)
    after: str = field(repr=False)


def show(request: Request) -> Html:
    """The form."""
    return Html("password.html", "Password", {"me": signed_in(request).person}, trail=_TRAIL)


async def choose(request: Request, value: Any, services: Services) -> Chosen:
    """Check both passwords and hash the new one, outside the transaction."""
    current, password, again = ((value and value.get(name)) or "" for name in ("current", "password", "again"))
    check_password(password, signed_in(request).person.email)
    if password != again:
        raise Invalid("The two passwords differ.", field="again")
    before = await check_current_password(request, services, current)
    return Chosen(before, await services.tools["passwords"].hash(password))


def change(call: Call, request: Request, prepared: Chosen) -> Answer:
    """Replace the password."""
    me = signed_in(request)
    call.tx.lock("person", me.person.id)
    person = people.require(call.tx, me.person.organization_id, me.person.id)
    if person.password_hash != prepared.before:
        raise Conflict("Your password was changed a moment ago. Sign in again.", code="password_changed")
    people.set_password(call.tx, person.organization_id, person.id, prepared.after, keep_session_id=me.session.id)
    call.emit("harbor.person.password_changed", subject=person.id, data={"person_id": person.id})
    return go("/account/password", done="password_changed")


_TRAIL = (("Your account", "/account"),)
ROUTES = (
    Route("account.password", "GET", "/account/password", show),
    Route("account.password.change", "POST", "/account/password", change, writes=True, prepare=choose),
)
