"""Everything Harbour answers. Paths are the canonical ones; `spelling` leads the others here."""

from __future__ import annotations

from harbor.kernel.http.routes import Route
from harbor.products.harbour_agreements import knowledge
from harbor.products.harbour_agreements.agreements import api as agreements
from harbor.products.harbour_agreements.downloads import api as downloads
from harbor.products.harbour_agreements.engine import api as engine
from harbor.products.harbour_agreements.folders import api as folders
from harbor.products.harbour_agreements.provider_configs import api as providers
from harbor.products.harbour_agreements.reviews import api as reviews
from harbor.products.harbour_agreements.verifications import api as verifications
from harbor.products.harbour_agreements.webhooks import api as webhooks

ROUTES: tuple[Route, ...] = (
    *verifications.ROUTES,
    *engine.ROUTES,
    *reviews.ROUTES,
    *providers.ROUTES,
    *webhooks.ROUTES,
    *agreements.ROUTES,
    *folders.ROUTES,
    *downloads.ROUTES,
    *knowledge.ROUTES,
)
