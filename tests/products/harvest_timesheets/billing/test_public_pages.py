"""What clients see: pages and PDFs by addresses that nobody guesses, and that they have looked."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import threading

import pytest
from tests.harness import Reply
from tests.products.harvest_timesheets.billing.work import begin, service
from tests.products.harvest_timesheets.office import Office

from harbor.kernel.errors import Unavailable
from harbor.products.harvest_timesheets.public_pages.model import Document, Table
from harbor.products.harvest_timesheets.public_pages.page import page
from harbor.products.harvest_timesheets.public_pages.pdf import Press, typeset

SOFT_BREAK = "\u200b"


async def _get(office: Office, path: str) -> Reply:
    """As a browser asks: without a token, an account, and the name of an application."""
    return await office.house.client("harvest").request("GET", path)


async def test_a_client_sees_the_invoice_and_that_is_noted_once(office: Office) -> None:
    work, admin = await begin(office, name="<b>Website</b>"), office.admin
    line = service(1000, description="Design & <script>alert(1)</script>", taxed=True, quantity="1.5")
    made = await work.invoice(line_items=[line], tax=20, notes="Thanks", currency="EUR", purchase_order="P-1")
    path, messages = f"/client/invoices/{made['client_key']}", f"/v2/invoices/{made['id']}/messages"

    draft = await _get(office, path)
    await admin.made(messages, {"event_type": "send"})
    seen = [await _get(office, path), await _get(office, path), await _get(office, f"{path}.pdf")]

    assert (draft.status, draft.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = seen[0].body.decode()
    for part in ("€1,800.00", "€300.00", "Tax (20.00 %)", "<td>Design &amp; &lt;script&gt;", "P-1", "Thanks", "1.50"):
        assert part in text
    assert "<script" not in text
    assert "default-src 'none'" in seen[0].headers["content-security-policy"]
    assert (seen[2].headers["content-type"], seen[2].body[:5]) == ("application/pdf", b"%PDF-")
    events = [each["event_type"] for each in (await admin.got(messages))["invoice_messages"]]
    assert events == ["view", "send"]
    (view, _) = (await admin.got(messages))["invoice_messages"]
    assert (view["sent_by"], view["sent_by_email"]) == (work.project["client"]["name"], "")
    office.house.clock.advance(60)
    await admin.made(messages, {"recipients": [{"email": "a@example.com"}], "attach_pdf": True})
    await _get(office, path)
    assert (await admin.got(messages))["invoice_messages"][0]["event_type"] == "view"
    mail = await office.read(lambda call: call.tx.row("SELECT text FROM mails WHERE recipient = 'a@example.com'"))
    assert mail is not None
    assert mail["text"].rstrip().endswith(made["client_key"])


async def test_a_client_sees_estimates_and_their_account(sqlite_office: Office) -> None:
    work, admin = await begin(sqlite_office), sqlite_office.admin
    estimate = await admin.made("/v2/estimates", {"client_id": work.client_id, "line_items": [service(7)]})
    await admin.made(f"/v2/estimates/{estimate['id']}/messages", {"event_type": "send"})
    for amount, currency in ((10, "USD"), (5, "USD"), (3, "EUR")):
        made = await work.invoice(line_items=[service(amount)], currency=currency, subject=f"Of {amount}")
        await admin.made(f"/v2/invoices/{made['id']}/messages", {"event_type": "send"})
    await work.invoice(line_items=[service(99)], subject="Of a draft")
    await admin.made("/v2/invoices/1/payments", {"amount": 4})
    key = (await admin.got(f"/v2/clients/{work.client_id}"))["statement_key"]

    shown = (await _get(sqlite_office, f"/client/estimates/{estimate['client_key']}")).body.decode()
    account = (await _get(sqlite_office, f"/client/statements/{key}")).body.decode()

    assert "$7.00" in shown
    noted = (await admin.got(f"/v2/estimates/{estimate['id']}/messages"))["estimate_messages"]
    assert [each["event_type"] for each in noted] == ["view", "send"]
    assert "<dt>Due in EUR</dt><dd>€3.00</dd><dt>Due in USD</dt><dd>$11.00</dd>" in account
    assert ("Of 10" in account, "Of a draft" in account) == (True, False)


async def test_a_wrong_address_leads_nowhere(sqlite_office: Office) -> None:
    work = await begin(sqlite_office)
    made = await work.invoice()
    key = made["client_key"]

    paths = (f"invoices/{key[:-1]}", f"invoices/{key}x", f"estimates/{key}", f"statements/{key}", "invoices/.pdf")
    for path in paths:
        reply = await _get(sqlite_office, f"/client/{path}")
        assert (reply.status, reply.json()["error"]) == (404, "Not Found")


# Pure


def document(description: str = "Work", rows: int = 1, notes: str = "") -> Document:
    """An invoice with so many lines."""
    table = Table(
        headings=("Type", "Description", "Quantity", "Unit price", "Amount"),
        rows=[("Service", description, "1.00", "5.00", "$5.00")] * rows,
        figures=3,
    )
    return Document(
        title="Invoice 1 (copy)",
        company="Łódź & Söhne",
        client="ABC\nStreet",
        facts=[("Invoice ID", "1")],
        table=table,
        sums=[("Amount due", "€5.00")],
        notes=notes,
    )


def read(raw: bytes) -> list[str]:
    """The pages of a PDF as another program reads them, with each run of blanks as one."""
    if shutil.which("pdftotext") is None and os.environ.get("HARBOR_TEST_REQUIRE_ALL") != "1":
        pytest.skip("there is no pdftotext here; Debian has it in poppler-utils")
    ended = subprocess.run(["pdftotext", "-layout", "-", "-"], input=raw, capture_output=True, check=True)
    pages = ended.stdout.decode().replace(SOFT_BREAK, "").split("\f")[:-1]
    return [" ".join(page.split()) for page in pages]


def test_a_pdf_says_what_the_page_says_in_any_letters() -> None:
    (only,) = read(typeset(document(r"50% (of \ it) #let x = 1 $x$ *Привет*", notes="Thank you\n#panic()")))

    for part in (
        "Łódź & Söhne",
        "Invoice 1 (copy)",
        r"50% (of \ it) #let x = 1 $x$ *Привет*",
        "€5.00",
        "#panic()",
        "1/1",
    ):
        assert part in only
    assert "Thank you" in page(document(notes="Thank you"))


def test_a_long_invoice_goes_on_on_the_next_page_under_the_same_headings() -> None:
    pages = read(typeset(document(rows=120)))

    assert len(pages) > 2
    assert sum(each.count("Service") for each in pages) == 120
    assert all("Unit price" in each for each in pages)


def test_a_word_longer_than_its_column_is_broken_and_loses_no_letter() -> None:
    pages = read(typeset(document("W" * 5_000)))

    assert sum(each.count("W") for each in pages) == 5_000


@pytest.mark.parametrize("text", ["", "\x01\x07\u2028\u202e", "\n\n", "\U0001f6a2 e\u0301", '"]) #read("/etc/passwd")'])
def test_any_text_makes_a_pdf(text: str) -> None:
    assert len(read(typeset(document(text, notes=text)))) == 1


async def test_a_crowd_that_asks_for_documents_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = threading.Event()

    def slow(_document: Document) -> bytes:
        assert opened.wait(30)
        return b"%PDF-"

    monkeypatch.setattr("harbor.products.harvest_timesheets.public_pages.pdf.typeset", slow)
    press = Press()
    asked = [asyncio.create_task(press.pdf(document())) for _ in range(40)]
    await asyncio.sleep(0)
    opened.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert (len(refused), answers.count(b"%PDF-")) == (6, 34)
    assert await press.pdf(document()) == b"%PDF-"
