"""Invoices in the console: written by hand, out of tracked time, sent, paid, written off."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tests.products.harper_tables.pages.workshop import Page
from tests.products.harvest_timesheets.office import Json
from tests.products.harvest_timesheets.pages.studio import Studio

from harbor.products.harvest_timesheets.company import service as company

LISTS = ("line", "kind", "description", "quantity", "unit_price", "taxes", "project")


def row(description: str, price: str, **more: str) -> dict[str, str]:
    """A line as it is typed."""
    return {"kind": "Service", "description": description, "unit_price": price, **more}


def form(facts: Mapping[str, str], rows: Iterable[Mapping[str, str]] = ()) -> list[tuple[str, str]]:
    """The fields of a form of a bill, as a browser sends them."""
    fields = list(facts.items())
    for each in rows:
        fields += [(name, each.get(name, "")) for name in LISTS]
        fields += [("remove", each["line"])] if each.get("remove") else []
    return fields


def rows_of(page: Page) -> list[dict[str, str]]:
    """The lines that a form has, as it would send them back."""
    found = []
    for part in page.main.partition("<template")[0].split("data-row-of-bill")[1:]:
        values = {name: Page(200, part).value_of(name) for name in ("line", "description", "quantity", "unit_price")}
        for name in ("kind", "taxes", "project"):
            select = part.partition(f'name="{name}"')[2].partition("</select>")[0]
            chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', select)
            values[name] = "" if chosen is None else chosen[1] if chosen[1] is not None else chosen[2]
        found.append({**values, "kind": values["kind"] or "Service"})
    return found


async def billing(studio: Studio) -> Json:
    """The client of the studio's project, who has a contact, with time to bill."""
    client_id = studio.project["client"]["id"]
    await studio.office.admin.made(
        "/v2/contacts", {"client_id": client_id, "first_name": "Grace", "last_name": "H", "email": "grace@example.com"}
    )
    return await studio.office.admin.got(f"/v2/clients/{client_id}")


