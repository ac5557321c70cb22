"""Estimates: what they hold, how clients answer them, and invoices made from them."""

from __future__ import annotations

from tests.products.harvest_timesheets.billing.test_messages import RICHARD, mails
from tests.products.harvest_timesheets.billing.work import service
from tests.products.harvest_timesheets.office import Office

ESTIMATE = (
    "id client_key number purchase_order amount tax tax_amount tax2 tax2_amount discount discount_amount subject notes state "
    "issue_date sent_at created_at updated_at accepted_at declined_at currency client creator line_items"
)
MESSAGE = "id sent_by sent_by_email sent_from sent_from_email send_me_a_copy created_at updated_at recipients event_type subject body"


async def test_an_estimate_is_the_published_one(office: Office) -> None:
    admin, client = office.admin, await office.client(name="123 Industries")
    line = {"kind": "Service", "description": "Phase 2 of the Online Store", "quantity": 100, "unit_price": 100.0}
    asked = {
        "client_id": client["id"],
        "purchase_order": "5678",
        "tax": 5,
        "tax2": 2,
        "discount": 10,
        "subject": "Online Store - Phase 2",
        "notes": "Some notes about the estimate",
        "issue_date": "2017-06-01",
        "line_items": [{**line, "taxed": True, "taxed2": True}],
    }

    made = await admin.made("/v2/estimates", asked)

    assert list(made) == ESTIMATE.split()
    amounts = ("amount", "discount_amount", "tax_amount", "tax2_amount")
    assert [made[name] for name in amounts] == [9630.0, 1000.0, 450.0, 180.0]
    assert (made["number"], made["state"], made["issue_date"]) == ("1", "draft", "2017-06-01")
    assert made["line_items"] == [
        {"id": 1, **line, "quantity": 100.0, "amount": 10000.0, "taxed": True, "taxed2": True}
    ]
    path = f"/v2/estimates/{made['id']}"
    second = await admin.changed(path, {"line_items": [service(20000, taxed=True)], "tax2": None, "discount": None})
    assert (second["amount"], second["tax_amount"], second["tax2_amount"]) == (31500.0, 1500.0, 0.0)
    only = await admin.changed(path, {"line_items": [{"id": 1, "_destroy": True}], "number": "E-1"})
    assert (only["amount"], only["number"]) == (21000.0, "E-1")
    assert await admin.refused("PATCH", path, {"line_items": [{"id": 1}]}) == (
        422,
        "Line items include 1, which can't be found",
    )
    await admin.deleted(path)
    assert (await admin.refused("GET", path))[0] == 404


async def test_clients_answer_estimates(sqlite_office: Office) -> None:
    admin, client = sqlite_office.admin, await sqlite_office.client()
    made = await admin.made("/v2/estimates", {"client_id": client["id"], "line_items": [service(10)]})
    path = f"/v2/estimates/{made['id']}"

    assert (await admin.refused("POST", f"{path}/messages", {"event_type": "accept"}))[0] == 422
    assert await admin.refused("POST", f"{path}/messages", {}) == (422, "Recipients can't be blank")
    sent = await admin.made(f"{path}/messages", {"recipients": [RICHARD], "send_me_a_copy": True})

    assert list(sent) == MESSAGE.split()
    assert (sent["subject"], len(sent["recipients"])) == ("Estimate #1 from ABC Corp", 2)
    assert f"/client/estimates/{made['client_key']}" in (await mails(sqlite_office))[0]["text"]
    seen = []
    for event in ("accept", "re-open", "decline", "reopen"):
        kept = await admin.made(f"{path}/messages", {"event_type": event})
        shown = await admin.got(path)
        seen.append((kept["event_type"], shown["state"], bool(shown["accepted_at"]), bool(shown["declined_at"])))
    assert seen == [
        ("accept", "accepted", True, False),
        ("re-open", "sent", False, False),
        ("decline", "declined", False, True),
        ("re-open", "sent", False, False),
    ]
    listed = await admin.got(f"{path}/messages?per_page=2")
    assert [each["id"] for each in listed["estimate_messages"]] == [5, 4]
    assert "ref=next_cursor" in listed["links"]["next"]
    await admin.deleted(f"{path}/messages/5")
    assert (await admin.got(f"{path}/messages"))["total_entries"] == 4


