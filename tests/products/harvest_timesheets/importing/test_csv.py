"""CSV: files of Harvest's exports and of ours, what is wrong with their rows, and what is made that was missing."""

from __future__ import annotations

from typing import Any

import pytest
from tests.products.harvest_timesheets.importing.source import World

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import SYSTEM_ACCOUNT
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.importing.csv_reading import Kind, rows, text_of
from harbor.products.harvest_timesheets.importing.jobs import TIDY

EXPORT = (
    "\ufeffDate,Client,Project,Project Code,Task,Notes,Hours,Billable?,Invoiced?,Approved?,First Name,Last Name,"
    "Roles,Employee?,Billable Rate,Billable Amount,Cost Rate,Cost Amount,Currency,External Reference URL\r\n"
    '05/06/2024,Acme,Site,S1,Design,"=HYPERLINK(""http://x"")\r\nsecond line",1.5,Yes,No,No,Nina,Admin,,Yes,,,,,USD,\r\n'
    "05/07/2024,Acme,Site,S1,Design,,0:45,Yes,No,No,Nina,Admin,,Yes,,,,,USD,https://tracker.example/9\r\n"
    "05/07/2024,Acme,Site,S1,Design,,0:45,Yes,No,No,Nina,Admin,,Yes,,,,,USD,https://tracker.example/9\r\n"
    "05/32/2024,Acme,Site,S1,Design,,1,Yes,No,No,Nina,Admin,,Yes,,,,,USD,\r\n"
    "05/08/2024,Acme,Site,S1,Design,,1,Yes,No,No,Somebody,Else,,Yes,,,,,USD,\r\n"
)


