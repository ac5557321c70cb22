"""Reports in the console: added up, listed entry by entry, and who sees what of them."""

from __future__ import annotations

import re

import pytest
from tests.console.session import Browser, sign_in
from tests.harness import Reply
from tests.products.harvest_timesheets.office import Json
from tests.products.harvest_timesheets.pages.downloads import download
from tests.products.harvest_timesheets.pages.studio import BASE, Studio

from harbor.kernel.identity.people_model import Role
from harbor.products.harvest_timesheets.pages import report_files, report_parts
from harbor.products.harvest_timesheets.reports.question import Kind

MAY = "span=month&from=2026-05-01"


async def work(studio: Studio) -> Json:
    """Two clients in two currencies, with time and expenses in May of two people."""
    office = studio.office
    client = await office.client(name="<Globex>", currency="EUR")
    other = await office.project(client_id=client["id"], name="Bridge", code="B1", bill_by="Project", hourly_rate=100)
    task = await office.task(name="Welding")
    of_project = f"/v2/projects/{other['id']}"
    await office.admin.made(f"{of_project}/task_assignments", {"task_id": task["id"], "billable": True})
    await office.admin.made(f"{of_project}/user_assignments", {"user_id": studio.colleague.id})
    ada = office.opened.administrator.id
    for user_id, project, use, day, hours, notes in (
        (ada, other, task, "2026-05-04", 2.5, "=HYPERLINK(1)"),
        (studio.colleague.id, other, task, "2026-05-05", 1.25, "<i>arc</i>"),
        (studio.colleague.id, studio.project, studio.task, "2026-05-06", 4, None),
        (ada, studio.project, studio.task, "2026-04-30", 8, "April"),
    ):
        await office.admin.made(
            "/v2/time_entries",
            {
                "user_id": user_id,
                "project_id": project["id"],
                "task_id": use["id"],
                "spent_date": day,
                "hours": hours,
                "notes": notes,
            },
        )
    category = await office.admin.made("/v2/expense_categories", {"name": "Taxi"})
    await office.admin.made(
        "/v2/expenses",
        {
            "project_id": other["id"],
            "expense_category_id": category["id"],
            "spent_date": "2026-05-07",
            "total_cost": 30,
            "billable": True,
        },
    )
    return {"client": client, "project": other, "task": task, "category": category}


async def test_reports_add_up_what_was_tracked(studio: Studio) -> None:
    made = await work(studio)

    by_client = await studio.page(f"reports?{MAY}")
    assert "May 2026" in by_client.text
    assert "<Globex> 3:45 3:45 100 % 375.00 EUR" in by_client.text
    assert "Total 7:45" in by_client.text
    assert "375.00 EUR · 0.00 USD" in by_client.text, "no sum of two currencies"
    assert "6 May" in by_client.text, "hours by day"
    by_project = await studio.page(f"reports?by=project&{MAY}")
    assert "[B1] Bridge <Globex> 3:45" in by_project.text
    by_person = await studio.page(f"reports?by=person&{MAY}")
    assert "Max Member 1:15 1:15 100 % 125.00 EUR Max Member 4:00" in by_person.text
    assert "Welding 3:45" in (await studio.page("reports?by=task&span=year&from=2026-01-01")).text
    assert "Total" in (await studio.page("reports?span=custom&from=2026-04-01&to=2026-05-31&by=person")).text

    spent = await studio.page(f"reports/expenses?by=category&{MAY}")
    assert "Taxi 30.00 EUR 30.00 EUR" in spent.text
    open_ = await studio.page(f"reports/uninvoiced?{MAY}")
    assert "<Globex> Bridge 3:45 3:45 30.00 EUR 405.00 EUR" in open_.text
    budgets = await studio.page("reports/budgets")
    assert "Website" in budgets.text
    assert "12:00 of 10:00 (120 %)" in budgets.text

    before = re.findall(r'href="/console([^"]*)" aria-label="Span before"', by_client.main)
    assert "April 2026" in (await studio.page(before[0].replace("&amp;", "&"))).text
    drilled = re.findall(r'href="/console([^"]*)">&lt;Globex&gt;', by_client.main)
    entries = await studio.page(drilled[0].replace("&amp;", "&"))
    assert "=HYPERLINK(1)" in entries.text
    assert "<i>arc</i>" in entries.text
    assert "April" not in entries.text.partition("Total")[0].partition("Filters")[2]
    assert f"client={made['client']['id']}" in drilled[0]