async def test_an_invoice_from_its_lines_to_its_payment(studio: Studio) -> None:
    client = await billing(studio)
    at = str(client["id"])
    assert "Choose" in (await studio.page("invoices/new")).text
    empty = await studio.page(f"invoices/new?client={at}")
    assert len(rows_of(empty)) == 5, "rows to fill in without a script"

    facts = {"client_id": at, "subject": "May", "tax": "5", "discount": "10", "issue_date": "2026-05-01"}
    lines = [
        row("Sketches", "100.50", quantity="2", taxes="1", project=str(studio.project["id"])),
        row("", ""),
        row("A gift", "-1"),
    ]
    wrong = await studio.post("invoices/new", form(facts, [row("x", "1"), row("y", "much")]), status=422)
    assert wrong.refusal == ("lines.2", "Line 2: Unit price is not a number")
    blank = await studio.post("invoices/new", form(facts, [row("x", "")]), status=422)
    assert blank.refusal == ("lines.1", "Line 1: Unit price can't be blank")
    made = await studio.post("invoices/new", form({**facts, "payment_term": "net 15"}, lines))
    assert "The invoice is there, as a draft." in made.text
    for text in ("200.00 USD", "-20.00 USD", "9.05 USD", "189.05 USD", "2026-05-16 (net 15)", "Draft"):
        assert text in made.text, text
    [kept] = (await studio.office.admin.got("/v2/invoices"))["invoices"]
    assert (kept["amount"], kept["number"], len(kept["line_items"])) == (189.05, "1", 2)
    path = f"invoices/{kept['id']}"

    edit = await studio.page(f"{path}/edit")
    sent = rows_of(edit)[:2]
    seen = edit.value_of("seen")
    sent[0]["quantity"], sent[1]["remove"] = "3", "1"
    again = {**facts, "seen": seen, "number": "7", "payment_term": "custom", "due_date": "2026-05-03"}
    saved = await studio.post(f"{path}/edit", form(again, [*sent, row("More", "10")]))
    assert "The invoice is saved." in saved.text
    stale = await studio.post(f"{path}/edit", form(again, sent), status=409)
    assert "This was changed meanwhile" in stale.text
    changed = await studio.office.admin.got(f"/v2/{path}")
    assert [(line["description"], line["quantity"]) for line in changed["line_items"]] == [
        ("Sketches", 3.0),
        ("More", 1.0),
    ]
    assert (changed["due_date"], changed["number"]) == ("2026-05-03", "7")

    mail = await studio.page(f"{path}/send")
    assert len(mail.ticked("contact")) == 1, "the only contact is chosen"
    assert mail.value_of("subject") == "Invoice #7 from ABC Corp"
    typed = {
        "subject": mail.value_of("subject"),
        "body": "Dear Grace,\r\nhere it is.",
        "seen": mail.value_of("seen"),
        "contact": next(iter(mail.ticked("contact"))),
        "others": "Alan <alan@example.com>\nbob@example.com",
        "send_me_a_copy": "true",
    }
    bad = await studio.post(f"{path}/send", {**typed, "others": "nobody"}, status=422)
    assert bad.refusal == ("others", "nobody is not an e-mail address.")
    out = await studio.post(f"{path}/send", typed)
    assert "The mail is on its way." in out.text
    assert "is 22 days late" in out.text
    assert "grace@example.com, alan@example.com, bob@example.com, ada@example.com" in out.text
    twice = await studio.post(f"{path}/send", typed, status=409)
    assert "Something happened to this invoice meanwhile" in twice.text
    assert f"/harvest/client/invoices/{kept['client_key']}.pdf" in out.main
    reminder = await studio.page(f"{path}/send?about=reminder")
    assert reminder.value_of("subject") == "Past due invoice reminder: #7 from ABC Corp"
    assert reminder.value_of("others").split("\n") == ["Alan <alan@example.com>", "bob@example.com"]

    pay = {"amount": "100", "paid_date": "2026-05-20", "notes": "Cash", "paid": "0", "send_thank_you": "true"}
    too_little = await studio.post(f"{path}/payments", {**pay, "amount": "0"}, status=422)
    assert too_little.refusal == ("amount", "Amount must be greater than 0")
    part = await studio.post(f"{path}/payments", pay)
    assert "The payment is recorded." in part.text
    assert (await studio.post(f"{path}/payments", pay, status=409)).status == 409, "pressed twice, recorded once"
    due = (await studio.office.admin.got(f"/v2/{path}"))["due_amount"]
    paid = await studio.post(f"{path}/payments", {**pay, "paid": "10000", "amount": str(due)})
    assert "Paid" in paid.text
    assert "Thanks were sent" in paid.text
    payment = re.findall(r'name="payment" value="(\d+)"', paid.main)[0]
    gone = await studio.post(f"{path}/payments/remove", {"payment": payment})
    assert "Late" in (await studio.page("invoices")).text
    assert "its amount is due again" in gone.text

    await studio.post(f"{path}/move", {"event": "close"})
    assert "Written off" in (await studio.page(path)).text
    await studio.page(f"{path}/send")
    await studio.post(f"{path}/move", {"event": "draft"}, status=409)
    await studio.post(f"{path}/move", {"event": "re-open"})
    deleted = await studio.post(f"{path}/delete")
    assert "The invoice is gone." in deleted.text


async def test_tracked_time_is_looked_at_billed_and_locked(studio: Studio) -> None:
    client = await billing(studio)
    admin = studio.office.admin
    work = {"project_id": studio.project["id"], "task_id": studio.task["id"], "spent_date": "2026-05-04"}
    await admin.changed(f"/v2/users/{studio.colleague.id}", {"default_hourly_rate": 80})
    await admin.changed(f"/v2/projects/{studio.project['id']}", {"bill_by": "Project", "hourly_rate": 80})
    mine = {**work, "user_id": studio.colleague.id}
    await admin.made("/v2/time_entries", {**mine, "hours": 2, "notes": "<i>x</i>"})

    chosen = await studio.page(f"invoices/tracked?client={client['id']}")
    assert "Projects of" in chosen.text
    nothing = await studio.page(f"invoices/tracked?client={client['id']}&look=1", status=422)
    assert "Choose at least one project." in nothing.text
    asked = f"client={client['id']}&project={studio.project['id']}&time=task&expenses=category&look=1"
    looked = await studio.page(f"invoices/tracked?{asked}")
    assert "Website: Sketching (05/04/2026 - 05/04/2026) 2 80 160.00 USD" in looked.text
    assert "This bills 1 entry of time and 0 expenses." in looked.text
    assert (await admin.got("/v2/invoices"))["invoices"] == [], "looking bills nothing"

    making = {
        "client": str(client["id"]),
        "project": str(studio.project["id"]),
        "time": "task",
        "expenses": "category",
        "seen": looked.value_of("seen"),
    }
    more = await admin.made("/v2/time_entries", {**mine, "hours": 1})
    stale = await studio.post("invoices/tracked", making, status=409)
    assert "has changed meanwhile" in stale.text
    await admin.deleted(f"/v2/time_entries/{more['id']}")
    made = await studio.post("invoices/tracked", making)
    assert "What it bills is locked." in made.text
    [entry] = (await admin.got("/v2/time_entries"))["time_entries"]
    assert entry["is_billed"]
    assert entry["is_locked"]
    again = await studio.page(f"invoices/tracked?{asked}")
    assert "Nothing of this is to be billed" in again.text
    [invoice] = (await admin.got("/v2/invoices"))["invoices"]
    await studio.post(f"invoices/{invoice['id']}/delete")
    assert "This bills 1 entry" in (await studio.page(f"invoices/tracked?{asked}")).text


