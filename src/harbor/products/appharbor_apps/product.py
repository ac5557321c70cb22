"""The product as it is mounted, and what `app` gives it."""

from __future__ import annotations

from pathlib import Path

from harbor.kernel.http.product import Product
from harbor.kernel.sealed import Sealed
from harbor.kernel.storage.migrate import Area
from harbor.products.appharbor_apps.access.callers import Access
from harbor.products.appharbor_apps.dialect import appharbor_dialect
from harbor.products.appharbor_apps.routes import ROUTES
from harbor.products.appharbor_apps.setup import Setup

AREA = Area("appharbor_apps", Path(__file__).parent / "migrations")
# Two that want the same slug, host name or variable race, and the second one looks again.
RACING_INDEXES = frozenset(
    {
        "appharbor_applications_by_slug",
        "appharbor_hostnames_by_value",
        "appharbor_variables_by_key",
        "appharbor_collaborators_by_email",
        "appharbor_service_hooks_by_url",
        "appharbor_drains_by_value",
    }
)
# What a rotation of the master key seals again.
SEALED = (
    Sealed(
        table="appharbor_applications",
        column="build_token",
        purpose="appharbor.build_token",
        key=("account_id", "id"),
    ),
    Sealed(table="appharbor_variables", column="value", purpose="appharbor.variable", key=("account_id", "id")),
    Sealed(table="appharbor_builds", column="source_url", purpose="appharbor.source", key=("account_id", "id")),
    Sealed(
        table="appharbor_releases",
        column="variables",
        purpose="appharbor.release",
        key=("account_id", "application_id", "number"),
    ),
)


def appharbor_product(access: Access, setup: Setup) -> Product:
    """AppHarbor's API with the callers that `access` knows."""
    return Product(
        name="appharbor",
        title="AppHarbor API",
        description="Applications that are pushed, built, tested, deployed and routed.",
        version="1",
        dialect=appharbor_dialect(access, setup.limits),
        routes=ROUTES,
    )