async def test_every_entry_is_listed_with_filters_groups_and_totals(studio: Studio) -> None:
    made = await work(studio)

    listed = await studio.page(f"reports/time-entries?{MAY}")
    assert "Entries 3 Hours 7:45 h Billable 7:45 h Amount 375.00 EUR + 0.00 USD" in listed.text
    grouped = await studio.page(f"reports/time-entries?{MAY}&by=person")
    order = [
        grouped.text.index(word) for word in ("Ada Admin 2:30 h", "=HYPERLINK(1)", "Max Member 5:15 h", "<i>arc</i>")
    ]
    assert order == sorted(order)
    for asked, there, gone in (
        (f"project={made['project']['id']}", "arc", "Sketching 4:00"),
        (f"task={studio.task['id']}", "4:00", "arc"),
        (f"person={studio.colleague.id}&billable=yes&invoiced=no&approval=unsubmitted", "arc", "HYPERLINK"),
    ):
        found = await studio.page(f"reports/time-entries?{MAY}&{asked}")
        assert there in found.text.partition("Entries")[2]
        assert gone not in found.text.partition("Entries")[2]
    for asked in ("invoiced=yes", "approval=approved", "billable=no", "client=999999"):
        assert "Nothing to list" in (await studio.page(f"reports/time-entries?{MAY}&{asked}")).text
    spent = await studio.page(f"reports/expense-entries?{MAY}&by=category&category={made['category']['id']}")
    assert "Taxi 30.00 EUR" in spent.text

    for asked, field in (
        ("span=day", "span"),
        ("span=custom&from=2026-05-01", "to"),
        ("span=custom&from=2024-01-01&to=2026-01-01", "to"),
        ("from=0001-01-01", "from"),
        ("by=mood", "by"),
        ("client=x", "client"),
        ("person=%EF%BC%99", "person"),
        ("billable=maybe", "billable"),
        ("approval=no", "approval"),
        ("cursor=1.2", "cursor"),
        ("cursor=1.2026-02-31.1", "cursor"),
        ("category=1", "category"),
    ):
        refused = await studio.page(f"reports/time-entries?{asked}", status=422)
        assert field in refused.text.lower(), asked


async def test_people_see_of_reports_what_is_theirs(on_sqlite: Studio) -> None:
    studio = on_sqlite
    await work(studio)

    own = await studio.page(f"reports?{MAY}", at=studio.max_)
    assert "<Globex> 1:15 1:15 100 %" in own.text
    assert "EUR" not in own.text, "members see no money"
    listed = await studio.page(f"reports/time-entries?{MAY}", at=studio.max_)
    assert "arc" in listed.text
    assert "HYPERLINK" not in listed.text
    assert "EUR" not in listed.text
    assert "Ada Admin" not in listed.text, "nor who else there is"
    ada = studio.office.opened.administrator.id
    assert "Nothing to list" in (await studio.page(f"reports/time-entries?{MAY}&person={ada}", at=studio.max_)).text
    role = await studio.office.admin.made("/v2/roles", {"name": "Designer", "user_ids": [studio.colleague.id]})
    for_role = await studio.page(f"reports/time-entries?{MAY}&role={role['id']}")
    assert "arc" in for_role.text.partition("Entries")[2]
    assert "HYPERLINK" not in for_role.text
    await studio.page(f"reports/time-entries?{MAY}&role=999", status=404)
    await studio.page(f"reports/time-entries?{MAY}&role={role['id']}", at=studio.max_, status=403)
    assert "Designer" not in (await studio.page(f"reports/time-entries?{MAY}", at=studio.max_)).text
    assert "Uninvoiced" not in own.text
    await studio.page(f"reports/uninvoiced?{MAY}", at=studio.max_, status=403)


async def test_what_people_spend_is_never_added_up_across_currencies(on_sqlite: Studio) -> None:
    studio = on_sqlite
    made = await work(studio)
    for project, cost in ((made["project"], 40), (studio.project, 7)):
        await studio.office.admin.made(
            "/v2/expenses",
            {
                "user_id": studio.colleague.id,
                "project_id": project["id"],
                "expense_category_id": made["category"]["id"],
                "spent_date": "2026-05-07",
                "total_cost": cost,
            },
        )
    for path in ("reports/expenses", "reports/expense-entries", "reports/expense-entries?by=category"):
        shown = await studio.page(f"{path}{'&' if '?' in path else '?'}{MAY}", at=studio.max_)
        assert "40.00 EUR" in shown.text, path
        assert "7.00 USD" in shown.text, path
        assert "47.00" not in shown.text, path
    reply = await download(studio.max_, f"{BASE}/reports/file?kind=expenses&{MAY}")
    assert reply.body.decode().split("\r\n")[0].endswith("Client,Cost,Currency"), reply.body


