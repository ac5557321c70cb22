"""What clients see: pages and PDFs by addresses that nobody guesses, and that they have looked."""

from __future__ import annotations

import re
import zlib
from time import process_time

from hypothesis import given
from hypothesis import strategies as st
from tests.harness import Reply
from tests.products.harvest_timesheets.billing.work import begin, service
from tests.products.harvest_timesheets.office import Office

from harbor.products.harvest_timesheets.public_pages.model import Document, Table
from harbor.products.harvest_timesheets.public_pages.page import page
from harbor.products.harvest_timesheets.public_pages.pdf import pdf, width_of, wrapped


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
    assert mail["text"].rstrip().endswith(f"{made['client_key']}.pdf")


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


def contents(raw: bytes) -> list[str]:
    """The pages of a PDF, read by its own table of where its objects begin."""
    start = int(raw.rpartition(b"startxref\n")[2].split()[0])
    assert raw[start : start + 4] == b"xref"
    size = int(raw[start:].split()[2])
    entries = raw[start:].split(b"\n")[2 : 2 + size]
    for number, entry in enumerate(entries[1:], start=1):
        assert raw[int(entry.split()[0]) :].startswith(f"{number} 0 obj\n".encode())
    streams = re.findall(rb"/Length (\d+) /Filter /FlateDecode >>\nstream\n", raw)
    pages, at = [], 0
    for length in streams:
        at = raw.index(b"stream\n", raw.index(b"/FlateDecode", at)) + len(b"stream\n")
        pages.append(zlib.decompress(raw[at : at + int(length)]).decode("latin-1"))
    assert f"/Count {len(pages)} ".encode() in raw
    return pages


def test_a_pdf_says_what_the_page_says_and_escapes_it() -> None:
    (only,) = contents(pdf(document(r"50% (of \ it)", notes="Thank you")))

    assert r"(50% \(of \\ it\)) Tj" in only
    assert "(Invoice 1 \\(copy\\)) Tj" in only
    assert "(?ód? & Söhne) Tj" in only  # no letter of Windows-1252
    assert "(\x805.00) Tj" in only  # the euro sign of Windows-1252
    assert "Thank you" in page(document(notes="Thank you"))


def test_a_long_invoice_goes_on_on_the_next_page() -> None:
    pages = contents(pdf(document(rows=300)))

    assert len(pages) > 4
    assert sum(each.count("(Service)") for each in pages) == 300
    heights = [float(y) for each in pages for y in re.findall(r" ([\d.]+) Td", each)]
    assert min(heights) >= 49


@given(st.text(max_size=200), st.integers(20, 300))
def test_wrapped_lines_fit_and_lose_no_letter(text: str, width: int) -> None:
    lines = wrapped(text, width)

    assert all(width_of(line) <= width or len(line) == 1 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.text(max_size=100))
def test_any_text_makes_a_pdf(text: str) -> None:
    assert len(contents(pdf(document(text, notes=text)))) >= 1


def test_a_text_without_a_blank_is_wrapped_as_fast_as_any_other() -> None:
    began = process_time()

    lines = wrapped("W" * 65_535, 200)

    assert "".join(lines) == "W" * 65_535
    assert process_time() - began < 2.0  # 0.05 s; it was hours when each line looked at all that was left
