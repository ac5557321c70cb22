"""The product as it is mounted: its dialect, routes, versions, migrations, webhooks, and the jobs behind it.

Mount it with `Spellings(product, services)`, not with a plain pipeline. `services.tools` must hold the `Providers` of the
installation under `engine.api.TOOL`; the same value goes to `kinds`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from harbor.kernel.blobs.sweeping import Naming
from harbor.kernel.http.product import Product
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.outbound import OutboundClient
from harbor.kernel.sealed import Sealed
from harbor.kernel.storage.migrate import Area
from harbor.kernel.webhooks.view import View
from harbor.products.harbour_agreements.agreements.service import files_among
from harbor.products.harbour_agreements.api_keys.jobs import exposed_kind
from harbor.products.harbour_agreements.dialect import Manners, harbour_dialect
from harbor.products.harbour_agreements.downloads.jobs import SCHEDULE as DOWNLOADS_SCHEDULE
from harbor.products.harbour_agreements.downloads.jobs import forget_kind as forget_downloads_kind
from harbor.products.harbour_agreements.engine import jobs as engine_jobs
from harbor.products.harbour_agreements.engine.secrets import ANSWER_PURPOSE, APPLICANT_PURPOSE
from harbor.products.harbour_agreements.engine.silence import SILENCE_SCHEDULE, silence_kind
from harbor.products.harbour_agreements.limits.shared import FORGET_SCHEDULE, forget_kind
from harbor.products.harbour_agreements.organizations.model import zones
from harbor.products.harbour_agreements.provider_configs.service import PURPOSE as PROVIDER_SECRETS
from harbor.products.harbour_agreements.provider_configs.service import configured
from harbor.products.harbour_agreements.providers.manual.provider import ManualReview
from harbor.products.harbour_agreements.providers.registry import Providers, nobodys
from harbor.products.harbour_agreements.providers.sandbox.provider import Sandbox
from harbor.products.harbour_agreements.reviews.service import evidence_among
from harbor.products.harbour_agreements.routes import ROUTES
from harbor.products.harbour_agreements.verifications.catalogue import DEFAULT_EDITION
from harbor.products.harbour_agreements.verifications.snapshot import snapshot as verification_snapshot
from harbor.products.harbour_agreements.versions import CURRENT, VERSIONS
from harbor.products.harbour_agreements.webhooks import jobs as webhook_jobs
from harbor.products.harbour_agreements.webhooks.model import KERNEL_TYPES, VERIFICATION
from harbor.products.harbour_agreements.webhooks.view import TIMEOUT_S, harbour_view

# Two that start the same webhook, or take the same report, wait for locks of their own: no index decides a race.
RACING_INDEXES: frozenset[str] = frozenset()
# What a rotation of the master key seals again.
SEALED: Sequence[Sealed] = (
    Sealed(table="harbour_providers", column="secrets", purpose=PROVIDER_SECRETS, key=("account_id", "id")),
    Sealed(
        table="harbour_applicant_secrets",
        column="sealed",
        purpose=APPLICANT_PURPOSE,
        key=("account_id", "verification_id"),
    ),
    Sealed(
        table="harbour_raw_answers",
        column="sealed",
        purpose=ANSWER_PURPOSE,
        key=("account_id", "verification_id", "update_id"),
    ),
)
# What names blobs: the sweep removes the others.
NAMINGS: Sequence[Naming] = (evidence_among, files_among)
SCHEDULES: Sequence[Schedule] = (engine_jobs.RETENTION_SCHEDULE, SILENCE_SCHEDULE, FORGET_SCHEDULE, DOWNLOADS_SCHEDULE)


def harbour_areas(engine: str) -> tuple[Area, ...]:
    """The product's migrations: the tables, and how each engine finds a text inside others."""
    folder = Path(__file__).parent / "migrations"
    return Area("harbour_agreements", folder), Area("harbour_search", folder / engine)


def harbour_providers(
    *,
    sandbox_step_delay_ms: int = 2_000,
    default: str = "sandbox",
    edition: str = DEFAULT_EDITION,
    client: OutboundClient | None = None,
) -> Providers:
    """The built-in providers, and with a `client` those that organizations describe. `edition` is the catalogue of those
    that chose none."""
    sandbox, manual = Sandbox(sandbox_step_delay_ms / 1_000), ManualReview()
    return Providers(
        by_key={sandbox.key: sandbox, manual.key: manual},
        default=default,
        edition=edition,
        configured=nobodys if client is None else configured(client),
    )


def harbour_product(manners: Manners, now_us: Callable[[], int]) -> Product:
    """Harbour as an installation has it. `now_us` is the calendar."""
    zones()
    return Product(
        name="harbour",
        title="Harbour API",
        description="Verifications, webhooks, agreements and e-signing.",
        version=CURRENT,
        dialect=harbour_dialect(manners, now_us),
        routes=ROUTES,
        versions=VERSIONS,
    )


def harbour_webhooks(dashboard_url: str | None = None, *, timeout_s: float = TIMEOUT_S) -> View:
    """The view of Harbour's webhooks. Mails of failures lead to `dashboard_url`, the console's Harbour."""
    snapshots = dict.fromkeys(KERNEL_TYPES[VERIFICATION], verification_snapshot)
    return harbour_view(snapshots, dashboard_url=dashboard_url, timeout_s=timeout_s)


def harbour_kinds(
    call_of: engine_jobs.CallOf,
    providers: Providers,
    *,
    dashboard_url: str | None = None,
    applicant_days: int = engine_jobs.APPLICANT_DAYS,
) -> list[JobKind]:
    """The kinds of jobs of this product. `call_of` makes a call of the system in an account."""
    return [
        *engine_jobs.kinds(call_of, providers, applicant_days=applicant_days),
        silence_kind(call_of, providers),
        exposed_kind(call_of),
        *webhook_jobs.kinds(call_of, dashboard_url=dashboard_url),
        forget_kind(),
        forget_downloads_kind(),
    ]
