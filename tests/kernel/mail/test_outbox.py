"""From the outbox to the server, on both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from tests.kernel.mail.conftest import MailServer, ServeMail

from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.ids import IdMint
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import State as JobState
from harbor.kernel.jobs.model import kinds_by_name
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.mail import delivery, outbox, store
from harbor.kernel.mail.model import Mail, State
from harbor.kernel.mail.smtp import Security, SmtpSettings
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Database, Tx

ACCOUNT = "acc_one"


@pytest.fixture
async def server(serve_mail: ServeMail) -> MailServer:
    started: MailServer = await serve_mail()
    return started


@pytest.fixture
async def worker(database: Database, clock: ManualClock, server: MailServer) -> AsyncIterator[Worker]:
    settings = SmtpSettings(
        host="127.0.0.1", port=server.port, sender="harbor@example.org", security=Security.NONE, timeout_s=5
    )
    made = worker_for(database, clock, settings)
    yield made
    await made.stop(0)


def worker_for(database: Database, clock: ManualClock, settings: SmtpSettings | None) -> Worker:
    kinds = kinds_by_name(delivery.send_kind(settings), delivery.purge_kind(keep_days=2))
    return Worker(database, kinds, clock, IdMint(lambda: 0).next, schedules=[delivery.PURGE_SCHEDULE])


async def send(
    database: Database, mail_id: str = "mail_1", to: str = "ada@example.com", topic: str = "signed"
) -> Mail | None:
    return await database.write(
        lambda tx: outbox.send(tx, ACCOUNT, to, "Signed", "It is signed.", topic=topic, mail_id=mail_id, about="agr_1")
    )


async def find(database: Database, mail_id: str = "mail_1") -> Mail:
    mail = await database.read(lambda tx: store.find(tx, ACCOUNT, mail_id))
    assert mail is not None
    return mail


async def test_a_mail_goes_out_after_the_commit(
    database: Database, worker: Worker, clock: ManualClock, server: MailServer
) -> None:
    queued = await send(database)
    await worker.run_due(clock.now())

    mail = await find(database)
    assert queued is not None
    assert queued.state is State.QUEUED
    assert [str(got["Subject"]) for got in server.got] == ["Signed"]
    assert (mail.state, mail.sent_at, mail.error) == (State.SENT, clock.now(), None)


async def test_an_undone_transaction_sends_nothing(
    database: Database, worker: Worker, clock: ManualClock, server: MailServer
) -> None:
    def fail(tx: Tx) -> None:
        outbox.send(tx, ACCOUNT, "ada@example.com", "Signed", "It is signed.", topic="signed", mail_id="mail_1")
        raise Conflict("no")

    with pytest.raises(Conflict):
        await database.write(fail)
    await worker.run_due(clock.now())

    assert server.got == []


async def test_one_mail_per_topic_recipient_and_hour(
    database: Database, worker: Worker, clock: ManualClock, server: MailServer
) -> None:
    asked = [
        ("mail_1", "ada@example.com", "signed"),
        ("mail_2", "Ada@Example.com", "signed"),
        ("mail_3", "eve@example.com", "signed"),
        ("mail_4", "ada@example.com", "declined"),
    ]
    sent = [await send(database, *each) for each in asked]
    clock.advance(3600)
    later = await send(database, "mail_5")

    assert [mail is not None for mail in sent] == [True, False, True, True]
    assert later is not None


async def test_without_a_mail_server_mails_are_only_recorded(database: Database, clock: ManualClock) -> None:
    worker = worker_for(database, clock, None)
    await send(database)

    await worker.run_due(clock.now())
    await worker.stop(0)

    mail = await find(database)
    assert (mail.state, mail.text, mail.error) == (State.UNSENT, "It is signed.", None)


async def test_a_mail_refused_for_now_is_tried_again(
    database: Database, worker: Worker, clock: ManualClock, server: MailServer
) -> None:
    server.reply_to_recipient = "450 Greylisted ada@example.com"
    await send(database)
    await worker.run_due(clock.now())
    waiting = await find(database)
    server.reply_to_recipient = "250 OK"
    clock.advance(61)
    await worker.run_due(clock.now())
    sent = await find(database)

    assert waiting.state is State.QUEUED
    assert waiting.error is not None
    assert "Greylisted" in waiting.error
    assert (sent.state, sent.error, len(server.got)) == (State.SENT, None, 1)


async def test_a_mail_nobody_takes_fails_in_the_end_and_hurts_nobody(
    database: Database, worker: Worker, clock: ManualClock, server: MailServer
) -> None:
    server.reply_to_recipient = "450 Greylisted"
    await send(database)
    end = clock.now() + timedelta(days=1, hours=3)
    while (due_at := await database.read(worker.next_due)) is not None and due_at < end:
        clock.set(max(due_at, clock.now()))
        await worker.run_due(clock.now())

    assert (await find(database)).state is State.FAILED
    assert server.got == []


async def test_a_mail_refused_for_good_fails_at_once(
    database: Database, worker: Worker, clock: ManualClock, server: MailServer
) -> None:
    server.reply_to_recipient = "550 No such person: ada@example.com"
    await send(database)
    await worker.run_due(clock.now())

    mail = await find(database)
    page = await database.read(lambda tx: queue.listing(tx, ACCOUNT, PageRequest(limit=10)))
    (job,) = page.items
    assert mail.state is State.FAILED
    assert mail.error == "The mail server refused the recipient (550). No such person: ada@example.com"
    assert (job.state, job.error) == (JobState.FAILED, "The mail server refused the recipient (550).")


async def test_an_erased_mail_is_not_sent_and_says_nothing(
    database: Database, worker: Worker, clock: ManualClock, server: MailServer
) -> None:
    await send(database)
    await send(database, "mail_2", "eve@example.com")
    erased = await database.write(lambda tx: outbox.erase(tx, ACCOUNT, "agr_1"))
    await worker.run_due(clock.now())

    mail = await find(database)
    assert erased == 2
    assert server.got == []
    assert (mail.state, mail.recipient, mail.subject, mail.text, mail.html) == (State.ERASED, "", "", "", None)
    everything = str(await database.read(lambda tx: tx.rows("SELECT * FROM mails") + tx.rows("SELECT * FROM jobs")))
    assert "example.com" not in everything
    assert "It is signed." not in everything


async def test_a_header_cannot_be_smuggled_in(database: Database) -> None:
    with pytest.raises(Invalid):
        await send(database, to="ada@example.com\r\nBcc: eve@example.com")

    page = await database.read(lambda tx: store.newest_first(tx, ACCOUNT, PageRequest(limit=10)))
    assert page.items == ()


async def test_old_mails_are_deleted(database: Database, worker: Worker, clock: ManualClock) -> None:
    await send(database)
    await worker.run_due(clock.now())
    clock.advance(47 * 3600)
    await send(database, "mail_2")
    await worker.run_due(clock.now())
    assert (await find(database)).state is State.SENT

    clock.advance(2 * 3600)
    await worker.run_due(clock.now())

    page = await database.read(lambda tx: store.newest_first(tx, ACCOUNT, PageRequest(limit=10), topic="signed"))
    assert [mail.id for mail in page.items] == ["mail_2"]
