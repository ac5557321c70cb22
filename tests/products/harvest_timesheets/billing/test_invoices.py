"""Invoices with lines of their own: what they begin with, how they change, how they are listed."""

from __future__ import annotations

from typing import Any

from tests.products.harvest_timesheets.billing.work import begin, service
from tests.products.harvest_timesheets.office import Office

from harbor.products.harvest_timesheets.billing_settings import service as settings

ATTRIBUTES = (
    "id client_key number purchase_order amount due_amount tax tax_amount tax2 tax2_amount discount discount_amount subject "
    "notes state period_start period_end issue_date due_date payment_term payment_options sent_at paid_at closed_at "
    "recurring_invoice_id created_at updated_at paid_date currency client estimate retainer creator line_items"
)
LINE = "id kind description quantity unit_price amount taxed taxed2 project"


async def test_a_free_form_invoice_is_the_published_one(office: Office) -> None:
    client = await office.client(name="ABC Corp")
    line = {"kind": "Service", "description": "ABC Project", "unit_price": 5000.0}
    asked = {"client_id": client["id"], "subject": "ABC Project Quote", "due_date": "2017-07-27", "line_items": [line]}

    made = await office.admin.made("/v2/invoices", asked)

    assert list(made) == ATTRIBUTES.split()
    assert list(made["line_items"][0]) == LINE.split()
    assert len(made["client_key"]) == 40
    assert int(made["client_key"], 16) > 0
    me = office.opened.administrator
    assert _without(made, "client_key") == {
        "id": 1,
        "number": "1",
        "purchase_order": "",
        "amount": 5000.0,
        "due_amount": 5000.0,
        "tax": None,
        "tax_amount": 0.0,
        "tax2": None,
        "tax2_amount": 0.0,
        "discount": None,
        "discount_amount": 0.0,
        "subject": "ABC Project Quote",
        "notes": "",
        "state": "draft",
        "period_start": None,
        "period_end": None,
        "issue_date": "2026-05-25",
        "due_date": "2017-07-27",
        "payment_term": "custom",
        "payment_options": [],
        "sent_at": None,
        "paid_at": None,
        "closed_at": None,
        "recurring_invoice_id": None,
        "created_at": "2026-05-25T12:00:00Z",
        "updated_at": "2026-05-25T12:00:00Z",
        "paid_date": None,
        "currency": "USD",
        "client": {"id": client["id"], "name": "ABC Corp"},
        "estimate": None,
        "retainer": None,
        "creator": {"id": me.id, "name": me.name},
        "line_items": [
            {
                "id": 1,
                "kind": "Service",
                "description": "ABC Project",
                "quantity": 1.0,
                "unit_price": 5000.0,
                "amount": 5000.0,
                "taxed": False,
                "taxed2": False,
                "project": None,
            }
        ],
    }

    path = f"/v2/invoices/{made['id']}"
    assert (await office.admin.changed(path, {"purchase_order": "2345"}))["purchase_order"] == "2345"
    added = {"line_items": [{"kind": "Service", "description": "DEF Project", "unit_price": 1000.0}]}
    two = await office.admin.changed(path, added)
    assert [each["amount"] for each in two["line_items"]] == [5000.0, 1000.0]
    renamed = {"line_items": [{"id": 1, "description": "ABC Project Phase 2", "unit_price": 5500.0}]}
    assert (await office.admin.changed(path, renamed))["amount"] == 6500.0
    one = await office.admin.changed(path, {"line_items": [{"id": 1, "_destroy": True}]})
    assert ([each["id"] for each in one["line_items"]], one["due_amount"]) == ([2], 1000.0)
    await office.admin.deleted(path)
    assert (await office.admin.refused("GET", path))[0] == 404


async def test_what_an_invoice_begins_with(sqlite_office: Office) -> None:
    admin, client = sqlite_office.admin, await sqlite_office.client(currency="EUR")

    async def made(**facts: Any) -> tuple[object, ...]:
        shown = await admin.made("/v2/invoices", {"client_id": client["id"], "issue_date": "2026-01-31", **facts})
        return shown["payment_term"], shown["due_date"], shown["currency"], shown["number"]

    assert await made() == ("upon receipt", "2026-01-31", "EUR", "1")
    assert await made(payment_term="Net 30", due_date="2027-01-01") == ("net 30", "2026-03-02", "EUR", "2")
    assert await made(payment_term="custom", number="1000") == ("custom", "2026-01-31", "EUR", "1000")
    assert await made(payment_term="custom", due_date="2026-02-01", number="A-7") == (
        "custom",
        "2026-02-01",
        "EUR",
        "A-7",
    )
    assert await made(currency="usd") == ("upon receipt", "2026-01-31", "USD", "1001")
    await sqlite_office.write(
        lambda call: settings.change(
            call, payment_term="net 15", invoice_notes="Thanks", payment_options=("ach", "paypal")
        )
    )
    assert (await made())[:2] == ("net 15", "2026-02-15")
    third = await admin.made("/v2/invoices", {"client_id": client["id"], "payment_options": ["paypal", "ach"]})
    assert (third["notes"], third["payment_options"]) == ("Thanks", ["ach", "paypal"])


