"""Users of Harper: who signs in with a name and a password, with which role, and whether they may."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.clock import moment
from harbor.kernel.errors import Missing
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.http.services import Services
from harbor.products.harper_tables import scopes
from harbor.products.harper_tables.access import roles, users, users_api
from harbor.products.harper_tables.access.model import StoredUser
from harbor.products.harper_tables.pages import places, typed_name
from harbor.products.harper_tables.pages.acting import as_user, ask

NOTICES = {
    "user_added": "The user is there and can sign in.",
    "user_saved": "The user is saved. It counts at once.",
    "user_dropped": "The user is gone, with all sessions and tokens.",
}
USERS = f"{places.PATH}/users"
USER = f"{USERS}/{{user_id}}"
TRAIL = (("Users", USERS),)


class NewUser(Form):
    """The form of a new user."""

    username: str = ""
    password: str = ""
    role: str = ""
    active: bool = False


class Changes(Form):
    """What can be changed of a user. A blank password stays what it is."""

    password: str = ""
    role: str = ""
    active: bool = False


async def hashed(value: Any, services: Services) -> str | None:
    """The hash of the password that was typed, made before the transaction; None for one that will not be taken."""
    return await users_api.hash_of(value and value.get("password"), services)


def of_user(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The user in the path. A name may have any character, so paths have the id."""
    found = next((each for each in users.listing(as_user(call)) if each[0].id == params["user_id"]), None)
    if found is None:
        raise Missing("There is no such user.", code="user_missing")
    return Place(workspace_id="", thing=found)


def index(call: Call) -> Html:
    """All users of the account."""
    me = as_user(call)
    return Html("users.html", "Users", {"users": users.listing(me), "has_roles": bool(roles.listing(me))})


def new(call: Call) -> Html:
    """The form of a new user."""
    return Html("user_new.html", "New user", {"roles": _names(call)}, TRAIL)


def add(call: Call, environment: str, body: NewUser, prepared: str | None) -> Answer:
    """Add a user."""
    ask(
        call,
        users_api.add_user,
        prepared=prepared,
        username=body.username,
        password=body.password,
        role=body.role,
        active=body.active,
    )
    user, _ = users.find(as_user(call), body.username)
    return go(f"{USERS}/{user.id}".format(environment=environment), done="user_added")


def show(call: Call, place: Place) -> Html:
    """One user, and what can be changed."""
    user, role = place.thing
    return Html(
        "user.html",
        user.username,
        {
            "user": user,
            "role": role,
            "roles": _names(call),
            "created_at": moment(user.created_at),
            "updated_at": moment(user.updated_at),
        },
        TRAIL,
    )


def save(call: Call, place: Place, environment: str, body: Changes, prepared: str | None) -> Answer:
    """Change a user."""
    user: StoredUser = place.thing[0]
    ask(
        call,
        users_api.alter_user,
        prepared=prepared,
        username=user.username,
        password=body.password or None,
        role=body.role or None,
        active=body.active,
    )
    return go(f"{USERS}/{user.id}".format(environment=environment), done="user_saved")


def drop(call: Call, place: Place, environment: str, body: typed_name.TypedName) -> Answer:
    """Remove a user, once the name was typed."""
    user: StoredUser = place.thing[0]
    typed_name.check(body, user.username)
    ask(call, users_api.drop_user, username=user.username)
    return go(USERS.format(environment=environment), done="user_dropped")


def _names(call: Call) -> list[str]:
    return [role.name for role in roles.listing(as_user(call))]


def _route(name: str, method: str, path: str, handler: Any, **more: Any) -> Route:
    return Route(name, method, path, handler, scope=scopes.MANAGE, writes=method == "POST", **more)


ROUTES = (
    _route("harper.users", "GET", USERS, index),
    _route("harper.user.new", "GET", f"{USERS}/new", new),
    _route("harper.user.add", "POST", f"{USERS}/new", add, prepare=hashed),
    _route("harper.user", "GET", USER, show, locate=of_user),
    _route("harper.user.save", "POST", USER, save, locate=of_user, prepare=hashed),
    _route("harper.user.drop", "POST", f"{USER}/drop", drop, locate=of_user),
)
