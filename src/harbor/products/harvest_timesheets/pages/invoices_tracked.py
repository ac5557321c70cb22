"""An invoice out of tracked time and expenses: chosen, looked at, and then made, which locks what it bills."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import field

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.products.harvest_timesheets import bodies
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.billing_settings import service as settings
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.invoices import api, importing, reading
from harbor.products.harvest_timesheets.invoices.importing import Imported
from harbor.products.harvest_timesheets.pages import invoices
from harbor.products.harvest_timesheets.pages import invoices_parts as parts
from harbor.products.harvest_timesheets.pages.invoices_parts import get, post
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.wire import read_id

NOTICES = {"invoice_imported": "The invoice is there, as a draft. What it bills is locked."}
_PATH = f"{invoices.INVOICES}/tracked"
_TIME: Final = [
    ("task", "By task"),
    ("people", "By person"),
    ("project", "By project"),
    ("detailed", "Every entry"),
    ("", "No time"),
]
_EXPENSES: Final = [
    ("category", "By category"),
    ("people", "By person"),
    ("project", "By project"),
    ("detailed", "Every expense"),
    ("", "No expenses"),
]
_PROJECTS_MAX: Final = 200


class Asked(Query, kw_only=True):
    """Whose work, on which projects, of which days, and how it is grouped. `look` asks for what will be on the invoice."""

    client: str = ""
    project: list[str] = msgspec.field(default_factory=list)
    from_: str = field(default="", name="from")
    to: str = ""
    time: str = "task"
    expenses: str = "category"
    look: str = ""


class Making(Form, kw_only=True):
    """The same, to be made. `seen` is what the page has shown."""

    client: str = ""
    project: list[str] = msgspec.field(default_factory=list)
    from_: str = field(default="", name="from")
    to: str = ""
    time: str = ""
    expenses: str = ""
    seen: str = ""


def choose(call: Call, query: Asked) -> Html:
    """What to bill, and with `look` what the invoice would say."""
    reading.to_list(call)
    choices = parts.client_choices(call)
    context: dict[str, Any] = {"clients": choices, "client": None, "looked": None}
    if query.client:
        client = clients.find(call, read_id(query.client))
        if str(client.id) not in dict(choices):
            raise access.denied("invoice this client")
        context |= {
            "client": client,
            "projects": [(str(each.id), each.name) for each in _projects(call, client.id)],
            "chosen": query.project,
            "asked": query,
            "time": _TIME,
            "expenses": _EXPENSES,
        }
        if query.look:
            looked = _look(call, query)
            context |= {
                "looked": looked,
                "shown": looked.lines[: parts.LINES_SHOWN],
                "total_e2": sum(line.amount_e2 for line in looked.lines),
                "seen": _digest(looked),
                "money": parts.money,
                "number": parts.number,
            }
    return Html("invoice_tracked.html", "Invoice tracked time and expenses", context, invoices.TRAIL)


def make(call: Call, environment: str, body: Making) -> Answer:
    """Make the draft that was looked at; what it bills is locked in the same transaction."""
    reading.to_list(call)
    # Whoever makes an invoice holds this lock, so that of several who have seen the same the first one bills it.
    call.tx.lock("harvest", call.account_id, "invoice_numbers")
    looked = _look(call, body)
    if _digest(looked) != body.seen:
        raise _changed()
    given = {"client_id": body.client, "line_items_import": _import(body)}
    seen = api.create(call, bodies.build(api.AddInvoice, given)).value
    made = seen.invoice
    # What is tracked just now holds another lock: it may have come between the look and the lines.
    if [(line.description, line.amount_e2) for line in seen.lines] != [
        (line.description, line.amount_e2) for line in looked.lines
    ]:
        raise _changed()
    return go(invoices.ONE.format(environment=environment, invoice_id=made.id), done="invoice_imported")


def _changed() -> Conflict:
    return Conflict("What is to be billed has changed meanwhile. Look at it again.")


def _look(call: Call, asked: Asked | Making) -> Imported:
    if not asked.project:
        raise Invalid("Choose at least one project.", field="project")
    if not (asked.time or asked.expenses):
        raise Invalid("Choose time, expenses, or both.", field="time")
    wanted = api.import_of(bodies.build(api.ImportLines, _import(asked)))
    return importing.look(call, read_id(asked.client), wanted, settings.of(call), reading.reach_of(call))


def _import(asked: Asked | Making) -> dict[str, Any]:
    period = {"from": asked.from_, "to": asked.to}
    found: dict[str, Any] = {"project_ids": asked.project[:_PROJECTS_MAX]}
    if asked.time:
        found["time"] = {"summary_type": asked.time, **period}
    if asked.expenses:
        found["expenses"] = {"summary_type": asked.expenses, **period}
    return found


def _digest(looked: Imported) -> str:
    """What was shown, in short: how much of it there is, and what it comes to."""
    total_e2 = sum(line.amount_e2 for line in looked.lines)
    return f"{looked.entries}.{looked.expenses}.{len(looked.lines)}.{total_e2}"


def _projects(call: Call, client_id: int) -> list[Project]:
    """The projects of a client that the caller may invoice."""
    among = None if access.me(call).is_administrator else access.managed_projects(call)
    found = projects.every(call, is_billable=True, among=among)
    own = [each for each in found if each.client_id == client_id]
    return sorted(own, key=lambda each: (not each.is_active, each.name.casefold(), each.id))[:_PROJECTS_MAX]


ROUTES: tuple[Route, ...] = (
    get("harvest.invoice.choose", _PATH, choose, read="long"),
    post("harvest.invoice.make", _PATH, make),
)
