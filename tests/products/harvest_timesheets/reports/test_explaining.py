"""Explanations come to the amounts that reports and invoices show, whatever was tracked, and say where rates come from."""

from __future__ import annotations

from datetime import date

import pytest
from tests.products.harvest_timesheets.office import Json, Office
from tests.products.harvest_timesheets.reports.test_reports import FIRST, LAST, world

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.storage.database import Row
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Rounding
from harbor.products.harvest_timesheets.reports import detailed, explaining, explaining_bills, service
from harbor.products.harvest_timesheets.reports.model import Period, Subject
from harbor.products.harvest_timesheets.reports.rate_sources import NO_LONGER
from harbor.products.harvest_timesheets.reports.rules import amount_e2
from harbor.products.harvest_timesheets.reports.uninvoiced import uninvoiced
from harbor.products.harvest_timesheets.reports.wanted import Cursor, Ledger, Wanted

SPAN = Period(FIRST, LAST)


async def test_every_amount_of_a_report_is_explained_to_the_cent(office: Office) -> None:
    at = await world(office)

    def check(call: Call) -> set[str]:
        sources = set()
        for subject in (Subject.CLIENT, Subject.PROJECT, Subject.TASK, Subject.USER):
            for fees in (False, True):
                for row in service.time(call, subject, SPAN, includes_fixed_fee=fees):
                    assert row.currency is not None
                    id_ = row.subject.fields[subject.value]
                    why = explaining.time(call, subject, id_, row.currency, SPAN, includes_fixed_fee=fees)
                    assert why.amount_e2 == row.amount_e2
                    assert sum(line.rounded_e2 for line in why.lines) == row.total_e2
                    assert amount_e2(sum(line.exact_e6 for line in why.lines)) == why.amount_e2
                    sources |= {line.source for line in why.lines}
        for open_ in uninvoiced(call, SPAN):
            assert explaining.not_invoiced(call, open_.project.id, SPAN).amount_e2 == open_.amount_e2
        return sources

    sources = await office.read(check)
    assert NO_LONGER not in sources
    assert {
        "rate of the project",
        "as it was when it was invoiced",
        "the project has a fixed fee",
        "the project is not billable",
        "the task is not billable here",
    } <= sources
    people = [each for each in sources if each.startswith("rate of Person")]
    assert any("since 2026-04-01" in each for each in people)
    assert any("from the beginning until 2026-03-31" in each for each in people)

    def missing(call: Call) -> None:
        explaining.time(call, Subject.CLIENT, at["clients"][0]["id"], "JPY", SPAN, includes_fixed_fee=False)

    with pytest.raises(Missing):
        await office.read(missing)


async def test_a_detailed_report_has_each_entry_once_and_the_totals_of_the_report(office: Office) -> None:
    await world(office, entries=60)

    def check(call: Call) -> None:
        wanted = Wanted(period=SPAN)
        for ledger in Ledger:
            whole = detailed.part(call, ledger, wanted, None, None, 1_000).rows
            ids = {row["id"] for _, row in whole}
            for subject in (None, *ledger.groups):
                heads, totals = detailed.heads(call, ledger, wanted, subject)
                groups = None if subject is None else (subject, heads)
                found: list[tuple[int, Row]] = []
                after: Cursor | None = None
                while True:
                    part = detailed.part(call, ledger, wanted, groups, after, 7)
                    found += part.rows
                    after = part.next
                    if after is None:
                        break
                assert len(found) == len(ids) == totals.entries
                assert {row["id"] for _, row in found} == ids
                for head in heads:
                    own = [row for group, row in found if group == head.id]
                    assert len(own) == head.totals.entries
                    assert sum(row.get("hours_e2", 0) for row in own) == head.totals.hours_e2
            if ledger is Ledger.TIME:
                rows = service.time(call, Subject.PROJECT, SPAN)
                assert sum(row.amount_e2 or 0 for row in rows if row.currency == "USD") in range(
                    totals.amount_e2["USD"] - 5, totals.amount_e2["USD"] + 6
                ), "up to the rounding of each row"

    await office.read(check)


async def test_a_line_of_an_invoice_is_explained_by_its_entries(office: Office) -> None:
    admin = office.admin
    ada = office.opened.administrator.id
    await office.write(
        lambda call: company.change_rules(call, company.of(call), rounding=Rounding.UP, rounding_minutes=15)
    )
    project = await office.project(name="Bridge", code="B1", bill_by="Tasks")
    tasks = [await office.task(name=name) for name in ("Welding", "Gluing")]
    for task, rate in zip(tasks, (90.5, 33.33), strict=True):
        facts = {"task_id": task["id"], "billable": True, "hourly_rate": rate}
        await admin.made(f"/v2/projects/{project['id']}/task_assignments", facts)
    for number, (place, hours) in enumerate(((0, 1.1), (0, 2), (1, 0.3), (1, 1.26))):
        facts = {"user_id": ada, "project_id": project["id"], "task_id": tasks[place]["id"], "hours": hours}
        await admin.made("/v2/time_entries", {**facts, "spent_date": f"2026-05-0{number + 1}"})

    async def billed(summary: str) -> Json:
        asked = {"project_ids": [project["id"]], "time": {"summary_type": summary}}
        return await admin.made("/v2/invoices", {"client_id": project["client"]["id"], "line_items_import": asked})

    for summary, sizes in (("task", [2, 2]), ("project", [4]), ("people", [4]), ("detailed", [1, 1, 1, 1])):
        invoice = await billed(summary)
        lines = invoice["line_items"]

        def check(call: Call, invoice: Json = invoice, lines: list[Json] = lines) -> list[int]:
            whys = [explaining_bills.explain(call, invoice["id"], line["id"]) for line in lines]
            for why in whys:
                hours = sum(step.seen.entry.rounded_e2 for step in why.steps)
                assert hours * 100 == why.line.quantity_e4
                if why.shares_a_rate:
                    assert amount_e2(why.exact_e6) == why.line.amount_e2
                assert {step.source.partition(" on ")[0] for step in why.steps} <= {"rate of Welding", "rate of Gluing"}
            return [len(why.steps) for why in whys]

        assert await office.read(check) == sizes, summary
        changed = lines[0]
        if summary == "task":
            await admin.changed(
                f"/v2/invoices/{invoice['id']}", {"line_items": [{"id": changed["id"], "description": "Other words"}]}
            )
            assert await office.read(check) == sizes, "words may be changed"
            await admin.changed(f"/v2/invoices/{invoice['id']}", {"line_items": [{"id": changed["id"], "quantity": 9}]})
            why = await office.read(
                lambda call: explaining_bills.explain(call, invoice["id"], changed["id"])  # noqa: B023
            )
            assert not why.steps, "but not hours"
        await admin.deleted(f"/v2/invoices/{invoice['id']}")


async def test_an_entry_keeps_its_rate_on_an_invoice_and_says_so(sqlite_office: Office) -> None:
    office = sqlite_office
    at = await world(office, entries=30)
    found = await office.read(
        lambda call: explaining.time(
            call,
            Subject.PROJECT,
            at["projects"][0]["id"],
            "USD",
            Period(date(2026, 1, 1), date(2026, 6, 30)),
            includes_fixed_fee=False,
        )
    )
    by_source = {line.source: line.rate_e4 for line in found.lines if line.rate_e4}
    assert by_source["as it was when it was invoiced"] == 1_005_000
    assert by_source["rate of the project"] == 1_234_500
