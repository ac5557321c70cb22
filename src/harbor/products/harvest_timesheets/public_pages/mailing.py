"""The PDF that goes with a mail: set outside any transaction, kept as a blob, and then the mails that wait for it go out.

A mail is never kept back by its file: if the PDF cannot be made it goes with the address of the page alone, and the log
says so. Source: docs/products/harvest.md#messages.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog

from harbor.kernel.blobs import Blobs
from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError, Missing
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.mail import outbox
from harbor.kernel.mail.attachments import ATTACHMENTS_BYTES_MAX, Attachment
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.bills.messages_model import ATTACH
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.public_pages import service
from harbor.products.harvest_timesheets.public_pages.logos import with_logo
from harbor.products.harvest_timesheets.public_pages.model import Document
from harbor.products.harvest_timesheets.public_pages.pdf import Press

log = structlog.get_logger("harbor.harvest.mailing")

_MEDIA_TYPE: Final = "application/pdf"
# A document takes 20 s at most, and a few may wait before it.
_LEASE_S: Final = 120.0
_ATTEMPTS_MAX: Final = 3
_ODD: Final = re.compile(r"[^\w.-]+")


def attach_kind(call_of: Callable[[Tx, str], Call], blobs: Blobs | None, press: Press) -> JobKind:
    """The kind of job. Without `blobs` there is nowhere to keep a file, and mails go without."""

    async def run(context: JobContext) -> dict[str, Any]:
        if context.job.position is not None:  # the mails went out before a crash
            return {}
        account_id, data = context.job.account_id, context.job.data
        kind, bill_id = BillKind(data["kind"]), int(data["bill_id"])
        files: Sequence[Attachment] = ()
        # What has killed two processes is not tried by a third one.
        if blobs is not None and not context.is_last_attempt:
            try:
                document = await context.read(lambda tx: service.document(call_of(tx, account_id), kind, bill_id))
                files = [await _made(document, account_id, blobs, press)]
            except HarborError as error:
                log.warning("mail_pdf_failed", account=account_id, kind=kind, bill=bill_id, error=type(error).__name__)

        def release(tx: Tx) -> None:
            for mail_id in data["mails"]:
                outbox.release(tx, account_id, mail_id, files)

        await context.step(release, position={"are_released": True})
        return {"has_pdf": bool(files)}

    return JobKind(name=ATTACH, run=run, lease_s=_LEASE_S, attempts_max=_ATTEMPTS_MAX)


async def _made(document: Document, account_id: str, blobs: Blobs, press: Press) -> Attachment:
    content = await press.pdf(await with_logo(document, blobs))
    if len(content) > ATTACHMENTS_BYTES_MAX:
        raise Missing(f"The PDF has {len(content)} bytes; no mail takes so many.")
    blob = await asyncio.to_thread(blobs.put, account_id, content)
    name = f"{_ODD.sub('-', document.title).strip('-.')[:100] or 'document'}.pdf"
    return Attachment(name=name, media_type=_MEDIA_TYPE, key=blob.key, size_bytes=blob.size_bytes)
