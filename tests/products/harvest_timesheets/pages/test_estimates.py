"""Estimates in the console: written, sent, answered, and made into an invoice."""

from __future__ import annotations

import re

from tests.products.harvest_timesheets.pages.studio import Studio
from tests.products.harvest_timesheets.pages.test_invoices import billing, form, row, rows_of


async def test_an_estimate_from_its_lines_to_its_invoice(studio: Studio) -> None:
    client, admin = await billing(studio), studio.office.admin
    at = str(client["id"])
    assert "No estimates here" in (await studio.page("estimates")).text
    assert len(rows_of(await studio.page(f"estimates/new?client={at}"))) == 5
    lines = [row("Build", "100", quantity="10", taxes="12"), row("Odd", "1", kind="Product")]
    facts = {"client_id": at, "subject": "Shop", "tax": "5", "tax2": "2", "discount": "10", "purchase_order": "PO 1"}
    made = await studio.post("estimates/new", form(facts, lines))
    assert "The estimate is there, as a draft." in made.text
    [kept] = (await admin.got("/v2/estimates"))["estimates"]
    path = f"estimates/{kept['id']}"
    edit = await studio.page(f"{path}/edit")
    again = {**facts, "seen": edit.value_of("seen"), "subject": "Web shop"}
    await studio.post(f"{path}/edit", form(again, rows_of(edit)))
    assert (await admin.got(f"/v2/{path}"))["line_items"] == kept["line_items"], "what is the same stays"

    mail = await studio.page(f"{path}/send")
    assert mail.value_of("subject") == "Estimate #1 from ABC Corp"
    typed = {"seen": mail.value_of("seen"), "subject": "Our offer", "body": "Here.", "others": "grace@example.com"}
    sent = await studio.post(f"{path}/send", typed)
    assert "The mail is on its way." in sent.text
    assert "Sent" in sent.text
    await studio.post(f"{path}/send", typed, status=409)
    await studio.post(f"{path}/move", {"event": "draft"}, status=422)
    await studio.post(f"{path}/move", {"event": "accept"})
    accepted = await studio.page(path)
    assert "Accepted" in accepted.text
    assert f"/harvest/client/estimates/{kept['client_key']}.pdf" in accepted.main

    latest = re.findall(r'name="seen" value="(\d+)"', accepted.main)[0]
    invoice = await studio.post(f"{path}/invoice", {"seen": latest})
    assert "Made from an estimate" in invoice.text
    await studio.post(f"{path}/invoice", {"seen": latest}, status=409)
    [bill] = (await admin.got("/v2/invoices"))["invoices"]
    same = ("amount", "tax", "tax_amount", "tax2_amount", "discount_amount", "subject", "purchase_order", "currency")
    assert {name: bill[name] for name in same} == {**{name: kept[name] for name in same}, "subject": "Web shop"}
    assert bill["estimate"] == {"id": kept["id"]}
    assert [line["kind"] for line in bill["line_items"]] == ["Service", "Product"]
    assert "Invoice 1 over" in (await studio.page(path)).text
    assert "Total 963.90 USD 1 estimate" in (await studio.page("estimates?state=accepted")).text
    gone = await studio.post(f"{path}/delete")
    assert "Invoices made from it stay." in gone.text


async def test_who_may_not_estimate_sees_and_does_nothing(on_sqlite: Studio) -> None:
    studio = on_sqlite
    client = await billing(studio)
    made = await studio.office.admin.made("/v2/estimates", {"client_id": client["id"]})
    path = f"estimates/{made['id']}"
    for page in ("estimates", "estimates/new", path, f"{path}/edit", f"{path}/send"):
        assert "You are not allowed to" in (await studio.page(page, at=studio.max_, status=403)).text
    for deed in ("estimates/new", f"{path}/edit", f"{path}/move", f"{path}/delete", f"{path}/send", f"{path}/invoice"):
        await studio.post(deed, {}, at=studio.max_, status=403)
        if path in deed:
            await studio.post(deed.replace(path, "estimates/7777"), {}, status=404)

    # Who handles estimates and no invoices makes none of them.
    roles = ["manager", "estimates_manager"]
    await studio.office.admin.changed(f"/v2/users/{studio.colleague.id}", {"access_roles": roles})
    shown = await studio.page(path, at=studio.max_)
    assert "Make an invoice" not in shown.text
    await studio.post(f"{path}/invoice", {"seen": "0"}, at=studio.max_, status=403)
