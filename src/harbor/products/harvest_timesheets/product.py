"""The product as it is mounted."""

from __future__ import annotations

from collections.abc import Callable

from harbor.kernel.http.product import Product
from harbor.kernel.sealed import Sealed
from harbor.products.harvest_timesheets import zones
from harbor.products.harvest_timesheets.access.callers import Access
from harbor.products.harvest_timesheets.dialect import harvest_dialect
from harbor.products.harvest_timesheets.importing.service import PURPOSE as IMPORT_PURPOSE
from harbor.products.harvest_timesheets.limits import Limits
from harbor.products.harvest_timesheets.routes import ROUTES
from harbor.products.harvest_timesheets.routing import NOWHERE, finder

SEALED = (Sealed(table="harvest_imports", column="token", purpose=IMPORT_PURPOSE, key=("account_id", "id")),)


def harvest_product(access: Access, limits: Limits, now_us: Callable[[], int]) -> Product:
    """Harvest with a source of callers and an installation's limits. `now_us` is the calendar."""
    zones.load()
    return Product(
        name="harvest",
        title="Harvest time tracking API",
        description=(
            "Time, expenses, projects, invoices, estimates and reports. "
            "`User-Agent` names the application and `Harvest-Account-Id` the account."
        ),
        version="2",
        dialect=harvest_dialect(access, limits, finder(ROUTES), now_us),
        routes=(*ROUTES, NOWHERE),
    )
