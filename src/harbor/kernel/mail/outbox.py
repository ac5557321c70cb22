"""The outbox: a mail is written in the transaction of the change it tells of, and goes out after the commit."""

from __future__ import annotations

from collections.abc import Sequence, Set

from harbor.kernel.jobs import queue
from harbor.kernel.mail import attachments_store, store
from harbor.kernel.mail.attachments import Attachment, check_attachments
from harbor.kernel.mail.model import TOPIC_LENGTH_MAX, Mail, check_address, check_body, check_subject
from harbor.kernel.storage.database import Tx

SEND = "mail.send"


def send(
    tx: Tx,
    account_id: str,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    *,
    topic: str,
    mail_id: str,
    about: str | None = None,
    attachments: Sequence[Attachment] = (),
    waits: bool = False,
) -> Mail | None:
    """The mail, queued; None if `to` had one of this `topic` in the present hour of the calendar.

    A topic that names its object (`sign-in:cod_…`) lets each object have its own mail. `about` is what `erase` will
    know the mail by. `attachments` name blobs that are there; one that `waits` for its files goes out with `release`.
    Raises `Invalid` for an address, subject or name that could carry other headers, and for what is too long.
    """
    assert 1 <= len(topic) <= TOPIC_LENGTH_MAX, topic
    mail = store.insert(
        tx,
        account_id,
        mail_id=mail_id,
        topic=topic,
        about=about,
        recipient=check_address(to),
        subject=check_subject(subject),
        text=check_body(text, field="text"),
        html=None if html is None else check_body(html, field="html"),
    )
    if mail is not None:
        attachments_store.insert(tx, account_id, mail_id, check_attachments(attachments))
        if not waits:
            _enqueue(tx, account_id, mail_id)
    return mail


def release(tx: Tx, account_id: str, mail_id: str, attachments: Sequence[Attachment] = ()) -> None:
    """Let a mail that waits go out, with its files or without any: once, so in a step of the job that it waited for."""
    attachments_store.insert(tx, account_id, mail_id, check_attachments(attachments))
    _enqueue(tx, account_id, mail_id)


def erase(tx: Tx, account_id: str, about: str) -> int:
    """Remove the content of all mails about something, cancel those not sent yet, and return how many there were."""
    attachments_store.erase(tx, account_id, about)
    return store.erase(tx, account_id, about)


def attachments_among(tx: Tx, account_id: str, keys: Set[str]) -> set[str]:
    """Which of some keys of blobs are files of mails: for the sweep of blobs, which takes what nobody names."""
    return attachments_store.among(tx, account_id, keys)


def _enqueue(tx: Tx, account_id: str, mail_id: str) -> None:
    queue.enqueue(tx, account_id, SEND, {"mail_id": mail_id}, job_id=_job_id(mail_id))


def _job_id(mail_id: str) -> str:
    """The job of a mail carries its letters, so that no second id has to be made."""
    return f"job_{mail_id.rpartition('_')[2]}"
