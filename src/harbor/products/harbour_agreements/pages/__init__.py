"""Harbour in the console: verifications and their review, webhooks, API keys, and the choices of an organization."""

from __future__ import annotations

from pathlib import Path

from harbor.kernel.http.page import Link, Section
from harbor.products.harbour_agreements.pages import alerts, keys, places, reviews, settings, verifications, webhooks

SECTION = Section(
    name="harbour",
    label="Harbour",
    icon="anchor",
    links=(
        Link("Verifications", verifications.PATH, places.READ),
        Link("Review queue", reviews.PATH, places.REVIEW),
        Link("Webhooks", webhooks.PATH, places.READ),
        Link("Integrations", keys.PATH, places.MANAGE),
        Link("Organization", settings.PATH, places.MANAGE),
    ),
    routes=(*verifications.ROUTES, *reviews.ROUTES, *webhooks.ROUTES, *keys.ROUTES, *settings.ROUTES),
    templates=Path(__file__).parent / "templates",
    notices={
        **verifications.NOTICES,
        **reviews.NOTICES,
        **webhooks.NOTICES,
        **keys.NOTICES,
        **settings.NOTICES,
    },
    alerts=alerts.silent,
    member_scopes=frozenset({places.READ, places.REVIEW}),
)