async def test_dates_follow_the_term_when_they_change(sqlite_office: Office) -> None:
    client = await sqlite_office.client()
    made = await sqlite_office.admin.made(
        "/v2/invoices", {"client_id": client["id"], "issue_date": "2026-01-31", "payment_term": "net 15"}
    )

    async def changed(**facts: Any) -> tuple[str, str]:
        shown = await sqlite_office.admin.changed(f"/v2/invoices/{made['id']}", facts)
        return shown["payment_term"], shown["due_date"]

    assert await changed(issue_date="2026-02-01") == ("net 15", "2026-02-16")
    assert await changed(due_date="2026-04-01") == ("custom", "2026-04-01")
    assert await changed(issue_date="2026-02-02") == ("custom", "2026-04-01")
    assert await changed(payment_term="upon receipt") == ("upon receipt", "2026-02-02")
    assert await changed(subject="x") == ("upon receipt", "2026-02-02")


async def test_what_makes_no_sense_is_refused_in_words(sqlite_office: Office) -> None:
    admin, work, other = sqlite_office.admin, await begin(sqlite_office), await begin(sqlite_office)
    made = await work.invoice(line_items=[service(100)])
    path, client = f"/v2/invoices/{made['id']}", {"client_id": work.client_id}

    async def refused(facts: Any, method: str = "POST", target: str = "/v2/invoices") -> str:
        status, message = await admin.refused(method, target, {**client, **facts} if method == "POST" else facts)
        assert status == 422, message
        return message

    assert await refused({"client_id": 99}) == "Client can't be found"
    assert await refused({"client_id": None}) == "Client can't be blank"
    assert await refused({"number": "1"}) == "Number has already been taken"
    assert await refused({"tax": 100.5}) == "Tax must be less than or equal to 100"
    assert await refused({"tax": "5 %"}) == "Tax is not a number"
    assert await refused({"discount": -1}) == "Discount must be greater than or equal to 0"
    assert await refused({"currency": "ABC"}) == "Currency is not included in the list"
    assert (await refused({"payment_term": "net 7"})).startswith("Payment term must be one of upon receipt, net 15")
    assert await refused({"payment_options": ["ach"]}) == "Payment options can't include ach, which is not set up"
    assert await refused({"payment_options": ["cash"]}) == "Payment options can't include cash"
    assert await refused({"issue_date": "soon"}) == "Issue date must be a date, such as 2017-03-21"
    assert await refused({"estimate_id": 3}) == "Estimate can't be found"
    assert await refused({"line_items": [{"kind": "Service"}]}) == "Unit price can't be blank"
    assert await refused({"line_items": [service(1, kind="Hosting")]}) == "Kind can't be found"
    assert await refused({"line_items": [service(1, quantity="0.00001")]}) == "Quantity has more than 4 decimal places"
    assert await refused({"line_items": [service(1, project_id=99)]}) == "Project can't be found"
    assert await refused({"line_items": [service(1, project_id=other.id)]}) == "Project belongs to another client"
    assert await refused({"subject": "x" * 256}) == "Subject is too long (maximum is 255 characters)"
    assert await refused({"line_items": [{"id": 9}]}, "PATCH", path) == "Line items include 9, which can't be found"
    assert await refused({"number": " "}, "PATCH", path) == "Number can't be blank"
    assert (await refused({}, "GET", "/v2/invoices?state=late")).startswith("State must be one of draft, open")
    assert await refused({"summary_type": "x"}, "GET", "/v2/invoices?per_page=2001") == (
        "Per page must be between 1 and 2000"
    )
    assert (await admin.got(path))["amount"] == 100.0


