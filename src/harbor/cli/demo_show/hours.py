"""The fifth chapter: hours on a project, a timer, an invoice of them, and the same sum in SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from harbor.cli.demo_show.story import Stage
from harbor.cli.output import Output
from harbor.cli.tables_session import connected as connected_to_tables
from harbor.cli.time_session import Harvest, connected

RATE: Final = 80
HOURS: Final = (1.5, 2.25)
TOTAL: Final = RATE * sum(HOURS)
BY_PROJECT: Final = (
    "select p.name, sum(t.rounded_hours * t.billable_rate) as worth from harvest.time_entries t "
    "join harvest.projects p on p.id = t.project_id where t.is_billed = true group by p.name"
)


def track_and_bill(stage: Stage) -> None:
    """Chapter 5: what clients of Harvest do, with the address alone changed."""
    screen, findings, harvest, harper = (
        stage.screen,
        stage.findings,
        stage.shop.made["harvest"],
        stage.shop.made["harper"],
    )
    screen.chapter("Time", "Harvest's API: hours, a timer, and an invoice that locks what it bills.")
    with connected(stage.server.address, harvest["access_token"], str(harvest["account_id"]), Output(True)) as time:
        project, about = _project(time)
        for hours in HOURS:
            time.make("/v2/time_entries", {**about, "hours": hours})
        screen.fact("Logged", f"{' h and '.join(map(str, HOURS))} h on {project['name']}, at {RATE} an hour")
        timer = time.make("/v2/time_entries", about)
        stopped = time.change(f"/v2/time_entries/{timer['id']}/stop")
        screen.fact("Timer", "started, and stopped")
        imported = {"project_ids": [project["id"]], "time": {"summary_type": "people"}}
        invoice = time.make("/v2/invoices", {"client_id": project["client"]["id"], "line_items_import": imported})
        screen.fact("Invoice", f"{invoice['number']}: {invoice['amount']:.2f} {invoice['currency']}", "green")
        entries = time.get("/v2/time_entries")["time_entries"]
    with connected_to_tables(
        f"{stage.server.operations}/", harper["username"], harper["password"], Output(True)
    ) as tables:
        screen.fact("SQL", BY_PROJECT)
        rows: list[dict[str, Any]] = tables.ask("sql", sql=BY_PROJECT)
    for row in rows:
        screen.fact("", f"{row['name']}  {row['worth']:.2f}", "green")
    is_timed = (timer["is_running"], stopped["is_running"]) == (True, False)
    findings.add("a timer ran until it was stopped", expected="yes", seen="yes" if is_timed else "no")
    findings.add("amount of an invoice of tracked hours", expected=f"{TOTAL:.2f}", seen=f"{invoice['amount']:.2f}")
    findings.add(
        "  entries it bills and locks", expected=len(HOURS) + 1, seen=sum(each["is_locked"] for each in entries)
    )
    findings.add("  the same, says SQL", expected=f"{TOTAL:.2f}", seen=f"{sum(row['worth'] for row in rows):.2f}")


def _project(time: Harvest) -> tuple[dict[str, Any], dict[str, Any]]:
    """A project of a new client, and what its entries have in common."""
    client = time.make("/v2/clients", {"name": "Anchor Works"})
    plain = {"is_billable": True, "bill_by": "Project", "hourly_rate": RATE, "budget_by": "none"}
    project = time.make("/v2/projects", {"client_id": client["id"], "name": "Pier", **plain})
    tasks = time.get(f"/v2/projects/{project['id']}/task_assignments")["task_assignments"]
    task = next(each["task"] for each in tasks if each["billable"])
    day = datetime.now(UTC).date().isoformat()
    return project, {"project_id": project["id"], "task_id": task["id"], "spent_date": day}
