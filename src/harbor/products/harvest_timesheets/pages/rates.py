"""The rates of a person with the days they are in force: what is billed for an hour, and what it costs."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.bills.wording import day_shown
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.pages import amounts, lists
from harbor.products.harvest_timesheets.pages.acting import get, post
from harbor.products.harvest_timesheets.pages.team import TEAM
from harbor.products.harvest_timesheets.rates import api, service
from harbor.products.harvest_timesheets.rates.model import RateKind
from harbor.products.harvest_timesheets.sentences import BLANK, problem
from harbor.products.harvest_timesheets.users import service as users

_PATH = f"{TEAM}/{{colleague_id}}/rates"
NOTICES = {"rate_added": "The rate is in force. Time that is not invoiced is priced by it."}
_TOLD = {
    RateKind.BILLABLE: ("Billable rates", "Billed for an hour on projects that are billed by people."),
    RateKind.COST: ("Cost rates", "What an hour costs the company. Administrators alone see them."),
}


class New(Form, kw_only=True):
    """A new rate. Without a start it replaces all others."""

    kind: str = ""
    amount: str = ""
    start_date: str = ""


def index(call: Call, colleague_id: str) -> Html:
    """The rates that the caller may see, the latest first."""
    user = users.to_see_rates(call, RateKind.BILLABLE, wire.read_id(colleague_id))
    here = company.of(call)
    context = {
        "user": user,
        "kinds": [_shown(call, kind, user.id) for kind in RateKind if _may(call, kind, user.id)],
        "today": here.day_of(call.tx.now),
        "currency": here.currency,
    }
    return Html("rates.html", f"Rates of {user.name}", context, [("Team", TEAM), (user.name, f"{TEAM}/{user.id}")])


def add(call: Call, environment: str, colleague_id: str, body: New) -> Answer:
    """Add a rate."""
    if body.kind not in set(RateKind):
        raise Invalid("A rate is billable, or a cost.", field="kind")
    kind = RateKind(body.kind)
    user = users.to_see_rates(call, kind, wire.read_id(colleague_id))
    amount = amounts.read(body.amount, company.of(call), field="amount")
    if amount is None:
        raise problem("amount", BLANK)
    start_on = wire.read_date(body.start_date, field="start_date") if body.start_date.strip() else None
    api.create(call, kind, api.AddRate(amount=amount, start_date=start_on), Place(workspace_id="", thing=user))
    return go(_PATH.format(environment=environment, colleague_id=user.id), done="rate_added")


def _shown(call: Call, kind: RateKind, user_id: int) -> dict[str, Any]:
    here = company.of(call)
    title, told = _TOLD[kind]
    rows = [
        {
            "amount": lists.money(rate.amount_e4, 4, here.currency),
            "from": day_shown(rate.start_on, here) or "Always",
            "to": day_shown(rate.end_on, here) or "Open",
        }
        for rate in reversed(service.of_user(call, kind, user_id))
    ]
    return {"kind": kind.value, "title": title, "told": told, "rows": rows}


def _may(call: Call, kind: RateKind, user_id: int) -> bool:
    try:
        users.to_see_rates(call, kind, user_id)
    except Denied:
        return False
    return True


ROUTES: tuple[Route, ...] = (
    get("harvest.rates", _PATH, index),
    post("harvest.rates.add", _PATH, add),
)