def multipart(content: bytes, **fields: str) -> bytes:
    parts = [
        f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    head = '--XX\r\nContent-Disposition: form-data; name="file"; filename="h.csv"\r\nContent-Type: text/csv\r\n\r\n'
    return "".join(parts).encode() + head.encode() + content + b"\r\n--XX--\r\n"


async def send(
    world: World, content: str | bytes, status: int = 201, *, settles: bool = True, **fields: str
) -> dict[str, Any]:
    body = multipart(content.encode() if isinstance(content, str) else content, **{"kind": "time_entries", **fields})
    reply = await world.here.admin.client.request(
        "POST", "/v2/csv_imports", body=body, media_type="multipart/form-data; boundary=XX"
    )
    assert reply.status == status, reply.body
    if status != 201:
        found: dict[str, Any] = reply.json()
        return found
    if settles:
        await world.house.settle()
    return await world.here.admin.got(f"/v2/csv_imports/{reply.json()['id']}")


async def test_an_export_of_harvest_is_tried_then_written_and_not_doubled(world: World) -> None:
    tried = await send(world, EXPORT, dry_run="true", create_missing="true")

    assert (tried["state"], tried["written"], tried["left_out"]) == ("done", 3, 2)
    assert [each["line"] for each in tried["lines"]] == [6, 7]
    assert (await world.here.admin.got("/v2/clients"))["clients"] == []
    refused = await send(world, EXPORT)
    assert (refused["written"], refused["left_out"]) == (0, 5)

    done = await send(world, EXPORT, create_missing="true")

    assert (done["written"], done["left_out"], done["there_before"]) == (3, 2, 0)
    assert done["created"] == {"clients": 1, "projects": 1}
    entries = (await world.here.admin.got("/v2/time_entries"))["time_entries"]
    assert sorted((each["hours"], each["spent_date"]) for each in entries) == [
        (0.75, "2024-05-07"),
        (0.75, "2024-05-07"),
        (1.5, "2024-05-06"),
    ]
    assert entries[-1]["notes"] == '=HYPERLINK("http://x")\nsecond line'
    assert entries[0]["external_reference"]["permalink"] == "https://tracker.example/9"
    world.house.clock.advance(60)
    again = await send(world, EXPORT, create_missing="true")
    assert (again["written"], again["there_before"], again["created"]) == (0, 3, {})


async def test_an_import_whose_job_is_lost_ends_and_keeps_no_rows(sqlite_world: World) -> None:
    world = sqlite_world
    started = await send(world, EXPORT, settles=False)
    account = world.here.organization.production

    def lose(call: Call) -> None:
        job = queue.listing(call.tx, account.id, PageRequest(limit=1)).items[0]
        queue.cancel(call.tx, account.id, job.id)
        queue.enqueue(call.tx, SYSTEM_ACCOUNT, TIDY, {}, job_id="tidy")

    await world.house.write(account, lose)
    await world.house.settle()

    ended = await world.here.admin.got(f"/v2/csv_imports/{started['id']}")
    assert (ended["state"], ended["written"]) == ("failed", 0)
    assert "too often" in ended["error"]
    assert await world.house.database.read(lambda tx: tx.rows("SELECT part FROM harvest_csv_parts")) == []


async def test_expenses_come_by_cost_or_by_units(sqlite_world: World) -> None:
    lines = "spent_date;client;project;category;notes;total_cost;units;billable;email\n"
    lines += "2024-05-06;Acme;Site;Meals;Lunch;1.234,50;;no;nina@example.com\n"
    lines += "2024-05-06;Acme;Site;Mileage;;;12,5;;\n"
    lines += "2024-05-06;Acme;Site;Balloons;;3;;;\n"

    done = await send(sqlite_world, lines, kind="expenses", create_missing="true")

    assert (done["written"], done["created"]["expense_categories"]) == (3, 1), done
    found = (await sqlite_world.here.admin.got("/v2/expenses"))["expenses"]
    costs = {each["expense_category"]["name"]: (each["total_cost"], each["billable"]) for each in found}
    assert costs == {"Meals": (1234.5, False), "Mileage": (6.69, True), "Balloons": (3.0, True)}


async def test_files_that_are_none_are_refused_in_words(sqlite_world: World) -> None:
    for content, says in (
        (b"", "blank"),
        (b"Date,Project\n", "no column Task"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("Datum;Projekt\n".encode("latin-1"), "no column"),
        (b"Date,Client,Project,Task,Hours\n", "no row"),
        ("Date,Project,Task,Hours,Notes\n2024-01-01,a,b,1,caf\xe9".encode("latin-1"), "UTF-8"),
        (b"Date,Project,Task,Hours\n\0", "U+0000"),
    ):
        assert says in (await send(sqlite_world, content, 422))["message"], content
    assert "Kind must be" in (await send(sqlite_world, EXPORT, 422, kind="cats"))["message"]
    member = await sqlite_world.here.person()
    assert (await member.desk.refused("GET", "/v2/csv_imports"))[0] == 403


@pytest.mark.parametrize(
    ("cell", "hours"),
    [
        ("1.5", 150),
        ("1,5", 150),
        ("1:30", 150),
        (".25", 25),
        ("0", 0),
        ("1,234.5", 123450),
        ("1.234,5", 123450),
        ("12,345", 1234500),
    ],
)
def test_hours_are_read_as_people_write_them(cell: str, hours: int) -> None:
    text = f'Date,Project,Task,Hours\n2024-01-01,P,T,"{cell}"\n'

    assert [row.hours_e2 for row in rows(text, Kind.TIME, "%d.%m.%Y")] == [hours]


@pytest.mark.parametrize("cell", ["", "-1", "NaN", "1e9", "x", "9" * 12, "1:75", "--", "٣"])
def test_hours_that_are_none_are_a_fault_of_their_line(cell: str) -> None:
    text = f"Date,Project,Task,Hours\n2024-01-01,P,T,{cell}\n31.01.2024,P,T,1\n"

    found = list(rows(text, Kind.TIME, "%d.%m.%Y"))

    assert (found[0].fault is not None, found[0].line) == (True, 2)
    assert (found[1].fault, found[1].day) == (None, "2024-01-31")


def test_a_line_without_an_end_is_a_fault_and_the_next_ones_are_read() -> None:
    text = f"Date,Project,Task,Hours\n2024-01-01,P,T,{'1' * 200_000}\n2024-01-02,P,T,1\n"

    found = list(rows(text, Kind.TIME, "%d.%m.%Y"))

    assert found[0].fault
    assert found[-1].hours_e2 == 100


def test_text_is_told_by_its_mark() -> None:
    assert text_of("é".encode("utf-16")) == "é"
    assert text_of("\ufeffé".encode()) == "é"
    with pytest.raises(Invalid):
        text_of("é".encode("latin-1"))
