"""Messages of invoices and payments: mails that go out, states that change, and what is kept of both."""

from __future__ import annotations

from typing import Any

from tests.products.harvest_timesheets.billing.work import begin, service
from tests.products.harvest_timesheets.office import Json, Office

from harbor.products.harvest_timesheets.billing_settings import service as settings

RICHARD = {"name": "Richard Roe", "email": "richardroe@example.com"}
MESSAGE = (
    "id sent_by sent_by_email sent_from sent_from_email include_link_to_client_invoice send_me_a_copy thank_you reminder "
    "send_reminder_on created_at updated_at attach_pdf event_type recipients subject body"
)
PAYMENT = "id amount paid_at recorded_by recorded_by_email notes transaction_id created_at updated_at paid_date payment_gateway"


async def mails(office: Office) -> list[Json]:
    """What stands in the outbox, in the order in which it was written."""
    return await office.read(
        lambda call: call.tx.rows(
            """
            SELECT m.recipient, m.subject, m.text, j.kind FROM mails m
            JOIN jobs j ON j.account_id = m.account_id AND j.id = 'job_' || SUBSTR(m.id, 6)
            WHERE m.account_id = :account_id AND m.topic LIKE 'harvest.invoice%' OR m.topic LIKE 'harvest.estimate%'
            ORDER BY m.id
            """,
            account_id=call.account_id,
        )
    )


async def test_a_mail_goes_out_opens_the_draft_and_is_kept(office: Office) -> None:
    work, admin = await begin(office), office.admin
    made = await work.invoice(line_items=[service(1288.9)], currency="EUR", number="1001", issue_date="2017-04-01")
    path = f"/v2/invoices/{made['id']}"
    asked = {
        "subject": "Invoice #1001",
        "body": "The invoice is attached below.",
        "attach_pdf": True,
        "send_me_a_copy": True,
        "recipients": [RICHARD],
    }

    sent = await admin.made(f"{path}/messages", asked)

    assert list(sent) == MESSAGE.split()
    me = {"name": "Ada Admin", "email": "ada@example.com"}
    assert {name: value for name, value in sent.items() if name not in ("created_at", "updated_at")} == {
        "id": 1,
        "sent_by": "Ada Admin",
        "sent_by_email": "ada@example.com",
        "sent_from": "Ada Admin",
        "sent_from_email": "ada@example.com",
        "include_link_to_client_invoice": False,
        "send_me_a_copy": True,
        "thank_you": False,
        "reminder": False,
        "send_reminder_on": None,
        "attach_pdf": True,
        "event_type": None,
        "recipients": [RICHARD, me],
        "subject": "Invoice #1001",
        "body": "The invoice is attached below.",
    }
    await office.house.settle()  # the mails wait for their file
    out = await mails(office)
    assert [(each["recipient"], each["subject"], each["kind"]) for each in out] == [
        ("richardroe@example.com", "Invoice #1001", "mail.send"),
        ("ada@example.com", "Invoice #1001", "mail.send"),
    ]
    assert f"/client/invoices/{made['client_key']}" in out[0]["text"]
    shown = await admin.got(path)
    assert (shown["state"], shown["sent_at"]) == ("open", "2026-05-25T12:00:00Z")
    office.house.clock.advance(60)
    await admin.made(f"{path}/messages", {"recipients": [{"email": "a@example.com"}]})
    assert (await admin.got(path))["sent_at"] == "2026-05-25T12:01:00Z"
    listed = await admin.got(f"{path}/messages?updated_since=2026-05-25T12:01:00Z")
    ((template,), first) = listed["invoice_messages"], listed["links"]["first"]
    assert (template["subject"], "ref=first" in first) == ("Invoice #1001 from ABC Corp", True)
    assert "Amount: €1,288.90\r\n" in template["body"]
    assert "Due: 04/01/2017 (upon receipt)\r\n" in template["body"]
    assert [each["id"] for each in (await admin.got(f"{path}/messages"))["invoice_messages"]] == [2, 1]

    await admin.deleted(f"{path}/messages/1")
    assert (await admin.got(f"{path}/messages"))["total_entries"] == 1
    assert (await admin.refused("DELETE", f"{path}/messages/1"))[0] == 404


