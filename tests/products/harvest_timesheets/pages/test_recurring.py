"""Recurring invoices and reminders in the console."""

from __future__ import annotations

from tests.products.harvest_timesheets.pages.studio import Studio
from tests.products.harvest_timesheets.pages.test_invoices import billing, form, row, rows_of

from harbor.products.harvest_timesheets.recurring_invoices import issuing


async def test_a_recurring_invoice_from_its_form_to_what_it_makes(studio: Studio) -> None:
    client, admin = await billing(studio), studio.office.admin
    at = str(client["id"])
    assert "No recurring invoices yet" in (await studio.page("recurring")).text
    empty = await studio.page(f"recurring/new?client={at}")
    grace = empty.main.partition('name="contact" value="')[2].partition('"')[0]
    facts = {
        "client_id": at,
        "subject": "Rent",
        "every": "2",
        "unit": "month",
        "next_on": "2026-05-25",
        "payment_term": "net 15",
        "tax": "8",
        "currency": "USD",
        "sends": "true",
        "contact": grace,
        "others": "Bob <bob@example.com>",
    }
    wrong = await studio.post("recurring/new", form({**facts, "every": "x"}, [row("Rent", "10")]), status=422)
    assert wrong.refusal == ("every", "Every is a whole number.")
    await studio.post("recurring/new", form({**facts, "next_on": "2026-05-24"}, [row("Rent", "10")]), status=422)
    assert "Line items can't be blank" in (await studio.post("recurring/new", form(facts), status=422)).text
    nobody = {**facts, "contact": "7777"}
    assert (await studio.post("recurring/new", form(nobody, [row("Rent", "10")]), status=422)).refusal[0] == "contact"
    made = await studio.post("recurring/new", form(facts, [row("Rent", "10", taxes="1"), row("Heat", "5")]))
    assert "Every 2 months" in made.text
    assert "15.80 USD" in made.text
    assert "Sent to grace@example.com, bob@example.com" in made.text
    listed = await studio.page("recurring")
    [path] = listed.rows
    number = path.rpartition("/")[2]

    edit = await studio.page(f"{path}/edit")
    assert edit.ticked("contact") == {grace}
    assert edit.value_of("others") == "Bob <bob@example.com>"
    rows = rows_of(edit)[:2]
    rows[1]["remove"] = "1"
    again = {**facts, "seen": edit.value_of("seen"), "others": "", "unit": "week"}
    saved = await studio.post(f"{path}/edit", form(again, rows))
    assert "Every 2 weeks" in saved.text
    assert "10.80 USD" in saved.text
    await studio.post(f"{path}/edit", form(again, rows), status=409)

    assert await studio.office.write(lambda call: issuing.issue(call, int(number)))
    [invoice] = (await admin.got("/v2/invoices"))["invoices"]
    assert (invoice["recurring_invoice_id"], invoice["state"], invoice["amount"]) == (int(number), "open", 10.8)
    shown = await studio.page(path)
    assert "2026-06-08" in shown.text
    assert f"/invoices/{invoice['id']}" in shown.main
    assert f"/recurring/{number}" in (await studio.page(f"invoices/{invoice['id']}")).main
    mail = await studio.office.read(
        lambda call: call.tx.row("SELECT text FROM mails WHERE recipient = 'grace@example.com'")
    )
    assert mail is not None
    assert f"/harvest/client/invoices/{invoice['client_key']}" in mail["text"]
    await studio.post(f"{path}/stop")
    assert "None: it is stopped" in (await studio.page(path)).text
    await studio.post(f"{path}/stop", status=409)
    await studio.post(f"{path}/resume")
    gone = await studio.post(f"{path}/delete")
    assert "Invoices that it made stay." in gone.text


async def test_reminders_are_set_by_administrators(on_sqlite: Studio) -> None:
    studio = on_sqlite
    assert (await studio.page("invoices/reminders")).value_of("after_days") == "7"
    wrong = await studio.post("invoices/reminders", {"after_days": "soon"}, status=422)
    assert wrong.refusal == ("after_days", "This is a number of days.")
    await studio.post("invoices/reminders", {"after_days": "400", "every_days": "1"}, status=422)
    saved = await studio.post("invoices/reminders", {"is_on": "true", "after_days": "3", "every_days": ""})
    assert (saved.value_of("after_days"), saved.value_of("every_days")) == ("3", "0")
    assert "The reminders are saved." in saved.text
    for page in ("invoices/reminders", "recurring", "recurring/new"):
        await studio.page(page, at=studio.max_, status=403)
    await studio.post("invoices/reminders", {"after_days": "3"}, at=studio.max_, status=403)
    await studio.post("recurring/new", {"client_id": "1"}, at=studio.max_, status=403)
    for deed in ("edit", "stop", "resume", "delete"):
        await studio.post(f"recurring/7777/{deed}", {}, status=404)
