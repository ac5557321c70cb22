"""What the pages of invoices and estimates share: addresses of the public, whom a bill may be for, and where lists lie."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import wraps
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.http.page import CONSOLE
from harbor.kernel.http.routes import Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.bills import messages
from harbor.products.harvest_timesheets.bills.messages_model import Message
from harbor.products.harvest_timesheets.bills.model import BillKind, Line
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.pages import acting, lists
from harbor.products.harvest_timesheets.projects import service as projects

# Where the public pages lie on the port of the console.
_PUBLIC: Final = "/harvest"
LINES_SHOWN: Final = 100
_EVENTS: Final = {
    "send": "Marked as sent",
    "draft": "Back to a draft",
    "close": "Written off",
    "re-open": "Opened again",
    "view": "Seen by the client",
    "accept": "Accepted",
    "decline": "Declined",
    "invoice": "Invoiced",
}


def get(name: str, path: str, handler: Callable[..., Any], **more: Any) -> Route:
    """The route of a page that leads to public pages."""
    return acting.get(name, path, _outward(handler), **more)


def post(name: str, path: str, handler: Callable[..., Any], **more: Any) -> Route:
    """The route of a form whose mails lead to public pages."""
    return acting.post(name, path, _outward(handler), **more)


def _outward(handler: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(handler)
    def run(*, call: Call, **more: Any) -> Any:
        call.base_url = call.base_url.removesuffix(CONSOLE) + _PUBLIC
        return handler(call=call, **more)

    return run


def money(amount_e2: int, currency: str) -> str:
    """`1,234.50 USD`: with its currency, since a list may have several."""
    return lists.money(amount_e2, 2, currency) or ""


def number(units: int | None, places: int) -> str:
    """A number as it is typed: without zeros at its end."""
    if units is None:
        return ""
    whole, part = divmod(abs(units), 10**places)
    shown = f"{whole}.{part:0{places}}".rstrip("0").rstrip(".")
    return f"-{shown}" if units < 0 else shown


def day(text: str, field: str) -> date | None:
    """A day of a filter, if one is given. Raises `Invalid`."""
    return wire.read_date(text, field=field) if text.strip() else None


def is_handling(call: Call) -> bool:
    """Whether the caller sends invoices and records payments, and does not only draft."""
    return access.me(call).has(AccessRole.INVOICE_MANAGER)


def client_choices(call: Call, *chosen: int, for_projects: bool = True) -> list[tuple[str, str]]:
    """Whom a bill may be for: active clients, of managers those of projects they manage; and who is chosen already."""
    if for_projects and not access.me(call).is_administrator:
        managed = projects.named(call, access.managed_projects(call)).values()
        found = clients.named(call, {project.client_id for project in managed}).values()
    else:
        found = clients.listed(call, PageRequest(limit=lists.CHOICES_MAX), is_active=True).items  # type: ignore[assignment]
    choices = {each.id: each.name for each in found if each.is_active}
    choices |= {each.id: each.name for each in clients.named(call, chosen).values()}
    return _sorted(choices)


def project_choices(call: Call, client_id: int, chosen: Iterable[int] = ()) -> list[tuple[str, str]]:
    """The projects of a client that a line may belong to, as far as the caller sees them; and those chosen already."""
    found = projects.listed(call, PageRequest(limit=lists.CHOICES_MAX), client_id=client_id).items
    choices = {each.project.id: each.project.name for each in found}
    choices |= {each.id: each.name for each in projects.named(call, chosen).values()}
    return _sorted(choices)


def lines_shown(lines: Sequence[Line], part: int) -> dict[str, Any]:
    """A part of the lines of a bill, and what all of them come to."""
    count = len(lines)
    first = min(max(0, part - 1), max(0, count - 1) // LINES_SHOWN) * LINES_SHOWN
    return {
        "lines": lines[first : first + LINES_SHOWN],
        "part": first // LINES_SHOWN + 1,
        "has_more": first + LINES_SHOWN < count,
        "subtotal_e2": sum(line.amount_e2 for line in lines),
    }


def history(call: Call, kind: BillKind, bill_id: int) -> list[Message]:
    """What happened to a bill, the latest first, as much as a page holds."""
    return list(messages.listed(call, kind, bill_id, PageRequest(limit=lists.CHOICES_MAX)).items)


def latest(call: Call, kind: BillKind, bill_id: int) -> str:
    """What was sent or noted last: a form that mails carries it, so that what is pressed twice is mailed once."""
    found = messages.listed(call, kind, bill_id, PageRequest(limit=1)).items
    return str(found[0].id) if found else "0"


def refuse_news(call: Call, kind: BillKind, bill_id: int, seen: str) -> None:
    """Raise `Conflict` if something was sent or noted since a page was loaded."""
    if seen != latest(call, kind, bill_id):
        raise Conflict(f"Something happened to this {kind} meanwhile. Load the page anew and look at its history.")


def told(message: Message) -> str:
    """What a message was, in words."""
    if message.event_type is not None:
        return _EVENTS.get(message.event_type, message.event_type)
    return "Thanks were sent" if message.thank_you else "A reminder was sent" if message.reminder else "Sent"


def query(values: Mapping[str, str]) -> dict[str, str]:
    """The words of a filter that are there, for addresses."""
    return {name: value for name, value in values.items() if value}


def _sorted(choices: Mapping[int, str]) -> list[tuple[str, str]]:
    return sorted(((str(id_), name) for id_, name in choices.items()), key=lambda pair: (pair[1].casefold(), pair[0]))
