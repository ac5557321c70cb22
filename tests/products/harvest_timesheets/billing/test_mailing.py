"""Mails with their PDF: on a real mail server, and without it where it cannot be made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.kernel.mail.conftest import MailServer, ServeMail, certificate, serve_mail
from tests.products.harvest_timesheets.billing.work import begin, service
from tests.products.harvest_timesheets.office import Office

from harbor.kernel.blobs import LocalBlobs
from harbor.kernel.call import Call
from harbor.kernel.errors import Unavailable
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import system
from harbor.kernel.jobs.claims import claim
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import kinds_by_name
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.mail import outbox
from harbor.kernel.mail.delivery import send_kind
from harbor.kernel.mail.smtp import Security, SmtpSettings
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.public_pages import mailing
from harbor.products.harvest_timesheets.public_pages.pdf import PRESS, Press

__all__ = ["certificate", "serve_mail"]


def worker_of(office: Office, server: MailServer, blobs: LocalBlobs | None) -> Worker:
    """A worker with a mail server and blobs."""
    house = office.house
    settings = SmtpSettings(host="127.0.0.1", port=server.port, sender="h@example.org", security=Security.NONE)
    kinds = kinds_by_name(
        send_kind(settings, None if blobs is None else blobs.read), mailing.attach_kind(call_of(office), blobs, PRESS)
    )
    return Worker(house.database, kinds, house.clock, house.services.faculties.ids.next, chance=lambda: 1.0)


def call_of(office: Office) -> Callable[[Tx, str], Call]:
    """Makes calls of the platform."""

    def made(tx: Tx, account_id: str) -> Call:
        account = identity.account(tx, account_id)
        assert account is not None, account_id
        return office.house.services.call(tx, system(account.id, account.organization_id, account.environment))

    return made


def files_of(mail: Any) -> list[tuple[str, str, bytes]]:
    """The files of a mail."""
    return [(p.get_filename(), p.get_content_type(), p.get_content()[:5]) for p in mail.iter_attachments()]


async def test_a_mail_carries_the_pdf_to_everybody(office: Office, serve_mail: ServeMail, tmp_path: Path) -> None:
    work, server, blobs = await begin(office), await serve_mail(), LocalBlobs(tmp_path / "files")
    made = await work.invoice(line_items=[service(10)], number="R/7 ü")
    to = [{"email": "a@example.com"}, {"email": "b@example.com"}]
    path = f"/v2/invoices/{made['id']}/messages"
    await office.admin.made(path, {"recipients": to, "attach_pdf": True})
    await office.admin.made(path, {"recipients": to[:1]})
    worker = worker_of(office, server, blobs)
    await worker.run_due(office.house.clock.now())
    await worker.stop(0)

    pdf = [("Invoice-R-7-ü.pdf", "application/pdf", b"%PDF-")]
    assert sorted(map(files_of, server.got), key=len) == [[], pdf, pdf]
    text = server.got[0].get_body(("plain",))
    assert text is not None
    assert text.get_content().rstrip().endswith(f"/client/invoices/{made['client_key']}")
    account = office.organization.production.id
    keys = {blob.key for blob in blobs.stored()}
    assert len(keys) == 1, "the document is made once for all"
    named = await office.house.database.read(lambda tx: outbox.attachments_among(tx, account, keys))
    assert named == keys


async def test_a_pdf_that_cannot_be_made_keeps_no_mail_back(
    sqlite_office: Office, serve_mail: ServeMail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = sqlite_office
    work, server = await begin(office), await serve_mail()
    estimate = await office.admin.made("/v2/estimates", {"client_id": work.client_id})
    made = await work.invoice(line_items=[service(10)])
    mail = {"recipients": [{"email": "a@example.com"}], "attach_pdf": True}

    async def broken(_press: Press, _document: object) -> bytes:
        raise Unavailable("There is no typesetter today.")

    monkeypatch.setattr(Press, "pdf", broken)
    await office.admin.made(f"/v2/invoices/{made['id']}/messages", mail)
    await office.admin.made(f"/v2/estimates/{estimate['id']}/messages", mail)
    await office.admin.deleted(f"/v2/estimates/{estimate['id']}")
    worker = worker_of(office, server, LocalBlobs(tmp_path / "files"))
    await worker.run_due(office.house.clock.now())
    await worker.stop(0)
    assert [files_of(each) for each in server.got] == [[], []]

    await office.admin.made(f"/v2/invoices/{made['id']}/messages", mail)
    worker = worker_of(office, server, None)
    await worker.run_due(office.house.clock.now())
    await worker.stop(0)
    assert len(server.got) == 3, "nor does an installation that keeps no files"


async def test_a_kill_after_the_mails_went_sends_none_twice(sqlite_office: Office, tmp_path: Path) -> None:
    office = sqlite_office
    work = await begin(office)
    made = await work.invoice(line_items=[service(10)])
    await office.admin.made(
        f"/v2/invoices/{made['id']}/messages", {"recipients": [{"email": "a@example.com"}], "attach_pdf": True}
    )
    database = office.house.database
    kind = mailing.attach_kind(call_of(office), LocalBlobs(tmp_path / "files"), PRESS)

    async def run_once(real_us: int) -> None:
        """Runs the job, and ends before the worker can note that it is done."""
        kinds = kinds_by_name(kind)
        [job] = await database.write(
            lambda tx: claim(tx, kinds, now_us=tx.now_us, real_us=real_us, token="run", limit=1)
        )
        await kind.run(JobContext(database, kind, job))

    await run_once(0)
    await run_once(10**15)
    count = "SELECT COUNT(*) AS n FROM jobs WHERE kind = 'mail.send'"
    found = await office.read(lambda call: call.tx.row(count))
    assert found is not None
    assert found["n"] == 1
