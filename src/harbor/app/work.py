"""Work done later: the kinds of jobs of the kernel and of every product, and what is done by the calendar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from harbor.app import appharbor, harbour, harvest
from harbor.app.harper import Harper
from harbor.app.opening import SEALED_COLUMNS
from harbor.kernel.blobs import Blobs
from harbor.kernel.blobs.sweeping import SCHEDULE as SWEEP_BLOBS
from harbor.kernel.blobs.sweeping import Naming, sweep_kind
from harbor.kernel.call import Call
from harbor.kernel.jobs.retention import SCHEDULE as PURGE_JOBS
from harbor.kernel.jobs.retention import purge_kind as purge_jobs_kind
from harbor.kernel.mail import outbox
from harbor.kernel.mail.delivery import PURGE_SCHEDULE as PURGE_MAILS
from harbor.kernel.mail.delivery import purge_kind as purge_mails_kind
from harbor.kernel.mail.delivery import send_kind as send_mail_kind
from harbor.kernel.mail.smtp import Security, SmtpSettings
from harbor.kernel.outbound import OutboundClient
from harbor.kernel.retention.jobs import SCHEDULES as RETENTION
from harbor.kernel.retention.jobs import RetentionPolicy, retention_kinds
from harbor.kernel.rotation.job import rotation_kind
from harbor.kernel.rotation.vault import SETTLE_S
from harbor.kernel.settings import Settings
from harbor.kernel.storage.database import Tx
from harbor.kernel.vault import Vault
from harbor.products.harbor_events import jobs as harbor_jobs
from harbor.products.harper_tables import jobs as harper_jobs
from harbor.products.harvest_timesheets import jobs as harvest_jobs
from harbor.products.harvest_timesheets.billing_settings import branding
from harbor.products.harvest_timesheets.expenses import service as harvest_expenses
from harbor.products.harvest_timesheets.importing.means import Means as ImportMeans

SCHEDULES: Final = (
    PURGE_JOBS,
    PURGE_MAILS,
    SWEEP_BLOBS,
    *RETENTION,
    *harbor_jobs.SCHEDULES,
    *harper_jobs.SCHEDULES,
    *harvest_jobs.SCHEDULES,
    *harbour.SCHEDULES,
    *appharbor.SCHEDULES,
)
# What names blobs, of every part that keeps some: the sweep removes the others.
NAMINGS: Final[tuple[Naming, ...]] = (
    outbox.attachments_among,
    harvest_expenses.receipts_among,
    branding.logos_among,
    *harbour.NAMINGS,
    appharbor.NAMING,
)
_MAILS_KEPT_DAYS = 30
_JOBS_KEPT_DAYS = 30


def kinds(
    settings: Settings,
    vault: Vault,
    call_of: Callable[[Tx, str], Call],
    harper: Harper,
    checks: harbour.Harbour,
    apps: appharbor.AppHarbor,
    blobs: Blobs,
    client: OutboundClient,
) -> list[Any]:
    """Every kind of job. `call_of` makes a call of the platform in an account; `client` is the way out."""
    policy = RetentionPolicy(
        event_days=settings.event_retention_days,
        attempt_days=settings.attempt_retention_days,
        request_log_days=settings.request_log_retention_days,
        audit_days=settings.audit_retention_days,
    )
    return [
        send_mail_kind(_smtp(settings), blobs.read),
        rotation_kind(vault, SEALED_COLUMNS, settle_s=0 if settings.database is None else SETTLE_S),
        purge_mails_kind(keep_days=_MAILS_KEPT_DAYS),
        purge_jobs_kind(keep_days=_JOBS_KEPT_DAYS),
        sweep_kind(blobs, NAMINGS),
        *retention_kinds(policy),
        *harbor_jobs.kinds(call_of),
        *harper_jobs.kinds(call_of, harper.configuration, harper.means),
        *harvest_jobs.kinds(call_of, ImportMeans(client=client, blobs=blobs), public_url=harvest.public_url(settings)),
        *checks.kinds(call_of),
        *apps.kinds(call_of),
    ]


def _smtp(settings: Settings) -> SmtpSettings | None:
    if settings.smtp_host is None:
        return None
    return SmtpSettings(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_sender or "",
        security=Security(settings.smtp_security),
        username=settings.smtp_username,
        password=settings.smtp_password,
    )
