"""What new invoices and estimates begin with. Source: docs/products/harvest.md#settings-of-billing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harbor.products.harvest_timesheets.sentences import problem

TERMS: Final = {"upon receipt": 0, "net 15": 15, "net 30": 30, "net 45": 45, "net 60": 60}
CUSTOM: Final = "custom"
PAYMENT_OPTIONS: Final = ("ach", "credit_card", "paypal")
TEXT_LENGTH_MAX: Final = 65_535
SUBJECT_LENGTH_MAX: Final = 255  # as a subject of an invoice

_RULE = "-" * 45
_SUMMARY = "\r\n".join(
    (
        _RULE,
        "Summary",
        _RULE,
        "Invoice ID: %number%",
        "Issue date: %issue_date%",
        "Client: %client%",
        "PO number: %purchase_order%",
        "Amount: %amount%",
        "Due: %due_date% (%payment_term%)",
        _RULE,
        "",
        "Please find our invoice at the address below.",
        "",
        "With kind regards,",
        "%company%",
    )
)
_REMINDER = "\r\n".join(
    (
        "Hello,",
        "",
        "our invoice %number% over %amount% was due on %due_date%, and %due_amount% of it are still open after %days_late% days.",
        "If your payment is on its way, there is nothing for you to do.",
        "",
        "With kind regards,",
        "%company%",
    )
)
_THANKS = "\r\n".join(
    (
        "Hello,",
        "",
        "we have received your payment for invoice %number%. Thank you!",
        "",
        "With kind regards,",
        "%company%",
    )
)
_ESTIMATE = "\r\n".join(
    (
        _RULE,
        "Summary",
        _RULE,
        "Estimate ID: %number%",
        "Estimate date: %issue_date%",
        "Client: %client%",
        "PO number: %purchase_order%",
        "Amount: %amount%",
        _RULE,
        "",
        "Please find our estimate at the address below.",
        "",
        "With kind regards,",
        "%company%",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingSettings:
    """The settings of an account. Percentages have four places; in templates words between percent signs are filled in."""

    payment_term: str = "upon receipt"
    payment_options: tuple[str, ...] = ()
    tax_e4: int | None = None
    tax2_e4: int | None = None
    is_compound: bool = False
    names_people: bool = False
    invoice_subject: str = ""
    invoice_notes: str = ""
    estimate_subject: str = ""
    estimate_notes: str = ""
    sends_thank_you: bool = True
    message_subject: str = "Invoice #%number% from %company%"
    message_body: str = _SUMMARY
    reminder_subject: str = "Past due invoice reminder: #%number% from %company%"
    reminder_body: str = _REMINDER
    thank_you_subject: str = "Payment received: invoice #%number% from %company%"
    thank_you_body: str = _THANKS
    estimate_message_subject: str = "Estimate #%number% from %company%"
    estimate_message_body: str = _ESTIMATE


_SUBJECTS: Final = (
    "invoice_subject",
    "estimate_subject",
    "message_subject",
    "reminder_subject",
    "thank_you_subject",
    "estimate_message_subject",
)
_TEXTS: Final = (
    "invoice_notes",
    "estimate_notes",
    "message_body",
    "reminder_body",
    "thank_you_body",
    "estimate_message_body",
)


def checked(settings: BillingSettings) -> BillingSettings:
    """The settings, if they make sense. Raises `Invalid`."""
    if settings.payment_term not in TERMS:
        raise problem("payment_term", f"must be one of {', '.join(TERMS)}")
    if unknown := sorted(set(settings.payment_options) - set(PAYMENT_OPTIONS)):
        raise problem("payment_options", f"can't include {unknown[0][:100]}")
    for field in _SUBJECTS:
        if len(getattr(settings, field)) > SUBJECT_LENGTH_MAX:
            raise problem(field, f"is too long (maximum is {SUBJECT_LENGTH_MAX} characters)")
    for field in _TEXTS:
        if len(getattr(settings, field)) > TEXT_LENGTH_MAX:
            raise problem(field, f"is too long (maximum is {TEXT_LENGTH_MAX} characters)")
    for field in ("tax_e4", "tax2_e4"):
        percent_e4 = getattr(settings, field)
        if percent_e4 is not None and not 0 <= percent_e4 <= 100 * 10**4:
            raise problem(field.removesuffix("_e4"), "must be between 0 and 100")
    return settings
