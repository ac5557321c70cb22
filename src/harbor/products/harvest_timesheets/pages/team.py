"""The team: people, what they may, their capacity, and rates where they are shown."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.products.harvest_timesheets import bodies, wire
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import BASE_ROLES, AccessRole
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.pages import lists
from harbor.products.harvest_timesheets.pages.acting import PATH, get, post
from harbor.products.harvest_timesheets.pages.clients import Archived
from harbor.products.harvest_timesheets.users import api, service
from harbor.products.harvest_timesheets.users.model import User

TEAM = f"{PATH}/team"
_ONE = f"{TEAM}/{{colleague_id}}"
TRAIL = (("Team", TEAM),)
NOTICES = {
    "colleague_added": "The person is there, and is told by mail.",
    "colleague_saved": "The person is saved.",
    "colleague_archived": "The person is in the archive, and can no longer sign in to Harvest.",
    "colleague_restored": "The person is back.",
}
_ROLES = {
    AccessRole.ADMINISTRATOR: ("Administrator", "Everything in the account."),
    AccessRole.MANAGER: ("Manager", "Their projects and people, and what is ticked below."),
    AccessRole.MEMBER: ("Member", "Their own time and expenses."),
    AccessRole.PROJECT_CREATOR: ("Creates projects", "And changes those they manage."),
    AccessRole.BILLABLE_RATES_MANAGER: ("Manages billable rates", "And sees money."),
    AccessRole.INVOICE_DRAFTER: ("Drafts invoices", "Of projects they manage."),
    AccessRole.INVOICE_MANAGER: ("Manages invoices", "Of projects they manage."),
    AccessRole.CLIENT_AND_TASK_MANAGER: ("Manages clients and tasks", None),
    AccessRole.TIME_AND_EXPENSES_MANAGER: ("Manages time and expenses", "Of their people and projects."),
    AccessRole.ESTIMATES_MANAGER: ("Manages estimates", None),
}


class Facts(Form, kw_only=True):
    """A person as they are typed. `capacity` is in hours a week; `role` is one of three, `extras` are for managers."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    capacity: str = ""
    role: str = AccessRole.MEMBER.value
    extras: list[str] = msgspec.field(default_factory=list)
    is_contractor: bool = False
    has_access_to_all_future_projects: bool = False


def index(call: Call, query: lists.Shown) -> Html:
    """The people, newest first."""
    service.to_list(call)
    found = service.listed(call, query.page, is_active=not query.archived)
    me, currency = access.me(call), company.of(call).currency
    context = {
        **lists.around(query, found),
        "people": [
            {
                "user": each.user,
                "role": _ROLES[next(role for role in BASE_ROLES if role in each.user.access_roles)][0],
                "capacity": _hours(each.user.weekly_capacity_s),
                "billable": lists.money(each.billable_rate_e4, 4, currency),
                "cost": lists.money(each.cost_rate_e4, 4, currency),
            }
            for each in found.items
        ],
        "sees_rates": me.sees_rates,
        "sees_costs": me.is_administrator,
        "can_add": me.is_administrator,
    }
    return Html("team.html", "Team", context)


def new(call: Call) -> Html:
    """The empty form."""
    service.to_add(call)
    return Html("colleague.html", "New person", _form(call, None), TRAIL)


def add(call: Call, environment: str, body: Facts) -> Answer:
    """Add a person and invite them."""
    service.to_add(call)
    facts = {**_given(body, is_administrator=True), "default_hourly_rate": None, "cost_rate": None}
    api.create(call, bodies.build(api.AddUser, facts))
    return go(TEAM.format(environment=environment), done="colleague_added")


def edit(call: Call, colleague_id: str) -> Html:
    """One person and their form."""
    user = service.to_change(call, wire.read_id(colleague_id))
    return Html("colleague.html", user.name, _form(call, user), TRAIL)


def save(call: Call, environment: str, colleague_id: str, body: Facts) -> Answer:
    """Change a person."""
    user = service.to_change(call, wire.read_id(colleague_id))
    facts = _given(body, is_administrator=access.me(call).is_administrator)
    api.change(call, bodies.build(api.ChangeUser, facts), Place(workspace_id="", thing=user))
    return go(TEAM.format(environment=environment), done="colleague_saved")


def archive(call: Call, environment: str, colleague_id: str, body: Archived) -> Answer:
    """Put a person into the archive, or take them back."""
    user = service.to_change(call, wire.read_id(colleague_id))
    service.change(call, user, {"is_active": body.is_active})
    done = "colleague_restored" if body.is_active else "colleague_archived"
    return go(TEAM.format(environment=environment), done=done)


def _form(call: Call, user: User | None) -> dict[str, Any]:
    held = (AccessRole.MEMBER,) if user is None else user.access_roles
    extras = [role for role in _ROLES if role not in BASE_ROLES]
    capacity_s = company.of(call).weekly_capacity_s if user is None else user.weekly_capacity_s
    return {
        "user": user,
        "capacity": _hours(capacity_s),
        "role": next(role for role in BASE_ROLES if role in held).value,
        "held": list(held),
        "roles": [(role.value, *_ROLES[role]) for role in BASE_ROLES],
        "extras": [(role.value, *_ROLES[role]) for role in extras],
        "is_administrator": access.me(call).is_administrator,
        "sees_rates": access.me(call).sees_rates,
    }


def _given(body: Facts, *, is_administrator: bool) -> dict[str, Any]:
    """What the form says, as the API reads it. Managers change less, and their form has no more."""
    facts: dict[str, Any] = {
        "first_name": body.first_name,
        "last_name": body.last_name,
        "has_access_to_all_future_projects": body.has_access_to_all_future_projects,
    }
    if body.capacity.strip():
        facts["weekly_capacity"] = _seconds(body.capacity)
    if is_administrator:
        facts["email"] = body.email
        facts["is_contractor"] = body.is_contractor
        facts["access_roles"] = [body.role, *(body.extras if body.role == AccessRole.MANAGER else [])]
    return facts


def _seconds(text: str) -> int:
    try:
        hours = Decimal(text.strip().replace(",", "."))
        if hours.is_finite() and abs(hours) < 1_000:
            return int(hours * 3_600)
    except InvalidOperation:
        pass
    raise Invalid(f"Capacity is a number of hours, not {text[:20]}.", field="capacity")


def _hours(seconds: int) -> str:
    return f"{seconds / 3_600:g}"


ROUTES: tuple[Route, ...] = (
    get("harvest.team", TEAM, index),
    get("harvest.colleague.new", f"{TEAM}/new", new),
    post("harvest.colleague.add", f"{TEAM}/new", add),
    get("harvest.colleague", _ONE, edit),
    post("harvest.colleague.save", _ONE, save),
    post("harvest.colleague.archive", f"{_ONE}/archive", archive),
)