async def test_an_invoice_made_from_an_estimate_is_noted_there(sqlite_office: Office) -> None:
    admin, client, other = sqlite_office.admin, await sqlite_office.client(), await sqlite_office.client()
    made = await admin.made("/v2/estimates", {"client_id": client["id"]})
    path = f"/v2/estimates/{made['id']}"

    foreign = {"client_id": other["id"], "estimate_id": made["id"]}
    assert await admin.refused("POST", "/v2/invoices", foreign) == (422, "Estimate can't be found")
    invoice = await admin.made("/v2/invoices", {"client_id": client["id"], "estimate_id": made["id"]})

    assert invoice["estimate"] == {"id": made["id"]}
    assert [each["event_type"] for each in (await admin.got(f"{path}/messages"))["estimate_messages"]] == ["invoice"]
    assert (await admin.got(path))["state"] == "draft"
    await admin.deleted(path)
    assert (await admin.got(f"/v2/invoices/{invoice['id']}"))["estimate"] is None


async def test_estimates_are_listed_by_issue_and_numbered_by_themselves(office: Office) -> None:
    admin, client, other = office.admin, await office.client(), await office.client()
    await admin.made("/v2/invoices", {"client_id": client["id"], "number": "500"})
    for day, of in (("2026-03-01", client), ("2026-05-01", client), ("2026-04-01", other)):
        await admin.made("/v2/estimates", {"client_id": of["id"], "issue_date": day})
    await admin.made("/v2/estimates/3/messages", {"event_type": "send"})

    async def listed(query: str) -> list[str]:
        return [each["number"] for each in (await admin.got(f"/v2/estimates?{query}"))["estimates"]]

    assert await listed("") == ["2", "3", "1"]
    assert await listed(f"client_id={client['id']}") == ["2", "1"]
    assert await listed("state=sent") == ["3"]
    assert await listed("from=2026-04-01&to=20260430") == ["3"]
    assert await listed("updated_since=2027-01-01") == []
    assert (await admin.refused("GET", "/v2/estimates?state=open"))[0] == 422
    assert await admin.refused("POST", "/v2/estimates", {"client_id": client["id"], "number": "3"}) == (
        422,
        "Number has already been taken",
    )


async def test_item_categories_are_the_published_ones(office: Office) -> None:
    admin = office.admin
    seeded = (await admin.got("/v2/invoice_item_categories"))["invoice_item_categories"]
    assert [(each["name"], each["use_as_service"], each["use_as_expense"]) for each in seeded] == [
        ("Product", False, True),
        ("Service", True, False),
    ]
    made = await admin.made("/v2/invoice_item_categories", {"name": " Hosting "})
    assert list(made) == ["id", "name", "use_as_service", "use_as_expense", "created_at", "updated_at"]
    path = f"/v2/invoice_item_categories/{made['id']}"
    assert (await admin.changed(path, {"name": "Expense"}))["name"] == "Expense"
    assert await admin.refused("PATCH", path, {"name": "service"}) == (422, "Name has already been taken")
    assert await admin.refused("POST", "/v2/invoice_item_categories", {"name": " "}) == (422, "Name can't be blank")
    await admin.deleted(path)
    for each in seeded:
        assert (await admin.refused("DELETE", f"/v2/invoice_item_categories/{each['id']}"))[0] == 422

    estimates = (await admin.got("/v2/estimate_item_categories"))["estimate_item_categories"]
    assert [each["name"] for each in estimates] == ["Product", "Service"]
    assert list(estimates[0]) == ["id", "name", "created_at", "updated_at"]
    await admin.deleted(f"/v2/estimate_item_categories/{estimates[0]['id']}")
    client = await office.client()
    body = {"client_id": client["id"], "line_items": [{"kind": "Product", "unit_price": 1}]}
    assert await admin.refused("POST", "/v2/estimates", body) == (422, "Kind can't be found")
    office.house.clock.advance(60)
    await admin.changed(f"/v2/estimate_item_categories/{estimates[1]['id']}", {"name": "Work"})
    late = await admin.got("/v2/estimate_item_categories?updated_since=2026-05-25T12:01:00Z")
    assert [each["name"] for each in late["estimate_item_categories"]] == ["Work"]
