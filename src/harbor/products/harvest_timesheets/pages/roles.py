"""Roles as labels: what people do, for administrators to name and to give. They allow nothing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.pages import lists
from harbor.products.harvest_timesheets.pages.acting import get, post
from harbor.products.harvest_timesheets.pages.settings_parts import ROLES, TRAIL, tabs
from harbor.products.harvest_timesheets.roles import service
from harbor.products.harvest_timesheets.roles.model import JobRole
from harbor.products.harvest_timesheets.sentences import NOT_FOUND, problem
from harbor.products.harvest_timesheets.users import service as users
from harbor.products.harvest_timesheets.wire import read_id

_ONE = f"{ROLES}/{{job_role_id}}"
_TRAIL = (*TRAIL, ("Roles", ROLES))
_ID_DIGITS_MAX = 18
NOTICES = {
    "role_added": "The role is there.",
    "role_saved": "The role is saved.",
    "role_deleted": "The role is gone.",
}


class Facts(Form, kw_only=True):
    """A role and who has it."""

    name: str = ""
    user_ids: list[str] = msgspec.field(default_factory=list)


def index(call: Call) -> Html:
    """The roles by name."""
    service.to_manage(call)
    found = sorted(_all(call), key=lambda each: each.name.casefold())
    return Html("roles.html", "Roles", {**tabs(call, ROLES), "roles": found}, TRAIL)


def new(call: Call) -> Html:
    """The empty form."""
    service.to_manage(call)
    return Html("role.html", "New role", {"role": None, "people": _people(call, ()), "chosen": []}, _TRAIL)


def add(call: Call, environment: str, body: Facts) -> Answer:
    """Add a role."""
    service.to_manage(call)
    service.add(call, name=body.name, user_ids=_ids(body))
    return _back(environment, "role_added")


def edit(call: Call, job_role_id: str) -> Html:
    """One role and its form."""
    role = service.to_manage_one(call, read_id(job_role_id))
    context = {"role": role, "people": _people(call, role.user_ids), "chosen": [str(each) for each in role.user_ids]}
    return Html("role.html", role.name, context, _TRAIL)


def save(call: Call, environment: str, job_role_id: str, body: Facts) -> Answer:
    """Change a role and who has it."""
    service.change(call, service.to_manage_one(call, read_id(job_role_id)), name=body.name, user_ids=_ids(body))
    return _back(environment, "role_saved")


def delete(call: Call, environment: str, job_role_id: str) -> Answer:
    """Remove a role."""
    service.delete(call, service.to_manage_one(call, read_id(job_role_id)))
    return _back(environment, "role_deleted")


def _all(call: Call) -> Sequence[JobRole]:
    return service.listed(call, PageRequest(limit=lists.CHOICES_MAX)).items


def _people(call: Call, also: Sequence[int]) -> list[tuple[str, str]]:
    """Active people by name, and those who have the role."""
    active = users.listed(call, PageRequest(limit=lists.CHOICES_MAX), is_active=True).items
    names = {each.user.id: each.user.name for each in active}
    for user_id, user in users.named(call, [each for each in also if each not in names]).items():
        names[user_id] = f"{user.name} (archived)" if not user.is_active else user.name
    return [(str(user_id), name) for user_id, name in sorted(names.items(), key=lambda item: item[1].casefold())]


def _ids(body: Facts) -> list[int]:
    for each in body.user_ids:
        if not (each.isascii() and each.isdigit() and len(each) <= _ID_DIGITS_MAX):
            raise problem("user_ids", NOT_FOUND)
    return [int(each) for each in body.user_ids]


def _back(environment: str, done: str) -> Answer:
    return go(ROLES.format(environment=environment), done=done)


ROUTES: tuple[Route, ...] = (
    get("harvest.roles", ROLES, index),
    get("harvest.role.new", f"{ROLES}/new", new),
    post("harvest.role.add", f"{ROLES}/new", add),
    get("harvest.role", _ONE, edit),
    post("harvest.role.save", _ONE, save),
    post("harvest.role.delete", f"{_ONE}/delete", delete),
)
