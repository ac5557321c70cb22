"""Two transactions at once: what is billed is billed once and as it stands, numbers are unique, payments all count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.products.harvest_timesheets.billing.work import Work, begin, service
from tests.products.harvest_timesheets.office import Json, Office
from tests.racing import overlapping, together

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.identity.model import system
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.expenses import reading as expenses_reading
from harbor.products.harvest_timesheets.expenses import service as expenses
from harbor.products.harvest_timesheets.invoices import payments, reading
from harbor.products.harvest_timesheets.invoices import service as invoices
from harbor.products.harvest_timesheets.invoices.import_rules import (
    ExpenseImport,
    ExpenseSummary,
    Import,
    TimeImport,
    TimeSummary,
)
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.time_entries import reading as time_reading
from harbor.products.harvest_timesheets.time_entries import service as time_entries


def _work(office: Office, act: Callable[[Call], Any]) -> Callable[[Tx], Any]:
    account = office.organization.production
    principal = system(account.id, account.organization_id, account.environment)
    return lambda tx: act(office.house.services.call(tx, principal))


def _bill(work: Work) -> Callable[[Call], Any]:
    asked = Import(
        project_ids=(work.id,),
        time=TimeImport(summary=TimeSummary.PROJECT),
        expenses=ExpenseImport(summary=ExpenseSummary.PROJECT),
    )
    return lambda call: invoices.add(call, invoices.NewInvoice(client_id=work.client_id, import_=asked))


async def _amounts(office: Office) -> list[float]:
    listed: list[Json] = (await office.admin.got("/v2/invoices"))["invoices"]
    return sorted(each["amount"] for each in listed)


async def test_the_same_time_is_on_one_invoice(office: Office) -> None:
    work = await begin(office)
    await work.track("2026-05-04", 2)
    await work.spend("2026-05-04", 30)

    first, second = await together(office.house.database, _work(office, _bill(work)), _work(office, _bill(work)))

    assert await _amounts(office) == [0.0, 230.0]
    assert {first.number, second.number} == {"1", "2"}


async def test_time_that_changes_meanwhile_is_billed_as_it_stands(office: Office) -> None:
    work = await begin(office)
    entry, expense = await work.track("2026-05-04", 2), await work.spend("2026-05-04", 30)

    def change(call: Call) -> None:
        time_entries.change(call, time_reading.find(call, entry["id"]), {"hours_e2": 500})
        expenses.change(call, expenses_reading.find(call, expense["id"]), {"total_cost_e2": 4500})

    await together(office.house.database, _work(office, change), _work(office, _bill(work)))

    assert await _amounts(office) == [545.0]


async def test_time_that_goes_meanwhile_is_not_billed(office: Office) -> None:
    work = await begin(office)
    entry = await work.track("2026-05-04", 2)

    def delete(call: Call) -> None:
        time_entries.delete(call, time_reading.find(call, entry["id"]))

    _, billed = await overlapping(office.house.database, _work(office, delete), _work(office, _bill(work)))

    assert isinstance(billed, Conflict) or billed.amount_e2 == 0


async def test_time_is_not_changed_under_an_invoice_that_bills_it(office: Office) -> None:
    work = await begin(office)
    entry = await work.track("2026-05-04", 2)

    def change(call: Call) -> None:
        time_entries.change(call, time_reading.find(call, entry["id"]), {"notes": "later"})

    await together(office.house.database, _work(office, _bill(work)), _work(office, change))

    shown = await office.admin.got(f"/v2/time_entries/{entry['id']}")
    assert (shown["is_billed"], shown["notes"]) == (True, "later")


async def test_payments_at_once_all_count(office: Office) -> None:
    work = await begin(office)
    made = await work.invoice(line_items=[service(100)])
    locate = at(reading.to_settle, "invoice_id")

    def pay(call: Call) -> None:
        place = locate(call, {"invoice_id": str(made["id"])}, None)
        payments.add(call, place.thing, amount_e2=50_00)

    await together(office.house.database, _work(office, pay), _work(office, pay))

    shown = await office.admin.got(f"/v2/invoices/{made['id']}")
    assert (shown["state"], shown["due_amount"]) == ("paid", 0.0)
