"""The jobs of the outbox: `mail.send` hands a mail to the server, `mail.purge` deletes old ones."""

from __future__ import annotations

import asyncio
from smtplib import SMTPException

import structlog

from harbor.kernel import bounds
from harbor.kernel.errors import Unavailable
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import Abandon, JobKind, JsonObject, Progress
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.mail import attachments_store, store
from harbor.kernel.mail.attachments import ReadBlob
from harbor.kernel.mail.attachments import read as read_files
from harbor.kernel.mail.model import Mail, State
from harbor.kernel.mail.outbox import SEND
from harbor.kernel.mail.smtp import Refused, SmtpSettings, deliver
from harbor.kernel.storage.database import Tx

log = structlog.get_logger("harbor.mail")

PURGE = "mail.purge"
PURGE_SCHEDULE = Schedule(name=PURGE, every_s=3600, kind=PURGE)
_ERROR_LENGTH_MAX = 500
_DAY_US = 24 * 3600 * 1_000_000


def send_kind(settings: SmtpSettings | None, read_blob: ReadBlob | None = None) -> JobKind:
    """The kind of job that delivers one mail. Without a mail server it only marks the mail as unsent.

    `read_blob` gives the files of mails; one that is lost is left out, since the mail says more than its file. A failure is
    noted on the mail and tried again for about a day; it never reaches whoever sent the mail.
    """

    async def run(context: JobContext) -> JsonObject:
        account_id, mail_id = context.job.account_id, str(context.job.data["mail_id"])
        mail = await context.read(lambda tx: store.find(tx, account_id, mail_id))
        if mail is None or mail.state is not State.QUEUED:
            return {"state": "gone" if mail is None else mail.state.value}
        if settings is None:
            return await _settle(context, mail, State.UNSENT, None)
        attachments = await context.read(lambda tx: attachments_store.of(tx, account_id, mail_id))
        try:
            files = (
                await asyncio.to_thread(read_files, read_blob, account_id, mail_id, attachments) if attachments else ()
            )
            await asyncio.to_thread(deliver, settings, mail, files)
        except Refused as error:
            await _settle(context, mail, State.FAILED, f"{error} {error.reply}")
            raise Abandon(str(error)) from error
        except (SMTPException, OSError) as error:
            state = State.FAILED if context.is_last_attempt else State.QUEUED
            await _settle(context, mail, state, f"{type(error).__name__}: {error}")
            # The job keeps no words of the server: they may name the recipient, and only the mail can be erased.
            raise Unavailable(f"The mail server did not take the mail ({type(error).__name__}).") from error
        return await _settle(context, mail, State.SENT, None)

    timeout_s = 0.0 if settings is None else settings.timeout_s
    # 1, 2, 4 … 256 minutes, then 360: a day in all, which outlasts greylisting and a night without a mail server.
    return JobKind(
        name=SEND,
        run=run,
        attempts_max=13,
        lease_s=30 + timeout_s,
        retry_delay_s_min=60,
        retry_delay_s_max=6 * 3600,
    )


def purge_kind(*, keep_days: int) -> JobKind:
    """The kind of job that deletes mails written more than `keep_days` calendar days ago, with their content."""
    assert keep_days >= 2, keep_days  # a mail is tried for a day

    async def run(context: JobContext) -> JsonObject:
        while True:
            before = context.job.progress.done
            deleted = await context.step(
                lambda tx: _purge(tx, created_before_us=tx.now_us - keep_days * _DAY_US),
                progress=lambda count, before=before: Progress(before + count),  # type: ignore[misc]
            )
            if deleted < bounds.BACKGROUND_STEP_ROWS_MAX:
                return {"deleted": context.job.progress.done}

    return JobKind(name=PURGE, run=run)


def _purge(tx: Tx, *, created_before_us: int) -> int:
    gone = store.purge(tx, created_before_us=created_before_us, limit=bounds.BACKGROUND_STEP_ROWS_MAX)
    attachments_store.forget(tx, gone)
    return len(gone)


async def _settle(context: JobContext, mail: Mail, state: State, error: str | None) -> JsonObject:
    text = None if error is None else error.replace("\x00", "")[:_ERROR_LENGTH_MAX]
    if state is State.FAILED:
        log.warning("mail_failed", mail=mail.id, topic=mail.topic)
    await context.write(lambda tx: store.settle(tx, mail.account_id, mail.id, state=state, error=text))
    return {"state": state.value}