async def test_lists_add_up_each_currency_by_itself(on_sqlite: Studio) -> None:
    studio, admin = on_sqlite, on_sqlite.office.admin
    euro = await studio.office.client(name="Euro & Co", currency="EUR")
    dollar = await studio.office.client(name="Dollar", currency="USD")
    for client, amount in ((euro, 10), (euro, 5), (dollar, 7)):
        line = {"kind": "Service", "unit_price": amount}
        made = await admin.made("/v2/invoices", {"client_id": client["id"], "line_items": [line]})
        await admin.made(f"/v2/invoices/{made['id']}/messages", {"event_type": "send"})
    await admin.made(f"/v2/invoices/{made['id']}/payments", {"amount": 2})
    page = await studio.page("invoices")
    assert "Still due 15.00 EUR 2 invoices over 15.00 EUR" in page.text
    assert "Still due 5.00 USD 1 invoice over 7.00 USD" in page.text
    assert "22.00" not in page.text
    only = await studio.page(f"invoices?client={euro['id']}&state=all")
    assert "USD" not in only.text
    assert "Euro & Co" in only.text
    assert len((await studio.page("invoices?from=2027-01-01")).rows) == 0
    assert "No invoices here" in (await studio.page("invoices?state=paid")).text
    assert (await studio.page("invoices?state=odd", status=422)).status == 422
    assert (await studio.page("invoices?from=soon", status=422)).refusal[0] == "from"


async def test_who_may_not_invoice_sees_and_does_nothing(on_sqlite: Studio) -> None:
    studio, admin = on_sqlite, on_sqlite.office.admin
    client = await billing(studio)
    line = {"kind": "Service", "unit_price": 3}
    made = await admin.made("/v2/invoices", {"client_id": client["id"], "line_items": [line]})
    path = f"invoices/{made['id']}"
    for page in ("invoices", "invoices/new", "invoices/tracked", path, f"{path}/edit", f"{path}/send"):
        assert "You are not allowed to" in (await studio.page(page, at=studio.max_, status=403)).text
    deeds = {
        "invoices/new": {"client_id": str(client["id"])},
        "invoices/tracked": {"client": str(client["id"]), "project": "1", "time": "task"},
        f"{path}/edit": {},
        f"{path}/move": {"event": "send"},
        f"{path}/delete": {},
        f"{path}/send": {"subject": "x", "body": "x", "others": "a@example.com"},
        f"{path}/payments": {"amount": "3"},
        f"{path}/payments/remove": {"payment": "1"},
    }
    for deed, fields in deeds.items():
        expected = 404 if deed.endswith("remove") else 403
        await studio.post(deed, fields, at=studio.max_, status=expected)
    for missing in ("invoices/7777", "invoices/x", "invoices/7777/edit", "invoices/new?client=7777"):
        await studio.page(missing, status=404)

    # Who drafts invoices of projects they manage writes drafts, and sends none.
    seat = (await admin.got(f"/v2/projects/{studio.project['id']}/user_assignments"))["user_assignments"]
    own = next(each["id"] for each in seat if each["user"]["id"] == studio.colleague.id)
    await admin.changed(f"/v2/projects/{studio.project['id']}/user_assignments/{own}", {"is_project_manager": True})
    roles = ["manager", "managed_projects_invoice_drafter"]
    await admin.changed(f"/v2/users/{studio.colleague.id}", {"access_roles": roles})
    other = await studio.office.client(name="Not theirs")
    choices = await studio.page("invoices/new", at=studio.max_)
    assert client["name"] in choices.text
    assert "Not theirs" not in choices.text
    await studio.page(f"invoices/new?client={other['id']}", at=studio.max_, status=403)
    work = form({"client_id": str(client["id"])}, [row("Work", "5", project=str(studio.project["id"]))])
    draft = await studio.post("invoices/new", work, at=studio.max_)
    assert "/edit" in draft.main
    assert "/send" not in draft.main
    assert "/client/statements/" not in draft.main, "it has invoices that are not theirs"
    assert "Mark as sent" not in draft.text
    number = re.findall(r"invoices/(\d+)/edit", draft.main)[0]
    await studio.page(f"invoices/{number}/send", at=studio.max_, status=403)
    await studio.post(f"invoices/{number}/move", {"event": "send"}, at=studio.max_, status=403)
    assert (await studio.page("invoices?state=draft", at=studio.max_)).text.count(client["name"]) == 2
    strange = form({"client_id": str(client["id"])}, [row("Work", "5", project="999")])
    assert "Project can't be found" in (await studio.post("invoices/new", strange, status=422)).text