async def test_every_report_is_a_file(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    await work(studio)
    monkeypatch.setattr(report_files, "_AT_ONCE", 2)  # so that a listing has parts

    async def file(asked: str, at: Browser, status: int = 200) -> Reply:
        reply = await download(at, f"{BASE}/reports/file?{asked}&{MAY}")
        assert reply.status == status, reply.body
        return reply

    for kind in report_parts.PATHS:
        asked = f"kind={kind}" + ("" if kind is Kind.BUDGETS else f"&{MAY}")
        for ending in ("csv", "xlsx"):
            reply = await download(studio.ada, f"{BASE}/reports/file?form={ending}&{asked}")
            assert reply.status == 200, (kind, reply.body)
            assert reply.headers["content-disposition"].endswith(f'.{ending}"')
            assert reply.body.startswith(b"\xef\xbb\xbf" if ending == "csv" else b"PK")
    listed = (await file("kind=time_entries&by=person", studio.ada)).body.decode()
    assert [row.split(",")[0] for row in listed.split("\r\n")[1:]] == ["2026-05-04", "2026-05-05", "2026-05-06", ""]
    assert "'=HYPERLINK(1)" in listed
    assert ",2.50,2.50,yes,,,100.0000,250.00,EUR" in listed
    own = (await file("kind=time_entries", studio.max_)).body.decode()
    assert "HYPERLINK" not in own
    assert "EUR" not in own
    assert len(own.split("\r\n")) == 4
    added_up = (await file("kind=time&by=client", studio.ada)).body.decode()
    assert added_up.split("\r\n")[1] == "<Globex>,3.75,3.75,100.0,375.00,EUR"

    monkeypatch.setattr(report_files, "CSV_ROWS_MAX", 2)
    refused = await file("kind=time_entries", studio.ada, 422)
    assert "has 3 rows, and a CSV file takes at most 2" in refused.body.decode()
    await file("kind=mood", studio.ada, 422)
    await file("kind=time&form=pdf", studio.ada, 422)
    await file("kind=uninvoiced", studio.max_, 403)
    await file("kind=time", studio.nobody, 403)


async def test_profit_is_what_hours_are_worth_less_what_they_cost(studio: Studio) -> None:
    made = await work(studio)
    office, ada = studio.office, studio.office.opened.administrator.id
    before = await studio.page(f"reports/profit?by=person&{MAY}")
    assert "Ada Admin 2:30 2:30 250.00 EUR" in before.text
    assert "Hours of people without a cost rate cost nothing here." in before.text
    await office.admin.made(f"/v2/users/{ada}/cost_rates", {"amount": 40})
    usd = await office.project(name="Mast", bill_by="Project", hourly_rate=90.5)
    task = made["task"]["id"]
    await office.admin.made(f"/v2/projects/{usd['id']}/task_assignments", {"task_id": task, "billable": True})
    entry = {"user_id": ada, "project_id": usd["id"], "task_id": task, "spent_date": "2026-05-11", "hours": 10}
    await office.admin.made("/v2/time_entries", entry)

    page = await studio.page(f"reports/profit?by=project&{MAY}")
    assert "Mast 10:00 0:00 905.00 USD 0.00 USD 400.00 USD 0.00 USD 505.00 USD 55.8 %" in page.text
    assert "[B1] Bridge 3:45 0:00 375.00 EUR 30.00 EUR 100.00 USD 30.00 EUR – –" in page.text, "nothing is converted"
    assert "Website 4:00 0:00 0.00 USD" in page.text
    by_person = await studio.page(f"reports/profit?by=person&{MAY}")
    assert "Ada Admin 10:00 0:00 905.00 USD" in by_person.text

    # Who is over and who is under, until today: 25 May 2026 is a Monday.
    full = await studio.page("reports/capacity?span=week&from=2026-05-04")
    assert "Ada Admin 7.1 % 2:30" in full.text
    assert "Max Member 15 % 5:15" in full.text
    assert "Under 32:30 h left" in full.text
    await office.admin.changed(f"/v2/users/{studio.colleague.id}", {"weekly_capacity": 3600 * 5})
    over = await studio.page("reports/capacity?span=week&from=2026-05-04")
    assert "Over 0:15 h too many" in over.text

    manager = await office.person("manager", "billable_rates_manager", email="moss@example.com")
    moss = await sign_in(office.house, office.organization, role=Role.MEMBER, email="moss@example.com")
    await office.admin.changed(f"/v2/users/{manager.id}/teammates", {"teammate_ids": [studio.colleague.id]})
    theirs = await studio.page("reports/capacity?span=week&from=2026-05-04", at=moss)
    assert "Max Member" in theirs.text
    assert "Ada Admin" not in theirs.text
    assert "Profitability" not in theirs.text
    await studio.page(f"reports/profit?{MAY}", at=moss, status=403)
    refused = await moss.get(f"{BASE}/reports/file?kind=profit&{MAY}")
    assert refused.status == 403
    assert "Ada Admin" not in (await studio.page("reports/capacity", at=studio.max_)).text


async def test_amounts_lead_to_the_steps_that_make_them(on_sqlite: Studio) -> None:
    studio = on_sqlite
    made = await work(studio)
    office = studio.office

    by_client = await studio.page(f"reports?{MAY}")
    why = re.findall(r'href="/console([^"]*)">375\.00 EUR', by_client.main)[0].replace("&amp;", "&")
    page = await studio.page(why)
    assert "Bridge · Welding · Ada Admin rate of the project 1 2.50 100.00 250.00" in page.text
    assert "Sum 375.00" in page.text
    assert "375.00 rounded once, half up: 375.00 EUR" in page.text
    open_ = await studio.page(f"reports/uninvoiced?{MAY}")
    why = re.findall(r'href="/console([^"]*)">405\.00 EUR', open_.main)[0].replace("&amp;", "&")
    page = await studio.page(why)
    assert "Billable expenses that are not invoiced: 30.00 EUR" in page.text
    assert "Together, as the report shows it: 405.00 EUR" in page.text

    asked = {"project_ids": [made["project"]["id"]], "time": {"summary_type": "task"}}
    invoice = await office.admin.made(
        "/v2/invoices",
        {
            "client_id": made["client"]["id"],
            "line_items_import": asked,
            "line_items": [{"kind": "Service", "unit_price": 5}],
        },
    )
    lines = [each["id"] for each in invoice["line_items"]]
    page = await studio.page(f"reports/explain?invoice={invoice['id']}&line={lines[0]}")
    assert "2026-05-04 · Welding · Ada Admin rate of the project 2.50 2.50 100.00 250.00" in page.text
    assert "Amount: 3.75 × 100.00, rounded once: 375.00 EUR" in page.text
    assert (
        "No tracked time gives this line"
        in (await studio.page(f"reports/explain?invoice={invoice['id']}&line={lines[1]}")).text
    )
    entries = (await office.admin.got("/v2/time_entries?from=2026-05-04&to=2026-05-05"))["time_entries"]
    of_max, of_ada = (each["id"] for each in entries)
    page = await studio.page(f"reports/explain?entry={of_ada}")
    assert "2.50 × 100.00 = 250.00, rounded half up: 250.00 EUR" in page.text
    assert "It costs nothing" in page.text
    own = await studio.page(f"reports/explain?entry={of_max}", at=studio.max_)
    assert "So it counts 1.25 hours" in own.text
    assert "EUR" not in own.text
    assert "costs" not in own.text
    assert "Which amount?" in (await studio.page("reports/explain")).text

    for path, status in (
        (f"reports/explain?entry={of_ada}", 403),
        (f"reports/explain?invoice={invoice['id']}&line={lines[0]}", 403),
        (why.partition("/harvest/")[2], 403),
        ("reports/explain?report=time&id=1&currency=EUR", 403),
    ):
        await studio.page(path, at=studio.max_, status=status)
    for path in (
        "reports/explain?entry=99",
        "reports/explain?entry=x",
        f"reports/explain?invoice={invoice['id']}&line=99",
        "reports/explain?report=time&id=99&currency=EUR",
        "reports/explain?report=uninvoiced&id=99",
    ):
        await studio.page(path, status=404)
    await studio.page("reports/explain?report=mood", status=422)


async def test_a_page_shows_the_first_rows_of_a_report_and_says_where_all_are(
    on_sqlite: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = on_sqlite
    await work(studio)
    whole = await studio.page(f"reports?by=person&{MAY}")
    monkeypatch.setattr(report_parts, "ROWS_MAX", 1)
    shown = await studio.page(f"reports?by=person&{MAY}")
    assert "rows are shown" not in whole.text
    assert "The first 1 of 3 rows are shown. The CSV and Excel files have all of them." in shown.text
    assert "Total 7:45" in shown.text, "the total counts what is not shown"
    assert shown.main.count("Max Member</a>") < whole.main.count("Max Member</a>")
    assert "The first 1 of 2 rows" in (await studio.page(f"reports/capacity?{MAY}")).text
    await studio.office.project(name="Second", budget_by="project", budget=5)
    assert "The first 1 of 2 rows" in (await studio.page("reports/budgets")).text
