"""Invoices of tracked time and expenses: their lines, what they lock, and what deleting them lets go."""

from __future__ import annotations

from tests.products.harvest_timesheets.billing.work import begin, service
from tests.products.harvest_timesheets.office import Json, Office

from harbor.products.harvest_timesheets.billing_settings import service as settings
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Rounding
from harbor.products.harvest_timesheets.item_categories import service as item_categories


def lines(invoice: Json) -> list[tuple[str, str, float, float]]:
    """Kind, description, quantity and price of each line."""
    return [(each["kind"], each["description"], each["quantity"], each["unit_price"]) for each in invoice["line_items"]]


async def test_an_invoice_of_time_and_expenses_is_the_published_one(office: Office) -> None:
    work = await begin(office, name="Marketing Website", code="MW")
    admin, march = office.admin, {"from": "2017-03-01", "to": "2017-03-31"}
    tracked = [await work.track("2017-03-01", 1.25), await work.track("2017-03-21", 0.75)]
    later = await work.track("2017-04-01", 5)
    free = await work.track("2017-03-02", 3, task_id=work.free_task_id)
    meal = await work.spend("2017-03-03", 133.35)
    gift = await work.spend("2017-03-03", 20, billable=False)

    made = await work.bill(
        time={"summary_type": "task", **march},
        expenses={"summary_type": "category"},
        subject="ABC Project Quote",
        payment_term="upon receipt",
    )

    assert (made["amount"], made["due_amount"], made["tax"]) == (333.35, 333.35, None)
    assert (made["period_start"], made["period_end"]) == ("2017-03-01", "2017-03-31")
    assert lines(made) == [
        ("Service", "[MW] Marketing Website: Programming (03/01/2017 - 03/31/2017)", 2.0, 100.0),
        ("Product", "[MW] Marketing Website: Meals ", 1.0, 133.35),
    ]
    assert {each["project"]["code"] for each in made["line_items"]} == {"MW"}
    billed = {"id": made["id"], "number": made["number"]}
    for each in tracked:
        shown = await admin.got(f"/v2/time_entries/{each['id']}")
        assert (shown["is_billed"], shown["invoice"], shown["is_locked"]) == (True, billed, True)
    assert (await admin.got(f"/v2/expenses/{meal['id']}"))["invoice"] == billed
    for path in (f"time_entries/{later['id']}", f"time_entries/{free['id']}", f"expenses/{gift['id']}"):
        assert (await admin.got(f"/v2/{path}"))["invoice"] is None

    again = await work.bill(time={"summary_type": "task", **march}, expenses={"summary_type": "category"})
    assert (again["amount"], again["line_items"]) == (0.0, [])
    await admin.changed(f"/v2/invoices/{made['id']}", {"number": "MW-1", "line_items": [{"id": 1, "_destroy": True}]})
    kept = await admin.got(f"/v2/time_entries/{tracked[0]['id']}")
    assert (kept["is_billed"], kept["invoice"]["number"]) == (True, "MW-1")
    assert (await admin.got(f"/v2/expenses/{meal['id']}"))["invoice"]["number"] == "MW-1"
    other = {"client_id": (await office.client())["id"]}
    await admin.changed(f"/v2/invoices/{made['id']}", {"line_items": [{"id": 2, "_destroy": True}]})
    for path in (f"/v2/invoices/{made['id']}", f"/v2/projects/{work.id}"):
        assert (await admin.refused("PATCH", path, other))[0] == 422

    await admin.deleted(f"/v2/invoices/{made['id']}")
    for path in (*(f"time_entries/{each['id']}" for each in tracked), f"expenses/{meal['id']}"):
        shown = await admin.got(f"/v2/{path}")
        assert (shown["is_billed"], shown["invoice"], shown["is_locked"]) == (False, None, False)