async def test_a_long_invoice_is_written_a_part_at_a_time(on_sqlite: Studio) -> None:
    studio, admin = on_sqlite, on_sqlite.office.admin
    client = await billing(studio)
    lines = [{"kind": "Service", "description": f"Line {n}", "unit_price": n} for n in range(1, 251)]
    made = await admin.made("/v2/invoices", {"client_id": client["id"], "line_items": lines})
    path = f"invoices/{made['id']}"
    shown = await studio.page(f"{path}?lines=3")
    assert "Line 250" in shown.text
    assert "Line 200 " not in shown.text
    edit = await studio.page(f"{path}/edit?lines=3")
    assert "Lines 201 to 250 of 250." in edit.text
    sent = rows_of(edit)[:50]
    sent[49]["description"] = "The last"
    facts = {"client_id": str(client["id"]), "seen": edit.value_of("seen")}
    await studio.post(f"{path}/edit", form(facts, sent))
    kept = (await admin.got(f"/v2/{path}"))["line_items"]
    assert len(kept) == 250
    assert (kept[0]["description"], kept[249]["description"]) == ("Line 1", "The last")
    assert len(rows_of(await studio.page(f"{path}/edit?lines=99"))) == 53


async def test_numbers_of_lines_are_read_by_the_marks_of_the_company(on_sqlite: Studio) -> None:
    studio = on_sqlite
    client = await billing(studio)
    await studio.office.write(
        lambda call: company.change_settings(
            call, company.of(call), {"decimal_symbol": ",", "thousands_separator": "."}
        )
    )
    facts = {"client_id": str(client["id"]), "tax": "7,125"}
    lines = [row("Bridge", "1.234"), row("Nail", "10,005", quantity="2,5"), row("Rebate", "-1.000,50")]
    await studio.post("invoices/new", form(facts, lines))
    (made,) = (await studio.office.admin.got("/v2/invoices"))["invoices"]
    told = [(line["quantity"], line["unit_price"]) for line in made["line_items"]]
    assert told == [(1, 1234), (2.5, 10.005), (1, -1000.5)]
    assert made["tax"] == 7.125

    shown = await studio.page(f"invoices/{made['id']}/edit")
    assert [each["unit_price"] for each in rows_of(shown)[:3]] == ["1234", "10,005", "-1000,5"]
    facts |= {"seen": shown.value_of("seen"), "tax": shown.value_of("tax")}
    await studio.post(f"invoices/{made['id']}/edit", form(facts, [*rows_of(shown)[:3], row("Bolt", "2")]))
    after = await studio.office.admin.got(f"/v2/invoices/{made['id']}")
    assert [(line["quantity"], line["unit_price"]) for line in after["line_items"]] == [*told, (1, 2)]
    assert after["tax"] == 7.125
    paid = {"paid": "0", "amount": "1.000", "paid_date": "2026-05-25"}
    await studio.post(f"invoices/{made['id']}/move", {"event": "send"})
    await studio.post(f"invoices/{made['id']}/payments", paid)
    left = await studio.office.admin.got(f"/v2/invoices/{made['id']}")
    assert round(after["due_amount"] - left["due_amount"], 2) == 1000