async def test_lists_are_filtered_and_those_issued_last_come_first(office: Office) -> None:
    admin, work, other = office.admin, await begin(office), await begin(office)
    days = ("2026-03-01", "2026-05-01", "2026-04-01")
    for day in days:
        await work.invoice(issue_date=day, line_items=[service(10, project_id=work.id), service(5)])
    await other.invoice(issue_date="2026-04-01")
    office.house.clock.advance(60)
    await admin.made("/v2/invoices/2/messages", {"event_type": "send"})

    async def listed(query: str) -> list[int]:
        return [each["id"] for each in (await admin.got(f"/v2/invoices?{query}"))["invoices"]]

    assert await listed("") == [2, 4, 3, 1]
    assert await listed(f"client_id={work.client_id}") == [2, 3, 1]
    assert await listed(f"project_id={work.id}") == [2, 3, 1]
    assert await listed("from=20260401&to=2026-04-30") == [4, 3]
    assert await listed("state=open") == [2]
    assert await listed("updated_since=2026-05-25T12:01:00Z") == [2]
    page = await admin.got("/v2/invoices?per_page=3&page=2")
    assert ([each["id"] for each in page["invoices"]], page["total_entries"], page["next_page"]) == ([1], 4, None)
    assert "ref=" not in page["links"]["first"]
    await admin.changed(f"/v2/projects/{work.id}", {"code": "NEW"})
    office.house.clock.advance(60)
    await admin.changed(f"/v2/clients/{other.client_id}", {"name": "Other name"})
    assert await listed("updated_since=2026-05-25T12:02:00Z") == [4]
    assert (await admin.got("/v2/invoices/3"))["line_items"][0]["project"]["code"] == "NEW"
    assert (await admin.refused("DELETE", f"/v2/clients/{other.client_id}"))[0] == 422


async def test_a_project_that_is_deleted_leaves_its_invoices(sqlite_office: Office) -> None:
    admin, work, other = sqlite_office.admin, await begin(sqlite_office), await begin(sqlite_office)
    made = await work.invoice(line_items=[service(10, project_id=work.id)])

    moving = await admin.refused("PATCH", f"/v2/projects/{work.id}", {"client_id": other.client_id})
    await admin.deleted(f"/v2/projects/{work.id}")

    assert moving == (422, "Project can't move to another client because it is invoiced")
    shown = await admin.got(f"/v2/invoices/{made['id']}")
    assert (shown["amount"], shown["line_items"][0]["project"]) == (10.0, None)


async def test_forms_and_queries_make_invoices_too(sqlite_office: Office) -> None:
    work = await begin(sqlite_office)
    form = (
        f"client_id={work.client_id}&line_items[][kind]=service&line_items[][unit_price]=12.5&line_items[][quantity]=2"
    )

    by_form = await sqlite_office.admin.client.request(
        "POST", "/v2/invoices", body=form.encode(), media_type="application/x-www-form-urlencoded"
    )
    by_query = await sqlite_office.admin.ask(
        "POST", f"/api/v2/invoices?client_id={work.client_id}&line_items[0]kind=Product&line_items[0]unit_price=3"
    )
    gone = await sqlite_office.admin.ask("PATCH", "/v2/invoices/2?line_items[0]id=2&line_items[0]_destroy=true")

    assert (by_form.status, by_form.json()["amount"], by_form.json()["line_items"][0]["kind"]) == (201, 25.0, "Service")
    assert (by_query.status, by_query.json()["amount"]) == (201, 3.0)
    assert (gone.status, gone.json()["line_items"]) == (200, [])


async def test_every_change_is_told_with_what_was_before(sqlite_office: Office) -> None:
    work = await begin(sqlite_office)
    made = await work.invoice(line_items=[service(10)])
    await sqlite_office.admin.changed(f"/v2/invoices/{made['id']}", {"line_items": [{"id": 1, "unit_price": 20}]})
    await sqlite_office.admin.changed(f"/v2/invoices/{made['id']}", {"subject": ""})
    await sqlite_office.admin.deleted(f"/v2/invoices/{made['id']}")

    rows = await sqlite_office.read(
        lambda call: call.tx.rows(
            "SELECT action, before, after FROM audit WHERE account_id = :account_id AND subject = :subject ORDER BY id",
            account_id=call.account_id,
            subject=f"invoice/{made['id']}",
        )
    )

    assert [row["action"] for row in rows] == [
        "harvest.invoice.created",
        "harvest.invoice.updated",
        "harvest.invoice.deleted",
    ]
    assert '"unit_price_e4":100000' in rows[1]["before"]
    assert '"unit_price_e4":200000' in rows[1]["after"]
    assert made["client_key"] not in "".join(f"{row['before']}{row['after']}" for row in rows)


def _without(thing: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in thing.items() if key != name}
