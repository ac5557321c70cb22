"""All pages of billing: what the section of Harvest takes over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harbor.kernel.http.page import Link
from harbor.kernel.http.routes import Route
from harbor.products.harvest_timesheets.pages import (
    estimates,
    estimates_writing,
    invoices,
    invoices_contacts,
    invoices_look,
    invoices_reminders,
    invoices_settling,
    invoices_tracked,
    invoices_writing,
    recurring,
)

LINKS: Final = (Link("Invoices", invoices.INVOICES), Link("Estimates", estimates.ESTIMATES))
ROUTES: Final[tuple[Route, ...]] = (
    *invoices.ROUTES,
    *invoices_writing.ROUTES,
    *invoices_tracked.ROUTES,
    *invoices_settling.ROUTES,
    *estimates.ROUTES,
    *estimates_writing.ROUTES,
    *recurring.ROUTES,
    *invoices_reminders.ROUTES,
    *invoices_look.ROUTES,
    *invoices_contacts.ROUTES,
)
NOTICES: Final[Mapping[str, str]] = {
    **invoices.NOTICES,
    **invoices_writing.NOTICES,
    **invoices_tracked.NOTICES,
    **invoices_settling.NOTICES,
    **estimates.NOTICES,
    **estimates_writing.NOTICES,
    **recurring.NOTICES,
    **invoices_reminders.NOTICES,
    **invoices_look.NOTICES,
    **invoices_contacts.NOTICES,
}
