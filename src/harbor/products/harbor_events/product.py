"""The product as it is mounted."""

from __future__ import annotations

from collections.abc import Callable

from harbor.kernel.http.product import Product
from harbor.products.harbor_events.dialect import harbor_dialect
from harbor.products.harbor_events.limits import Limits
from harbor.products.harbor_events.routes import ROUTES


def harbor_product(limits: Limits, now_us: Callable[[], int]) -> Product:
    """Harbor with an installation's limits."""
    return Product(
        name="harbor",
        title="Harbor Events API",
        description="Workspaces, events, signed webhooks, deliveries and scoped keys.",
        version="1",
        dialect=harbor_dialect(limits, now_us),
        routes=ROUTES,
    )