async def test_detailed_time_is_the_published_one(sqlite_office: Office) -> None:
    work = await begin(sqlite_office, name="Online Store - Phase 1", code="OS1")
    await sqlite_office.admin.changed("/v2/company", {"wants_timestamp_timers": True})
    about = {"project_id": work.id, "task_id": work.task_id, "spent_date": "2017-03-01"}
    times = ({"started_time": "1:00pm", "ended_time": "2:00pm", "notes": "Importing products"},)
    for each in ({"started_time": "9:00am", "ended_time": "11:00am", "notes": "Planning meetings"}, *times):
        await sqlite_office.admin.made("/v2/time_entries", {**about, **each})
    await work.track("2017-03-02", 1)

    made = await work.bill(
        time={"summary_type": "detailed", "from": "2017-03-01", "to": "2017-03-01"}, tax=5, tax2=2, discount=10
    )

    assert lines(made) == [
        ("Service", "03/01/2017 - Programming: [9:00am - 11:00am] Planning meetings", 2.0, 100.0),
        ("Service", "03/01/2017 - Programming: [1:00pm - 2:00pm] Importing products", 1.0, 100.0),
    ]
    assert all(each["taxed"] and each["taxed2"] for each in made["line_items"])
    amounts = [made[name] for name in ("amount", "tax_amount", "tax2_amount", "discount_amount")]
    assert amounts == [288.9, 13.5, 5.4, 30.0]
    assert (made["period_start"], made["period_end"]) == ("2017-03-01", "2017-03-01")
    await sqlite_office.write(lambda call: settings.change(call, names_people=True, tax_e4=20_0000))
    rest = await work.bill(time={"summary_type": "detailed"})
    assert lines(rest) == [("Service", "03/02/2017 - Programming / Ada Admin", 1.0, 100.0)]
    assert (rest["tax"], rest["tax_amount"], rest["period_start"]) == (20.0, 20.0, "2017-03-02")


async def test_hours_are_rounded_and_several_rates_are_one_effective_rate(sqlite_office: Office) -> None:
    person = await sqlite_office.person(default_hourly_rate=33.33)
    work = await begin(sqlite_office, bill_by="People")
    admin, me = sqlite_office.admin, sqlite_office.opened.administrator.id
    await admin.made(f"/v2/projects/{work.id}/user_assignments", {"user_id": person.id})
    await admin.made(f"/v2/users/{me}/billable_rates", {"amount": 100})
    await sqlite_office.write(lambda call: company.change_rules(call, company.of(call), rounding=Rounding.UP))
    await work.track("2026-05-04", 2.11)
    await work.track("2026-05-05", 0.02, user_id=person.id)
    cost = {"expenses": {"summary_type": "people"}}
    await work.spend("2026-05-06", 12.5)
    await work.spend("2026-05-06", 7.5, "Lodging")

    by_people = await work.bill(time={"summary_type": "people"}, **cost)
    names = f"{work.project['name']}: "
    assert lines(by_people) == [
        ("Service", f"{names}Ada Admin (05/04/2026 - 05/05/2026)", 2.25, 100.0),
        ("Service", f"{names}{person.shown['first_name']} Example (05/04/2026 - 05/05/2026)", 0.25, 33.33),
        ("Product", f"{names}Ada Admin ", 1.0, 20.0),
    ]
    await admin.deleted(f"/v2/invoices/{by_people['id']}")
    by_project = await work.bill(time={"summary_type": "project"}, expenses={"summary_type": "project"})
    # (2.25 * 100 + 0.25 * 33.33) / 2.5 = 93.333
    assert lines(by_project) == [
        ("Service", f"{work.project['name']} (05/04/2026 - 05/05/2026)", 2.5, 93.33),
        ("Product", f"{names}Expenses ", 1.0, 20.0),
    ]
    assert by_project["line_items"][0]["amount"] == 233.33
    await admin.deleted(f"/v2/invoices/{by_project['id']}")
    detailed = await work.bill(expenses={"summary_type": "detailed", "from": "2026-05-06", "to": "2026-05-06"})
    assert [each[1] for each in lines(detailed)] == ["05/06/2026 - Meals", "05/06/2026 - Lodging"]
    assert (detailed["period_start"], detailed["amount"]) == (None, 20.0)


