"""Forms of billing that are pressed many times at once: each deed is done once, and the others are told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from tests.products.harvest_timesheets.pages.studio import BASE, Studio
from tests.products.harvest_timesheets.pages.test_invoices import billing, form, row

AT_ONCE = 4


async def pressed(studio: Studio, path: str, fields: Mapping[str, str] | list[tuple[str, str]]) -> list[int]:
    """The answers to a form that is sent several times at once."""
    replies = await asyncio.gather(*(studio.ada.post(f"{BASE}/{path}", fields) for _ in range(AT_ONCE)))
    return sorted(reply.status for reply in replies)


async def test_each_deed_is_done_once(studio: Studio) -> None:
    client, admin = await billing(studio), studio.office.admin
    once = [303] + [409] * (AT_ONCE - 1)
    work = {"project_id": studio.project["id"], "task_id": studio.task["id"], "spent_date": "2026-05-04", "hours": 2}
    await admin.changed(f"/v2/projects/{studio.project['id']}", {"bill_by": "Project", "hourly_rate": 80})
    await admin.made("/v2/time_entries", {**work, "user_id": studio.colleague.id})

    choice = {"client": str(client["id"]), "project": str(studio.project["id"]), "time": "task", "expenses": ""}
    asked = "&".join(f"{name}={value}" for name, value in choice.items())
    looked = await studio.page(f"invoices/tracked?{asked}&look=1")
    assert await pressed(studio, "invoices/tracked", {**choice, "seen": looked.value_of("seen")}) == once
    [invoice] = (await admin.got("/v2/invoices"))["invoices"]
    assert invoice["amount"] == 160.0
    path = f"invoices/{invoice['id']}"

    mail = await studio.page(f"{path}/send")
    typed = {"subject": "Bill", "body": "Here.", "others": "grace@example.com", "seen": mail.value_of("seen")}
    assert await pressed(studio, f"{path}/send", typed) == once
    mails = await studio.office.read(
        lambda call: call.tx.rows("SELECT id FROM mails WHERE recipient = 'grace@example.com'")
    )
    assert len(mails) == 1

    edit = await studio.page(f"{path}/edit")
    facts = {"client_id": str(client["id"]), "seen": edit.value_of("seen"), "subject": "May"}
    assert await pressed(studio, f"{path}/edit", form(facts, [row("More", "40")])) == once
    assert await pressed(studio, f"{path}/payments", {"amount": "50", "paid_date": "2026-05-25", "paid": "0"}) == once
    settled = await admin.got(f"/v2/{path}")
    assert (settled["amount"], settled["due_amount"]) == (200.0, 150.0)
    assert await pressed(studio, f"{path}/move", {"event": "close"}) == once

    estimate = await admin.made("/v2/estimates", {"client_id": client["id"]})
    page = await studio.page(f"estimates/{estimate['id']}")
    seen = re.findall(r'name="seen" value="(\d+)"', page.main)[0]
    assert await pressed(studio, f"estimates/{estimate['id']}/invoice", {"seen": seen}) == once
    assert len((await admin.got("/v2/invoices"))["invoices"]) == 2


async def test_hostile_fields_are_refused_and_never_fail(on_sqlite: Studio) -> None:
    studio = on_sqlite
    client = await billing(studio)
    made = await studio.office.admin.made("/v2/invoices", {"client_id": client["id"]})
    path, at = f"invoices/{made['id']}", str(client["id"])
    digits, odd = "9" * 400, "\u202e\U0001f4a9<script>"
    lines = [row("x", digits), row("x", "1e400"), row("x", "NaN"), row("x", "1", quantity="-1e9999")]
    for line in lines:
        await studio.post("invoices/new", form({"client_id": at}, [line]), status=422)
    tries: list[tuple[str, dict[str, str]]] = [
        ("invoices/new", {"client_id": digits}),
        ("invoices/new", {"client_id": at, "issue_date": "9999-99-99"}),
        ("invoices/new", {"client_id": at, "tax": "101"}),
        ("invoices/new", {"client_id": at, "discount": "-1"}),
        ("invoices/new", {"client_id": at, "currency": odd}),
        ("invoices/new", {"client_id": at, "number": "a\nb"}),
        ("invoices/new", {"client_id": at, "line": "1"}),
        ("invoices/new", {"client_id": at, "payment_term": odd}),
        (f"{path}/move", {"event": odd}),
        (f"{path}/payments", {"paid": "0", "amount": digits}),
        (f"{path}/payments", {"paid": "0", "amount": "1", "paid_date": odd}),
        (f"{path}/send", {"seen": "0", "subject": "a\nb", "body": "x", "others": "a@example.com"}),
        (f"{path}/send", {"seen": "0", "subject": "x", "body": "x", "others": f"{odd}@"}),
        (f"{path}/send", {"seen": "0", "subject": "x", "body": "x", "contact": digits}),
        (f"{path}/send", {"seen": "0", "subject": "x", "body": "x", "others": "a@b\r\nBcc: c@d"}),
        ("invoices/tracked", {"client": at, "project": odd, "time": "task"}),
        ("invoices/tracked", {"client": at, "project": "1", "time": odd}),
        ("recurring/new", {"client_id": at, "every": "99999", "next_on": "2026-06-01"}),
        ("recurring/new", {"client_id": at, "unit": odd, "next_on": "2026-06-01"}),
        ("recurring/new", {"client_id": at, "next_on": "9999-12-31"}),
    ]
    for deed, fields in tries:
        reply = await studio.ada.post(f"{BASE}/{deed}", fields)
        assert reply.status in (404, 422), (deed, fields, reply.status)
    for asked in ("lines=-5", f"lines={10**17}"):
        await studio.page(f"{path}?{asked}")
        await studio.page(f"{path}/edit?{asked}")
    shown = await studio.post("invoices/new", form({"client_id": at, "subject": odd}, [row(odd, "1")]))
    assert "<script>" not in shown.main
    assert len((await studio.office.admin.got("/v2/invoices"))["invoices"]) == 2
