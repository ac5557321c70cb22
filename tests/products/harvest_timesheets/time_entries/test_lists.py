"""Lists of entries: written as text, counted from sums, and the same as entries by themselves."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pytest
from tests.products.harvest_timesheets.office import Json, Office
from tests.products.harvest_timesheets.reports.test_reports import world

from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.time_entries import pages_store
from harbor.products.harvest_timesheets.time_entries.model import Approval, Filter


async def test_an_entry_of_a_list_is_the_entry_by_itself(office: Office) -> None:
    at = await world(office, entries=30)
    admin = office.admin
    manager = await office.person("manager")
    for project in at["projects"]:
        seat = {"user_id": manager.id, "is_project_manager": True}
        await admin.made(f"/v2/projects/{project['id']}/user_assignments", seat)
    first = (await admin.got("/v2/time_entries"))["time_entries"]
    await admin.ask("POST", "/v2/time_entries/approve", {"time_entry_ids": [first[0]["id"]]})
    reference = {"id": 'a"b', "group_id": None, "account_id": "\u2028", "permalink": "https://x.example/é"}
    change = {"external_reference": reference, "notes": 'She said "no"\n\\ \u0007 ü 💡'}
    await admin.changed(f"/v2/time_entries/{first[2]['id']}", change)
    running = {name: first[3][name]["id"] for name in ("project", "task")}
    about = {"project_id": running["project"], "task_id": running["task"], "spent_date": "2026-05-25"}
    await admin.made("/v2/time_entries", about)
    await admin.changed(f"/v2/users/{at['people'][2]}", {"is_active": False})
    office.house.clock.advance(500)

    for desk in (admin, manager.desk):
        listed = (await desk.got("/v2/time_entries"))["time_entries"]
        assert len(listed) == 31
        for entry in listed:
            alone = await desk.got(f"/v2/time_entries/{entry['id']}")
            assert (entry, list(entry)) == (alone, list(alone))


async def test_counts_of_lists_are_those_of_the_entries(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages_store, "_DEEP_MIN", 4)
    at = await world(office, seed=5, entries=80)
    some = (await office.admin.got("/v2/time_entries?per_page=5"))["time_entries"]
    ids = {"time_entry_ids": [each["id"] for each in some if not each["is_billed"]]}
    await office.admin.ask("POST", "/v2/time_entries/submit_for_approval", ids)
    everything: list[Json] = (await office.admin.got("/v2/time_entries"))["time_entries"]
    choices: dict[str, tuple[Any, ...]] = {
        "project_id": (None, at["projects"][0]["id"]),
        "is_billed": (None, True, False),
        "approval_status": (None, "submitted", "unsubmitted"),
        "from": (None, "2026-02-11"),
        "to": (None, "2026-05-01"),
    }
    asked = [
        {name: value for name, value in zip(choices, values, strict=True) if value is not None}
        for values in product(*choices.values())
    ]

    found = await office.read(lambda call: [_listed(call, each) for each in asked])

    for each, listed in zip(asked, found, strict=True):
        expected = [entry["id"] for entry in everything if _matches(entry, each)]
        assert listed == (expected[4:8], len(expected)), each


def _matches(entry: Json, asked: Json) -> bool:
    own = {
        "project_id": entry["project"]["id"],
        "is_billed": entry["is_billed"],
        "approval_status": entry["approval_status"],
    }
    day = entry["spent_date"]
    is_in = asked.get("from", "") <= day and day <= asked.get("to", "9")
    return is_in and all(own[name] == value for name, value in asked.items() if name in own)


def _listed(call: Any, asked: Json) -> tuple[list[int], int]:
    days: dict[str, Any] = {f"{name}_on": date.fromisoformat(asked[name]) for name in ("from", "to") if name in asked}
    facts = {name: value for name, value in asked.items() if name not in ("from", "to", "approval_status")}
    status = asked.get("approval_status")
    filter_ = Filter(**facts, **days, approval_status=None if status is None else Approval(status))
    found = pages_store.latest_first(call.tx, call.account_id, PageRequest(limit=4, number=2), filter_, None)
    return [line[0] for line in found.items], found.total or 0


async def test_what_changed_since_is_counted_from_either_end(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages_store, "_FEW_MAX", 2)
    office, admin = sqlite_office, sqlite_office.admin
    project = await office.project()
    task = (await admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"][0]["task"]["id"]
    about = {"project_id": project["id"], "task_id": task, "spent_date": "2026-05-01", "hours": 1}
    ids = []
    for _ in range(11):
        office.house.clock.advance(60)
        ids.append((await admin.made("/v2/time_entries", about))["id"])

    for number in range(12):
        since = f"2026-05-25T12:{number + 1:02}:00Z"
        listed = await admin.got(f"/v2/time_entries?updated_since={since}")
        assert (listed["total_entries"], [each["id"] for each in listed["time_entries"]]) == (
            11 - number,
            list(reversed(ids[number:])),
        )
