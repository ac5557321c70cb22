"""What is as large, as early or as late as it can be is kept or refused, and nothing is in the way of anybody afterwards."""

from __future__ import annotations

from tests.products.harvest_timesheets.office import Office

FORM = "application/x-www-form-urlencoded"
LARGEST = 9_999_999_999


async def test_large_budgets_and_rates_can_be_added_up(sqlite_office: Office) -> None:
    admin = sqlite_office.admin
    project = await sqlite_office.project(budget_by="person", bill_by="People")
    seats = f"/v2/projects/{project['id']}/user_assignments"
    people = [await sqlite_office.person(default_hourly_rate=LARGEST, cost_rate=LARGEST) for _ in range(3)]
    made = [await admin.made(seats, {"user_id": person.id, "budget": LARGEST}) for person in people]

    shown = await admin.got(f"/v2/projects/{project['id']}")
    refused = [
        await admin.refused("PATCH", f"{seats}/{made[0]['id']}", {name: LARGEST + 1})
        for name in ("budget", "hourly_rate")
    ]

    assert shown["budget"] == 3.0 * LARGEST
    assert refused == [
        (422, "Budget must be less than 10000000000"),
        (422, "Hourly rate must be less than 10000000000"),
    ]


async def test_a_rate_from_the_first_day_of_all_leaves_none_before_it(sqlite_office: Office) -> None:
    path = f"/v2/users/{sqlite_office.opened.administrator.id}/billable_rates"
    await sqlite_office.admin.made(path, {"amount": 5})
    await sqlite_office.admin.made(path, {"amount": 6, "start_date": "0001-01-01"})
    await sqlite_office.admin.made(path, {"amount": 7, "start_date": "0001-01-02"})

    rates = (await sqlite_office.admin.got(path))["billable_rates"]

    assert [(each["amount"], each["start_date"], each["end_date"]) for each in rates] == [
        (6.0, "0001-01-01", "0001-01-01"),
        (7.0, "0001-01-02", None),
    ]


async def test_a_timer_on_the_first_or_last_day_of_all_begins_now(sqlite_office: Office) -> None:
    admin = sqlite_office.admin
    await admin.changed("/v2/company", {"wants_timestamp_timers": True})
    project = await sqlite_office.project()
    uses = (await admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    about = {"project_id": project["id"], "task_id": uses[0]["task"]["id"]}
    me = f"/v2/users/{sqlite_office.opened.administrator.id}"
    for zone, day, told in (("Hawaii", "9999-12-31", "11:59pm"), ("Auckland", "0001-01-01", "12:00am")):
        await admin.changed(me, {"timezone": zone})
        entry = await admin.made("/v2/time_entries", {**about, "spent_date": day, "started_time": told})
        stopped = await admin.changed(f"/v2/time_entries/{entry['id']}/stop")

        assert (entry["is_running"], stopped["hours"]) == (True, 0.0)


async def test_the_number_after_a_very_long_one_is_free(sqlite_office: Office) -> None:
    admin, client = sqlite_office.admin, await sqlite_office.client()
    for path in ("/v2/invoices", "/v2/estimates"):
        await admin.made(path, {"client_id": client["id"], "number": "9" * 18})
        numbers = [(await admin.made(path, {"client_id": client["id"]}))["number"] for _ in range(3)]

        assert len({*numbers}) == 3


async def test_only_a_file_may_be_larger_than_any_text_is(sqlite_office: Office) -> None:
    ask = sqlite_office.admin.client.request
    form = await ask("POST", "/v2/clients", body=b"name=" + b"%41" * 400_000, media_type=FORM)
    text = await ask("POST", "/v2/clients", body=b'{"name":[' + b"1," * 2_100_000 + b"1]}")

    assert (form.status, text.status) == (413, 413)
    assert form.json() == {"message": "The body has 1200005 bytes; without a file at most 1048576 fit."}
