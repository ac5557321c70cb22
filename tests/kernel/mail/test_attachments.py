"""Files of mails: named in the outbox, sent from the blobs, gone with their mails."""

from __future__ import annotations

from collections.abc import Awaitable
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest
from tests.kernel.mail.conftest import ServeMail
from tests.kernel.mail.test_outbox import ACCOUNT, find

from harbor.kernel.blobs import LocalBlobs
from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Invalid
from harbor.kernel.ids import IdMint
from harbor.kernel.jobs.model import kinds_by_name
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.mail import delivery, outbox
from harbor.kernel.mail.attachments import ATTACHMENTS_BYTES_MAX, ATTACHMENTS_MAX, Attachment, check_attachments
from harbor.kernel.mail.model import State
from harbor.kernel.mail.smtp import Security, SmtpSettings
from harbor.kernel.storage.database import Database


def attachment(key: str = "0" * 32, **more: object) -> Attachment:
    facts: dict[str, object] = {"name": "a.pdf", "media_type": "application/pdf", "size_bytes": 5, **more}
    return Attachment(key=key, **facts)  # type: ignore[arg-type]


async def test_files_go_with_their_mail_and_their_names_end_with_it(
    database: Database, clock: ManualClock, serve_mail: ServeMail, tmp_path: Path
) -> None:
    server, blobs = await serve_mail(), LocalBlobs(tmp_path / "blobs")
    content = bytes(range(256)) * 400
    keys = [blobs.put(ACCOUNT, content).key, blobs.put(ACCOUNT, b"two").key]
    settings = SmtpSettings(host="127.0.0.1", port=server.port, sender="h@example.org", security=Security.NONE)
    kinds = kinds_by_name(delivery.send_kind(settings, blobs.read), delivery.purge_kind(keep_days=2))
    worker = Worker(database, kinds, clock, IdMint(lambda: 0).next, schedules=[delivery.PURGE_SCHEDULE])

    def send(mail_id: str, key: str, *, waits: bool = False) -> Awaitable[object]:
        files = [] if waits else [attachment(key, name="Rechnung ü.pdf"), attachment(keys[1], media_type="image/png")]
        return database.write(
            lambda tx: outbox.send(
                tx,
                ACCOUNT,
                "ada@example.com",
                "Bill",
                "Here.",
                topic=mail_id,
                mail_id=mail_id,
                about=mail_id,
                attachments=files,
                waits=waits,
            )
        )

    async def named() -> set[str]:
        return await database.read(lambda tx: outbox.attachments_among(tx, ACCOUNT, set(keys)))

    await send("mail_1", keys[0])
    await send("mail_2", "f" * 32)
    await send("mail_3", "", waits=True)
    await worker.run_due(clock.now())
    assert len(server.got) == 2, "one waits for its files"
    got = [
        [(part.get_filename(), part.get_content_type()) for part in mail.iter_attachments()]
        for mail in cast(list[EmailMessage], server.got)
    ]
    whole, lost = sorted(got, key=len, reverse=True)
    assert whole == [("Rechnung ü.pdf", "application/pdf"), ("a.pdf", "image/png")]
    assert lost == [("a.pdf", "image/png")], "a file that is lost keeps no mail back"
    sent = next(mail for mail in server.got if len(list(mail.iter_attachments())) == 2)
    assert next(iter(sent.iter_attachments())).get_content() == content
    assert sent.get_body(("plain",)).get_content().strip() == "Here."

    await database.write(lambda tx: outbox.release(tx, ACCOUNT, "mail_3", [attachment(keys[0])]))
    await worker.run_due(clock.now())
    assert (await find(database, "mail_3")).state is State.SENT
    assert len(server.got) == 3

    assert await named() == set(keys)
    await database.write(lambda tx: outbox.erase(tx, ACCOUNT, "mail_3"))
    assert await named() == set(keys)
    clock.advance(3 * 24 * 3600)
    await worker.run_due(clock.now())
    assert await named() == set(), "files go with their mails"
    await worker.stop(0)


@pytest.mark.parametrize(
    "given",
    [
        [attachment()] * (ATTACHMENTS_MAX + 1),
        [attachment(size_bytes=ATTACHMENTS_BYTES_MAX), attachment()],
        [attachment(name="a\r\nBcc: x.pdf")],
        [attachment(name="../a.pdf")],
        [attachment(name="")],
        [attachment(name="x" * 201)],
        [attachment(media_type="application/pdf\r\nX: y")],
        [attachment(media_type="pdf")],
    ],
)
def test_what_could_not_travel_is_refused(given: list[Attachment]) -> None:
    with pytest.raises(Invalid):
        check_attachments(given)