async def test_a_fixed_fee_is_billed_once_whatever_is_tracked(sqlite_office: Office) -> None:
    work = await begin(sqlite_office, name="Fixed", is_fixed_fee=True, fee=1000, bill_by="none")
    entry = await work.track("2026-05-04", 2)
    part = await work.invoice(line_items=[service(400, project_id=work.id)])

    first = await work.bill(time={"summary_type": "task"})
    second = await work.bill(time={"summary_type": "task"})

    assert (part["amount"], lines(first), second["line_items"]) == (400.0, [("Service", "Fixed", 1.0, 600.0)], [])
    shown = await sqlite_office.admin.got(f"/v2/time_entries/{entry['id']}")
    assert shown["invoice"]["id"] == first["id"]


async def test_projects_come_by_name_and_own_lines_last(sqlite_office: Office) -> None:
    zebra = await begin(sqlite_office, name="Zebra")
    apple = await begin(sqlite_office, name="apple", client_id=zebra.client_id)
    hosting = await sqlite_office.admin.made("/v2/invoice_item_categories", {"name": "Hosting"})
    await sqlite_office.write(
        lambda call: item_categories.use(
            call, item_categories.to_manage_one(call, BillKind.INVOICE, hosting["id"]), as_service=True
        )
    )
    for work in (zebra, apple):
        await work.track("2026-05-04", 1)

    made = await zebra.invoice(
        line_items_import={"project_ids": [zebra.id, apple.id], "time": {"summary_type": "project"}},
        line_items=[service(5, description="Own")],
    )

    assert [(each[0], each[1].partition(" ")[0]) for each in lines(made)] == [
        ("Hosting", "apple"),
        ("Hosting", "Zebra"),
        ("Service", "Own"),
    ]


REFUSED: list[tuple[Json, str]] = [
    ({"time": {"summary_type": "day"}}, "Summary type must be one of project, task, people, detailed"),
    ({"expenses": {"summary_type": "task"}}, "Summary type must be one of project, category, people, detailed"),
    ({"time": {}}, "Summary type can't be blank"),
    ({"project_ids": []}, "Project ids can't be blank"),
    ({"project_ids": [999]}, "Project can't be found"),
    (
        {"time": {"summary_type": "task", "from": "2026-05-01"}},
        "To can't be blank if the other end of the period is given",
    ),
    ({"time": {"summary_type": "task", "from": "2026-05-02", "to": "2026-05-01"}}, "To can't be before from"),
]


async def test_an_import_that_makes_no_sense_is_refused_in_words(sqlite_office: Office) -> None:
    work = await begin(sqlite_office)
    for asked, message in REFUSED:
        body = {"client_id": work.client_id, "line_items_import": {"project_ids": [work.id], **asked}}
        assert await sqlite_office.admin.refused("POST", "/v2/invoices", body) == (422, message)


async def test_a_refused_invoice_bills_nothing(office: Office) -> None:
    work, other = await begin(office), await begin(office)
    entry = await work.track("2026-05-04", 1)
    wanted = {"project_ids": [work.id], "time": {"summary_type": "task"}}
    foreign = {"project_ids": [work.id, other.id], "time": {"summary_type": "task"}}
    body = {"client_id": work.client_id, "line_items_import": wanted, "line_items": [{"kind": "Nothing"}]}

    bad_line = await office.admin.refused("POST", "/v2/invoices", body)
    of_another = await office.admin.refused(
        "POST", "/v2/invoices", {"client_id": work.client_id, "line_items_import": foreign}
    )
    running = await office.admin.made(
        "/v2/time_entries", {"project_id": work.id, "task_id": work.task_id, "spent_date": "2026-05-25"}
    )
    on_timer = await office.admin.refused(
        "POST", "/v2/invoices", {"client_id": work.client_id, "line_items_import": wanted}
    )

    assert (bad_line[0], of_another) == (422, (422, "Project belongs to another client"))
    assert on_timer == (422, "Time can't be invoiced while a timer is running")
    assert (await office.admin.got(f"/v2/time_entries/{entry['id']}"))["is_billed"] is False
    assert (await office.admin.got("/v2/invoices"))["invoices"] == []
    await office.admin.changed(f"/v2/time_entries/{running['id']}/stop")
    assert (await work.bill(time={"summary_type": "task"}))["number"] == "1"
