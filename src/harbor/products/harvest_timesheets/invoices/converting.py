"""Making an invoice from an estimate: its lines, charges and words, as a draft. Source: docs/products/harvest.md#estimates."""

from __future__ import annotations

from typing import Final

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.bills.model import BillKind, Line, LineChange
from harbor.products.harvest_timesheets.estimates import service as estimates
from harbor.products.harvest_timesheets.estimates.model import Estimate
from harbor.products.harvest_timesheets.invoices import reading, service
from harbor.products.harvest_timesheets.invoices.model import Invoice
from harbor.products.harvest_timesheets.item_categories import service as item_categories
from harbor.products.harvest_timesheets.keys import name_key

_COPIED: Final = ("purchase_order", "subject", "currency", "tax_e4", "tax2_e4", "discount_e4")
_OF_LINES: Final = ("description", "quantity_e4", "unit_price_e4", "taxed", "taxed2")


def convert(call: Call, estimate: Estimate) -> Invoice:
    """A draft that asks for what the estimate offered. Its notes are those of new invoices.

    A line whose category invoices do not have is one of services. Raises `Denied`.
    """
    reading.to_list(call)
    names, service_name = item_categories.names(call, BillKind.INVOICE), item_categories.for_service(call)

    def copied(line: Line) -> LineChange:
        category = names.get(name_key(line.category), service_name)
        return LineChange(facts={"category": category, **{name: getattr(line, name) for name in _OF_LINES}})

    new = service.NewInvoice(
        client_id=estimate.client_id,
        facts={"estimate_id": estimate.id, **{name: getattr(estimate, name) for name in _COPIED}},
        lines=[copied(line) for line in estimates.lines_of(call, estimate)],
    )
    return service.add(call, new)
