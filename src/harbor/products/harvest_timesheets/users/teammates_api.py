"""A manager's people on the wire."""

from __future__ import annotations

from typing import TypedDict

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.routes import Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.users import teammates
from harbor.products.harvest_timesheets.users.model import User


class TeammateBody(TypedDict):
    """A person of a manager's team."""

    id: int
    first_name: str
    last_name: str
    email: str


class TeamBody(TypedDict):
    """The whole team."""

    teammates: list[TeammateBody]


class AssignTeammates(OpenBody):
    """The people of the team, all of them: an empty list leaves nobody."""

    teammate_ids: list[int]


def index(call: Call, page: PageRequest, place: Place) -> Listed[User]:
    """A manager's people."""
    return teammates.listed(call, place.thing, page)


def assign(call: Call, body: AssignTeammates, place: Place) -> dict[str, list[User]]:
    """Replace a manager's people."""
    return {"teammates": teammates.assign(call, place.thing, body.teammate_ids)}


def show(user: User) -> TeammateBody:
    """The fields of a teammate."""
    return {"id": user.id, "first_name": user.first_name, "last_name": user.last_name, "email": user.email}


def show_team(team: dict[str, list[User]]) -> TeamBody:
    """The team without pages."""
    return {"teammates": [show(user) for user in team["teammates"]]}


_PATH, _TAGS = "/v2/users/{user_id}/teammates", ("Teammates",)
_FOUND = at(teammates.to_manage, "user_id")
ROUTES = (
    Route(
        "teammates.list",
        "GET",
        _PATH,
        index,
        show=show,
        key="teammates",
        paged=True,
        locate=_FOUND,
        summary="List the people of a manager",
        tags=_TAGS,
    ),
    Route(
        "teammates.update",
        "PATCH",
        _PATH,
        assign,
        show=show_team,
        locate=_FOUND,
        writes=True,
        summary="Assign people to a manager",
        tags=_TAGS,
    ),
)