async def test_events_change_the_state_and_mail_nobody(sqlite_office: Office) -> None:
    work, admin = await begin(sqlite_office), sqlite_office.admin
    made = await work.invoice(line_items=[service(10)])
    path = f"/v2/invoices/{made['id']}"

    async def after(event: str) -> tuple[Any, ...]:
        message = await admin.made(f"{path}/messages", {"event_type": event, "recipients": [RICHARD], "subject": "x"})
        kept = [message[name] for name in ("event_type", "recipients", "subject", "body", "attach_pdf")]
        assert kept == [event, [], None, None, False]
        shown = await admin.got(path)
        return shown["state"], shown["sent_at"], shown["closed_at"]

    now = "2026-05-25T12:00:00Z"
    assert await after("send") == ("open", now, None)
    assert await after("draft") == ("draft", None, None)
    assert await after("send") == ("open", now, None)
    assert await after("close") == ("closed", now, now)
    assert (await admin.refused("POST", f"{path}/payments", {"amount": 1}))[0] == 422
    assert await after("re-open") == ("open", now, None)
    assert await mails(sqlite_office) == []

    assert await admin.refused("POST", f"{path}/messages", {"event_type": "re-open"}) == (
        422,
        "Invoice is open, so the event re-open is not possible",
    )
    assert (await admin.refused("POST", f"{path}/messages", {"event_type": "view"}))[0] == 422
    to_nobody: tuple[Json, ...] = ({}, {"recipients": []}, {"subject": "x", "body": "y"})
    for body in to_nobody:
        assert await admin.refused("POST", f"{path}/messages", body) == (422, "Recipients can't be blank")
    assert await admin.refused("POST", f"{path}/messages", {"recipients": [{"name": "x"}]}) == (
        422,
        "Email can't be blank",
    )
    hostile = {"recipients": [RICHARD], "subject": "x\r\nBcc: y@example.com", "body": "x"}
    assert await admin.refused("POST", f"{path}/messages", hostile) == (422, "Subject must be one line")
    assert (await admin.refused("POST", f"{path}/messages", {"recipients": [{"email": "a@b, c@d"}]}))[0] == 422
    assert (await admin.got(f"{path}/messages"))["total_entries"] == 5


async def test_previews_say_what_the_templates_say(sqlite_office: Office) -> None:
    work, admin = await begin(sqlite_office), sqlite_office.admin
    made = await work.invoice(line_items=[service(10)], issue_date="2026-05-20", purchase_order="PO-1")
    new = f"/v2/invoices/{made['id']}/messages/new"

    plain, thanks, reminder = [await admin.got(f"{new}{query}") for query in ("", "?thank_you=true", "?reminder=true")]

    assert list(plain) == ["invoice_id", "subject", "body", "reminder", "thank_you"]
    assert (plain["invoice_id"], plain["reminder"], plain["thank_you"]) == (made["id"], False, False)
    assert plain["subject"] == "Invoice #1 from ABC Corp"
    assert "PO number: PO-1\r\nAmount: $10.00\r\n" in plain["body"]
    assert (thanks["thank_you"], "Thank you" in thanks["body"]) == (True, True)
    assert reminder["subject"] == "Past due invoice reminder: #1 from ABC Corp"
    assert "still open after 5 days" in reminder["body"]
    await sqlite_office.write(lambda call: settings.change(call, message_subject="%subject%%nothing% – %client%"))
    assert (await admin.got(new))["subject"] == f"%nothing% – {work.project['client']['name']}"
    assert (await admin.got(f"/v2/invoices/{made['id']}/messages"))["invoice_messages"] == []


