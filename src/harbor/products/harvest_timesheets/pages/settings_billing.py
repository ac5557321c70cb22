"""Settings of billing: what new invoices and estimates begin with, and the mails they go out with."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.billing_settings import model, service
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.pages import amounts
from harbor.products.harvest_timesheets.pages.acting import get, post
from harbor.products.harvest_timesheets.pages.settings_parts import BILLING, TRAIL, tabs

NOTICES = {"billing_saved": "The settings of billing are saved."}
_OPTIONS: Final = (("ach", "Bank transfer (ACH)"), ("credit_card", "Credit card"), ("paypal", "PayPal"))
_TERMS: Final = (("upon receipt", "Upon receipt"), *((f"net {days}", f"{days} days") for days in (15, 30, 45, 60)))
# Who receives it, and the names of subject and body.
_MAILS: Final = (
    ("An invoice", "message_subject", "message_body"),
    ("A reminder of an invoice that is due", "reminder_subject", "reminder_body"),
    ("Thanks for a payment", "thank_you_subject", "thank_you_body"),
    ("An estimate", "estimate_message_subject", "estimate_message_body"),
)
_TEXTS: Final = ("invoice_notes", "estimate_notes", *(body for _, _, body in _MAILS))
_WORDS: Final = (
    "number company client purchase_order subject amount due_amount issue_date due_date payment_term days_late address"
)


class Facts(Form, kw_only=True):
    """The settings as they are typed. Taxes are percentages."""

    payment_term: str = ""
    payment_options: list[str] = msgspec.field(default_factory=list)
    tax: str = ""
    tax2: str = ""
    is_compound: bool = False
    names_people: bool = False
    invoice_subject: str = ""
    invoice_notes: str = ""
    estimate_subject: str = ""
    estimate_notes: str = ""
    sends_thank_you: bool = False
    message_subject: str = ""
    message_body: str = ""
    reminder_subject: str = ""
    reminder_body: str = ""
    thank_you_subject: str = ""
    thank_you_body: str = ""
    estimate_message_subject: str = ""
    estimate_message_body: str = ""


def edit(call: Call) -> Html:
    """The settings and their form."""
    access.require_administrator(call, "see the settings of billing")
    settings, here = service.of(call), company.of(call)
    context = {
        **tabs(call, BILLING),
        "settings": settings,
        "terms": _TERMS,
        "options": _OPTIONS,
        "tax": "" if settings.tax_e4 is None else amounts.number(settings.tax_e4, 4, here),
        "tax2": "" if settings.tax2_e4 is None else amounts.number(settings.tax2_e4, 4, here),
        "mails": [
            (told, subject, getattr(settings, subject), body, getattr(settings, body)) for told, subject, body in _MAILS
        ],
        "words": [f"%{word}%" for word in _WORDS.split()],
        "subject_length_max": model.SUBJECT_LENGTH_MAX,
        "text_length_max": model.TEXT_LENGTH_MAX,
    }
    return Html("settings_billing.html", "Billing", context, TRAIL)


def save(call: Call, environment: str, body: Facts) -> Answer:
    """Change the settings."""
    access.require_administrator(call, "change the settings of billing")
    service.change(call, **_given(body, company.of(call)))
    return go(BILLING.format(environment=environment), done="billing_saved")


def _given(body: Facts, here: Company) -> dict[str, Any]:
    facts: dict[str, Any] = {name: getattr(body, name) for name in body.__struct_fields__}
    for name in ("tax", "tax2"):
        facts[f"{name}_e4"] = wire.units(amounts.read(facts.pop(name), here, field=name), 4, field=name)
    if len(body.payment_options) > len(_OPTIONS):
        raise Invalid("Each way to pay is chosen once.", field="payment_options")
    facts["payment_options"] = tuple(body.payment_options)
    for name in _TEXTS:
        facts[name] = facts[name].replace("\n", "\r\n")  # as mails have it
    return facts


ROUTES: tuple[Route, ...] = (
    get("harvest.settings.billing", BILLING, edit),
    post("harvest.settings.billing.save", BILLING, save),
)
