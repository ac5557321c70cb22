"""Whether late invoices are reminded of by themselves."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.pages import invoices
from harbor.products.harvest_timesheets.pages.invoices_parts import get, post
from harbor.products.harvest_timesheets.reminders import service

NOTICES = {"reminders_saved": "The reminders are saved."}
_PATH = f"{invoices.INVOICES}/reminders"


class Facts(Form, kw_only=True):
    """The settings as they are typed."""

    is_on: bool = False
    after_days: str = ""
    every_days: str = ""


def show(call: Call) -> Html:
    """The settings."""
    access.require_administrator(call, "change the reminders of invoices")
    return Html("invoice_reminders.html", "Reminders", {"own": service.settings_of(call)}, invoices.TRAIL)


def save(call: Call, environment: str, body: Facts) -> Answer:
    """Change the settings."""
    after_days, every_days = _days(body.after_days, "after_days"), _days(body.every_days or "0", "every_days")
    service.change(call, is_on=body.is_on, after_days=after_days, every_days=every_days)
    return go(_PATH.format(environment=environment), done="reminders_saved")


def _days(text: str, field: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Invalid("This is a number of days.", field=field)
    return int(text)


ROUTES: tuple[Route, ...] = (
    get("harvest.invoice.reminders", _PATH, show),
    post("harvest.invoice.reminders.save", _PATH, save),
)
