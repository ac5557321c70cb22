"""What falls due by the calendar: invoices are made once and on their day, and late ones are reminded of."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.products.harvest_timesheets.billing.work import Work, begin, service
from tests.products.harvest_timesheets.office import Json, Office

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied, Invalid
from harbor.kernel.jobs import queue
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import Member
from harbor.products.harvest_timesheets.bills.messages_model import Recipient
from harbor.products.harvest_timesheets.bills.model import LineChange
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.recurring_invoices import issuing
from harbor.products.harvest_timesheets.recurring_invoices import service as recurring
from harbor.products.harvest_timesheets.recurring_invoices.model import DUE, RecurringInvoice, Unit
from harbor.products.harvest_timesheets.reminders import service as reminders

GRACE = Recipient(name="Grace", email="grace@example.com")
RENT = LineChange(
    facts={"category": "service", "description": "Rent of %invoice_issue_month%", "unit_price_e4": 7_500_000}
)


async def template(office: Office, work: Work, **facts: Any) -> RecurringInvoice:
    """A monthly rent from today on."""

    def add(call: Call) -> RecurringInvoice:
        call.base_url = "https://time.example/harvest"
        plain = {"every": 1, "unit": Unit.MONTH, "starts_on": company.today(call), "payment_term": "net 15"}
        return recurring.add(call, work.client_id, {**plain, **facts}, [RENT])

    return await office.write(add)


async def tick(office: Office, days: float = 0) -> None:
    """Some days later, with everything done that is due."""
    office.house.clock.advance(days * 24 * 3600)
    await office.write(lambda call: _enqueue(call))
    await office.house.settle()


def _enqueue(call: Call) -> None:

    queue.enqueue(call.tx, "system", DUE, {}, job_id=call.new_id("job_"))


async def invoices(office: Office) -> list[Json]:
    """All invoices, the oldest first."""
    return list(reversed((await office.admin.got("/v2/invoices"))["invoices"]))


async def mails(office: Office) -> list[Json]:
    """What stands in the outbox."""
    return await office.read(lambda call: call.tx.rows("SELECT recipient, subject, text FROM mails ORDER BY id"))


async def test_invoices_are_made_on_their_day_and_those_missed_are_made_up_for(office: Office) -> None:
    work = await begin(office)
    made = await template(office, work, subject="Rent %invoice_issue_month_year%", tax_e4=100_000)
    later = await template(office, work, starts_on=made.starts_on + timedelta(days=5), sends=True, recipients=(GRACE,))
    await office.house.settle()  # what begins today is made at once
    assert len(await invoices(office)) == 1
    await tick(office)
    await tick(office)
    [first] = await invoices(office)
    assert (first["state"], first["issue_date"], first["due_date"]) == ("draft", "2026-05-25", "2026-06-09")
    assert (first["subject"], first["tax"], first["recurring_invoice_id"]) == ("Rent May 2026", 10.0, made.id)
    assert first["line_items"][0]["description"] == "Rent of May"
    assert first["line_items"][0]["kind"] == "Service"

    await tick(office, 5)
    sent = (await invoices(office))[1]
    assert (sent["state"], sent["recurring_invoice_id"]) == ("open", later.id)
    [mail] = await mails(office)
    assert mail["recipient"] == "grace@example.com"
    assert f"https://time.example/harvest/client/invoices/{sent['client_key']}" in mail["text"]

    await tick(office, 31 + 30 + 20)
    days = [each["issue_date"] for each in await invoices(office) if each["recurring_invoice_id"] == made.id]
    assert days == ["2026-05-25", "2026-06-25", "2026-07-25"]
    events = await office.read(
        lambda call: call.tx.rows("SELECT type FROM events WHERE type LIKE 'harvest.recurring%' ORDER BY id")
    )
    assert [row["type"].rpartition(".")[2] for row in events] == ["created"] * 2 + ["issued"] * 6


async def test_a_day_begins_when_it_does_for_the_account(sqlite_office: Office) -> None:
    office = sqlite_office
    work = await begin(office)
    await office.write(lambda call: company.change_settings(call, company.of(call), {"timezone": "Auckland"}))
    # In Auckland it is five minutes to midnight.
    office.house.clock.set((office.house.clock.now() + timedelta(days=1)).replace(hour=11, minute=55))
    today = await office.read(company.today)
    await template(office, work, starts_on=today + timedelta(days=1))
    await tick(office)
    assert await invoices(office) == []
    await tick(office, 10 / 24 / 60)
    [made] = await invoices(office)
    assert made["issue_date"] == (today + timedelta(days=1)).isoformat()


async def test_a_new_template_takes_no_id_that_an_imported_invoice_names(sqlite_office: Office) -> None:
    office = sqlite_office
    work = await begin(office)
    imported = await work.invoice()
    await office.write(
        lambda call: call.tx.run(
            "UPDATE harvest_invoices SET recurring_invoice_id = 70 WHERE id = :id", id=imported["id"]
        )
    )
    assert (await template(office, work)).id == 71
    assert (await template(office, work)).id == 72


async def test_of_two_servers_one_makes_the_invoice(office: Office) -> None:
    work = await begin(office)
    made = await template(office, work)
    results = await asyncio.gather(*(office.write(lambda call: issuing.issue(call, made.id)) for _ in range(6)))
    assert sorted(results) == [False] * 5 + [True]
    assert len(await invoices(office)) == 1


async def test_a_crash_between_the_invoice_and_its_next_day_leaves_neither(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = sqlite_office
    work = await begin(office)
    made = await template(office, work, sends=True, recipients=(GRACE,))

    def killed(*_args: object, **_more: object) -> None:
        raise RuntimeError("The process ended here.")

    with monkeypatch.context() as patch:
        patch.setattr(issuing, "tell", killed)
        with pytest.raises(RuntimeError):
            await office.write(lambda call: issuing.issue(call, made.id))
    assert (await invoices(office), await mails(office)) == ([], [])
    assert await office.write(lambda call: issuing.issue(call, made.id))
    assert (len(await invoices(office)), len(await mails(office))) == (1, 1)


async def test_what_cannot_be_made_is_stopped_and_says_why(sqlite_office: Office) -> None:
    office = sqlite_office
    work = await begin(office)
    bad, good = await template(office, work), await template(office, work)
    await office.write(
        lambda call: call.tx.run(
            "UPDATE harvest_recurring_invoices SET client_id = 999 WHERE account_id = :a AND id = :id",
            a=call.account_id,
            id=bad.id,
        )
    )
    await tick(office)
    assert [each["recurring_invoice_id"] for each in await invoices(office)] == [good.id]
    stopped = await office.read(lambda call: recurring.to_manage_one(call, bad.id))
    assert (stopped.next_on, stopped.stop_reason) == (None, "Client can't be found")


async def test_where_invoices_are_switched_off_clients_get_none(sqlite_office: Office) -> None:
    office = sqlite_office
    work = await begin(office)
    late = await work.invoice(line_items=[service(10)], issue_date="2026-05-01", payment_term="upon receipt")
    to = {"recipients": [{"email": "grace@example.com"}], "body": "Here."}
    await office.admin.made(f"/v2/invoices/{late['id']}/messages", to)

    def switch(call: Call) -> RecurringInvoice:
        reminders.change(call, is_on=True, after_days=3, every_days=4)
        company.change_settings(call, company.of(call), {"invoice_feature": False})
        return recurring.add(
            call,
            work.client_id,
            {
                "every": 1,
                "unit": Unit.MONTH,
                "starts_on": company.today(call),
                "payment_term": "net 15",
                "sends": True,
                "recipients": (GRACE,),
            },
            [RENT],
        )

    made = await office.write(switch)
    before = await mails(office)
    await tick(office, 7)
    assert [each["id"] for each in await invoices(office)] == [late["id"]]
    assert await mails(office) == before
    stopped = await office.read(lambda call: recurring.to_manage_one(call, made.id))
    assert (stopped.next_on, stopped.stop_reason) == (None, "Invoices are switched off in the settings")


async def test_templates_are_checked_stopped_and_resumed_by_administrators(sqlite_office: Office) -> None:
    office = sqlite_office
    work = await begin(office)
    for facts in (
        {"every": 0},
        {"every": 10**9},
        {"payment_term": "custom"},
        {"currency": "QQQ"},
        {"sends": True},
        {"subject": "x" * 256},
    ):
        with pytest.raises(Invalid):
            await template(office, work, **facts)
    with pytest.raises(Invalid, match="can't be before today"):
        await template(office, work, starts_on=(await office.read(company.today)) - timedelta(days=1))
    made = await template(office, work)
    await tick(office)

    def find(call: Call) -> RecurringInvoice:
        return recurring.to_manage_one(call, made.id)

    # Another rhythm does not invoice today again.
    await office.write(lambda call: recurring.change(call, find(call), {"unit": Unit.WEEK}, ()))
    assert (await office.read(find)).next_on == made.starts_on + timedelta(days=7)
    await office.write(lambda call: recurring.stop(call, find(call)))
    with pytest.raises(Conflict):
        await office.write(lambda call: recurring.stop(call, find(call)))
    await tick(office, 40)
    assert len(await invoices(office)) == 1
    resumed = await office.write(lambda call: recurring.resume(call, find(call)))
    assert resumed.next_on == made.starts_on + timedelta(days=42)

    member = await office.person()

    def as_member(call: Call) -> None:
        found = access.me(call)
        assert not isinstance(call.principal, Member)
        call.principal = Member(
            account_id=call.account_id,
            organization_id=found.organization_id,
            environment=found.environment,
            actor="x",
            user_id=member.id,
            identity_id=1,
            account_number=1,
            access_roles=frozenset({"member"}),
        )
        recurring.to_manage(call)

    with pytest.raises(Denied):
        await office.read(as_member)
    await office.write(lambda call: recurring.delete(call, find(call)))
    assert (await invoices(office))[0]["recurring_invoice_id"] == made.id


async def test_late_invoices_are_reminded_of_once_a_turn(office: Office) -> None:
    work, admin = await begin(office), office.admin
    to = {"recipients": [{"email": "grace@example.com"}], "body": "Here."}
    late, paid, unsent, draft = [
        await work.invoice(line_items=[service(10)], issue_date="2026-05-20", payment_term="upon receipt")
        for _ in range(4)
    ]
    for each in (late, paid):
        await admin.made(f"/v2/invoices/{each['id']}/messages", to)
    await admin.made(f"/v2/invoices/{unsent['id']}/messages", {"event_type": "send"})
    await admin.made(f"/v2/invoices/{paid['id']}/payments", {"amount": 10, "send_thank_you": False})
    await tick(office, 1)
    assert len(await mails(office)) == 2, "nobody asked for reminders"

    def switch(call: Call) -> None:
        call.base_url = "https://time.example/harvest"
        reminders.change(call, is_on=True, after_days=3, every_days=4)

    await office.write(switch)
    await tick(office)
    await tick(office)
    sent = (await mails(office))[2:]
    assert [(each["recipient"], each["subject"]) for each in sent] == [
        ("grace@example.com", f"Past due invoice reminder: #{late['number']} from ABC Corp")
    ]
    assert f"https://time.example/harvest/client/invoices/{late['client_key']}" in sent[0]["text"]
    [message] = (await admin.got(f"/v2/invoices/{late['id']}/messages"))["invoice_messages"][:1]
    assert message["reminder"]
    results = await asyncio.gather(*(office.write(lambda call: reminders.remind(call, late["id"])) for _ in range(4)))
    assert results == [False] * 4
    await tick(office, 3)
    assert len(await mails(office)) == 3
    await tick(office, 1)
    assert len(await mails(office)) == 4
    await admin.made(f"/v2/invoices/{late['id']}/messages", {"event_type": "close"})
    await tick(office, 30)
    assert len(await mails(office)) == 4
    assert (await admin.got(f"/v2/invoices/{draft['id']}/messages"))["invoice_messages"] == []
    with pytest.raises(Invalid):
        await office.write(lambda call: reminders.change(call, is_on=True, after_days=0, every_days=1))