async def test_payments_settle_an_invoice_and_thank_for_the_last(office: Office) -> None:
    work, admin = await begin(office), office.admin
    made = await work.invoice(line_items=[service(100)])
    path = f"/v2/invoices/{made['id']}"
    await admin.made(f"{path}/messages", {"recipients": [RICHARD]})

    first = await admin.made(
        f"{path}/payments", {"amount": 15.86, "paid_at": "2017-07-24T13:32:18Z", "notes": "Paid by phone"}
    )

    assert list(first) == PAYMENT.split()
    assert {name: value for name, value in first.items() if name not in ("created_at", "updated_at")} == {
        "id": 1,
        "amount": 15.86,
        "paid_at": "2017-07-24T13:32:18Z",
        "recorded_by": "Ada Admin",
        "recorded_by_email": "ada@example.com",
        "notes": "Paid by phone",
        "transaction_id": None,
        "paid_date": "2017-07-24",
        "payment_gateway": {"id": None, "name": None},
    }
    part = await admin.got(path)
    assert (part["state"], part["due_amount"], part["paid_at"]) == ("open", 84.14, None)
    last = await admin.made(f"{path}/payments", {"amount": 84.14, "paid_date": "2017-07-30"})
    assert (last["paid_at"], last["notes"]) == ("2017-07-30T00:00:00Z", "")
    paid = await admin.got(path)
    assert (paid["state"], paid["due_amount"]) == ("paid", 0.0)
    assert (paid["paid_at"], paid["paid_date"]) == ("2017-07-30T00:00:00Z", "2017-07-30")
    thanks = (await admin.got(f"{path}/messages"))["invoice_messages"][0]
    assert (thanks["thank_you"], thanks["recipients"], thanks["event_type"]) == (True, [RICHARD], None)
    assert [each["subject"] for each in await mails(office)] == [
        "Invoice #1 from ABC Corp",
        "Payment received: invoice #1 from ABC Corp",
    ]

    more = await admin.made(f"{path}/payments", {"amount": 10})
    assert (await admin.got(path))["due_amount"] == -10.0
    listed = await admin.got(f"{path}/payments?per_page=2")
    assert [each["id"] for each in listed["invoice_payments"]] == [3, 2]
    assert "cursor=" in listed["links"]["next"]
    for payment in (more, last):
        await admin.deleted(f"{path}/payments/{payment['id']}")
    reopened = await admin.got(path)
    assert (reopened["state"], reopened["due_amount"], reopened["paid_date"]) == ("open", 84.14, None)
    lowered = await admin.changed(path, {"line_items": [{"id": 1, "unit_price": 15.86}]})
    assert (lowered["state"], lowered["paid_date"]) == ("paid", "2017-07-24")
    raised = await admin.changed(path, {"line_items": [{"id": 1, "unit_price": 20}]})
    assert (raised["state"], raised["due_amount"]) == ("open", 4.14)
    assert len(await mails(office)) == 2


async def test_payments_that_make_no_sense_are_refused_in_words(sqlite_office: Office) -> None:
    work, admin = await begin(sqlite_office), sqlite_office.admin
    made = await work.invoice(line_items=[service(100)])
    path = f"/v2/invoices/{made['id']}/payments"

    async def refused(body: Json) -> str:
        status, message = await admin.refused("POST", path, body)
        assert status == 422
        return message

    assert await refused({}) == "Amount can't be blank"
    assert await refused({"amount": 0}) == "Amount must be greater than 0"
    assert await refused({"amount": -1}) == "Amount must be greater than 0"
    assert await refused({"amount": 1.005}) == "Amount has more than 2 decimal places"
    both = {"amount": 1, "paid_at": "2017-07-24T13:32:18Z", "paid_date": "2017-07-24"}
    assert await refused(both) == "Paid at can't be given together with paid date"
    assert (await admin.refused("DELETE", f"{path}/7"))[0] == 404
    now = await admin.made(path, {"amount": 1})
    assert (now["paid_at"], now["paid_date"]) == ("2026-05-25T12:00:00Z", "2026-05-25")
    assert (await admin.got(f"/v2/invoices/{made['id']}"))["state"] == "draft"


async def test_who_wants_no_thanks_gets_none(sqlite_office: Office) -> None:
    work, admin = await begin(sqlite_office), sqlite_office.admin
    await sqlite_office.write(lambda call: settings.change(call, sends_thank_you=False))

    async def paid(**facts: object) -> int:
        made = await work.invoice(line_items=[service(1)])
        path = f"/v2/invoices/{made['id']}"
        await admin.made(f"{path}/messages", {"recipients": [RICHARD]})
        await admin.made(f"{path}/payments", {"amount": 1, **facts})
        return int((await admin.got(f"{path}/messages"))["total_entries"])

    assert await paid() == 1
    await sqlite_office.write(lambda call: settings.change(call, sends_thank_you=True))
    assert await paid(send_thank_you=False) == 1
    assert await paid(send_thank_you=True) == 2


async def test_an_old_parameter_takes_the_payment_options_away(sqlite_office: Office) -> None:
    work, admin = await begin(sqlite_office), sqlite_office.admin
    await sqlite_office.write(lambda call: settings.change(call, payment_options=("credit_card",)))
    made = await work.invoice(payment_options=["credit_card"])
    path = f"/v2/invoices/{made['id']}"

    kept = await admin.made(f"{path}/messages", {"recipients": [RICHARD], "include_link_to_client_invoice": True})
    assert (await admin.got(path))["payment_options"] == ["credit_card"]
    await admin.made(f"{path}/messages", {"recipients": [RICHARD], "include_link_to_client_invoice": False})

    assert kept["include_link_to_client_invoice"] is False
    assert (await admin.got(path))["payment_options"] == []
