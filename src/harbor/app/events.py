"""Harbor's own API as it is mounted: its limits, and how its webhooks are retried."""

from __future__ import annotations

from harbor.kernel.clock import Clock, micros
from harbor.kernel.http.product import Product
from harbor.kernel.settings import Settings
from harbor.kernel.webhooks.retries import STANDARD, parse_schedule
from harbor.kernel.webhooks.view import View
from harbor.products.harbor_events.limits import DOCUMENTED, Limits, parse_limit
from harbor.products.harbor_events.product import harbor_product
from harbor.products.harbor_events.webhooks.view import harbor_view


def product(settings: Settings, clock: Clock) -> Product:
    """The product with an installation's limits."""
    limits = Limits(
        production=parse_limit(settings.rate_limit_production),
        sandbox=parse_limit(settings.rate_limit_sandbox),
        refusals=DOCUMENTED.refusals,
    )
    return harbor_product(limits, lambda: micros(clock.now()))


def view(settings: Settings) -> View:
    """What its webhooks get; known to the kernel as `harbor`."""
    own = {"production": settings.retry_schedule_production, "sandbox": settings.retry_schedule_sandbox}
    return harbor_view(
        auto_disable_after_hours=settings.auto_disable_after_hours,
        retries=parse_schedule(settings.retry_schedule) if settings.retry_schedule else STANDARD,
        by_environment={name: parse_schedule(text) for name, text in own.items() if text},
    )
