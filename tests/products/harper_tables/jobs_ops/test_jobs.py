"""Bulk work as jobs: loads of CSV, removal by age, and what a job tells of itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.products.harper_tables.access.conftest import library, on_article
from tests.products.harper_tables.conftest import USER, Instance
from tests.products.harper_tables.jobs_ops.conftest import AUTHOR, finished

from harbor.products.harper_tables.jobs_ops import csv_reading, csv_rules
from harbor.products.harper_tables.values import Instant

ALL = {"attribute": "id", "value": "*", "get_attributes": ["*"]}


async def test_a_text_is_loaded(instance: Instance) -> None:
    await instance.table("author")

    started = await instance.do("csv_data_load", **AUTHOR, data="\ufeffid,name,born\n1,Ida,1974\n\n2,Tor,,extra\n")
    (waiting,) = await instance.do("get_job", id=started["job_id"])
    job = await finished(instance, started)

    assert waiting["status"] == "CREATED"
    assert list(job) == [
        *("id", "type", "user", "status", "message"),
        *("created_datetime", "start_datetime", "end_datetime"),
    ]
    assert (job["type"], job["user"], job["status"]) == ("csv_data_load", USER, "COMPLETE")
    assert job["message"] == "successfully loaded 2 of 2 records"
    rows = await instance.do("search_by_value", **AUTHOR, **ALL)
    assert [(row["id"], row["name"], row["born"]) for row in rows] == [(1, "Ida", 1974), (2, "Tor", "")]
    (entry,) = await instance.do("read_audit_log", **AUTHOR)
    assert (entry["user_name"], entry["ids"]) == (USER, [1, 2])


async def test_a_long_text_is_loaded_in_parts_that_go_as_they_are_written(instance: Instance) -> None:
    await instance.table("author", records=[{"id": 7, "name": "Old"}])
    data = "id,name\n" + "".join(f"{number},Name {number}\n" for number in range(1_203))

    job = await finished(instance, await instance.do("csv_data_load", **AUTHOR, data=data))

    assert job["message"] == "successfully loaded 1202 of 1203 records"
    left = await instance.house.database.read(lambda tx: tx.rows("SELECT part FROM harper_load_parts"))
    assert left == []
    assert (await instance.do("describe_table", **AUTHOR))["record_count"] == 1_203
    upserted = await finished(instance, await instance.do("csv_data_load", **AUTHOR, data=data, action="upsert"))
    assert upserted["message"] == "successfully loaded 1203 of 1203 records"


async def test_a_row_that_cannot_be_is_told_and_the_others_are_loaded(instance: Instance) -> None:
    await instance.table("author")

    job = await finished(
        instance, await instance.do("csv_data_load", **AUTHOR, data=f"id,n\n1,a\nundefined,b\n{'x' * 2_000},c\n4,d\n")
    )

    assert job["status"] == "COMPLETE"
    assert (job["message"], job["result"]["skipped"]) == ("successfully loaded 3 of 4 records", 1)
    assert job["result"]["reasons"] == ["row 3: The primary key has 2001 bytes; at most 1978 fit."]


async def test_a_text_that_is_no_sheet_is_the_jobs_trouble(one_engine: Instance) -> None:
    await one_engine.table("author")

    for data, status, message in (
        ("id,na`me\n1,x\n", "ERROR", "Invalid column name 'na`me', cancelling load operation"),
        ("id,a/b\n1,x\n", "ERROR", "Invalid column name 'a/b', cancelling load operation"),
        ("id,name\n", "COMPLETE", "No records parsed from csv file."),
        ("", "COMPLETE", "No records parsed from csv file."),
    ):
        job = await finished(one_engine, await one_engine.do("csv_data_load", **AUTHOR, data=data))

        assert (job["status"], job["message"]) == (status, message)


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("csv_data_load", {**AUTHOR}, "'data' is required"),
    ("csv_data_load", {**AUTHOR, "data": 5}, "'data' must be a string"),
    ("csv_data_load", {**AUTHOR, "data": "id\n1", "action": "rm"}, "action is required and must be either insert, update, or upsert"),
    ("csv_data_load", {"database": "press", "table": "none", "data": "id\n1"}, "Table 'press.none' does not exist"),
    ("csv_url_load", {**AUTHOR}, "'csv_url' is required"),
    ("csv_url_load", {**AUTHOR, "csv_url": "file:///etc/passwd"}, "'csv_url' must be a valid url"),
    ("delete_records_before", {**AUTHOR}, "'date' is required"),
    ("delete_records_before", {**AUTHOR, "date": "soon"}, "'date' must be in ISO 8601 date format"),
    ("get_job", {}, "'id' is required"),
]  # fmt: skip


async def test_what_cannot_begin_is_refused_at_once(one_engine: Instance) -> None:
    await one_engine.table("author")

    for operation, fields, message in REFUSED:
        assert await one_engine.refused(operation, **fields) == (400, message)


@asynccontextmanager
async def site(answer: str) -> AsyncIterator[str]:
    """The address of a site with one answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer.replace("\n", "\r\n").encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/author.csv"


def answer(status: str, kind: str, body: str = "id,name\n1,Ida\n") -> str:
    """A whole answer."""
    return f"HTTP/1.1 {status}\nContent-Type: {kind}\nConnection: close\n\n{body}"


async def test_a_file_elsewhere_is_loaded(instance: Instance) -> None:
    await instance.table("author")

    async with site(answer("200 OK", "text/csv; charset=utf-8")) as url:
        job = await finished(instance, await instance.do("csv_url_load", **AUTHOR, csv_url=url))

    assert (job["type"], job["message"]) == ("csv_url_load", "successfully loaded 1 of 1 records")


async def test_nothing_is_fetched_for_whoever_may_not_load_it(instance: Instance) -> None:
    await library(instance)
    article = {"database": "press", "table": "article"}
    reader = await instance.user("ida", on_article("read"))
    listed = await instance.user("ove", {"operations": ["insert"], **on_article("insert")})

    # Nobody listens there: whatever is fetched is told as a load that failed.
    url = "http://127.0.0.1:1/author.csv"
    job = await finished(reader, await reader.do("csv_url_load", **article, csv_url=url))
    hidden = await reader.refused("csv_url_load", database="press", table="draft", csv_url=url)
    unlisted = await listed.ask("csv_url_load", **article, csv_url=url)
    allowed = await instance.refused("csv_url_load", **article, csv_url=url)

    assert job["message"]["unauthorized_access"][0]["required_table_permissions"] == ["insert"]
    assert hidden == (400, "Table 'press.draft' does not exist")
    assert unlisted.status == 403
    assert allowed[1].startswith(f"CSV Load failed from URL: {url}")


async def test_a_file_that_is_not_there_is_refused_at_once(one_engine: Instance) -> None:
    await one_engine.table("author")

    for found, why in (
        (answer("404 Not Found", "text/csv"), ", status code: 404, message: "),
        (answer("302 Found", "text/csv\nLocation: http://127.0.0.1:1/"), ", status code: 302, message: "),
        (answer("200 OK", "text/html"), ", unsupported content type: text/html"),
    ):
        async with site(found) as url:
            status, message = await one_engine.refused("csv_url_load", **AUTHOR, csv_url=url)

        assert status == 400
        assert message.startswith(f"CSV Load failed from URL: {url}{why}")


async def test_addresses_inside_are_not_reached(one_engine: Instance) -> None:
    await one_engine.table("author")

    for url in ("http://169.254.169.254/latest", "http://10.0.0.1/x.csv", "http://[::ffff:10.0.0.1]/"):
        status, message = await one_engine.refused("csv_url_load", **AUTHOR, csv_url=url)

        assert (status, message.startswith(f"CSV Load failed from URL: {url}, status code: none")) == (400, True)


async def test_a_role_is_asked_when_a_load_begins_and_its_refusal_is_the_jobs(instance: Instance) -> None:
    await library(instance)
    article = {"database": "press", "table": "article"}
    tor = await instance.user("tor", on_article("read", "insert", attributes={"title": "read insert"}))

    good = await finished(tor, await tor.do("csv_data_load", **article, data="id,title\n8,Sand\n"))
    attribute = await finished(tor, await tor.do("csv_data_load", **article, data="id,fee\n9,1\n"))
    flag = await finished(tor, await tor.do("csv_data_load", **article, data="id,title\n8,x\n", action="update"))

    assert good["message"] == "successfully loaded 1 of 1 records"
    assert (attribute["status"], flag["status"]) == ("ERROR", "ERROR")
    assert attribute["message"]["invalid_schema_items"] == ["Attribute 'fee' does not exist on 'press.article'"]
    assert flag["message"]["unauthorized_access"][0]["required_table_permissions"] == ["update"]
    assert await tor.refused("csv_data_load", database="press", table="draft", data="id\n5\n") == (
        400,
        "Table 'press.draft' does not exist",
    )
    assert (await tor.ask("delete_records_before", **article, date="2030-01-01")).status == 403
    assert (await tor.ask("search_jobs_by_start_date", from_date="2020-01-01", to_date="2030-01-01")).status == 403


async def test_a_table_that_goes_meanwhile_ends_the_load(instance: Instance) -> None:
    await instance.table("author")
    started = await instance.do("csv_data_load", **AUTHOR, data="id\n1\n")
    await instance.do("drop_table", **AUTHOR)

    job = await finished(instance, started)

    assert (job["status"], job["message"]) == ("ERROR", "Table 'press.author' does not exist")
    assert await instance.house.database.read(lambda tx: tx.rows("SELECT part FROM harper_load_parts")) == []


async def test_records_go_by_their_age(instance: Instance) -> None:
    await instance.table("author", records=[{"id": number} for number in range(450)])
    instance.house.clock.advance(86_400)
    await instance.do("insert", **AUTHOR, records=[{"id": 1_000}])
    fields = {"date": instance.house.clock.now().date().isoformat(), **AUTHOR}

    job = await finished(instance, await instance.do("delete_files_before", **fields))
    again = await finished(instance, await instance.do("delete_records_before", **fields))

    assert job["message"] == "450 of 450 records successfully deleted"
    assert again["message"] == "No records found to delete"
    assert [row["id"] for row in await instance.do("search_by_value", **AUTHOR, **ALL)] == [1_000]


async def test_removal_by_age_needs_the_right_to_delete(one_engine: Instance) -> None:
    await library(one_engine)
    permission = {"operations": ["delete_records_before"], **on_article("read")}
    reader = await one_engine.user("nora", permission)

    reply = await reader.ask("delete_records_before", database="press", table="article", date="2999-01-01")

    assert reply.status == 403
    (denied,) = reply.json()["unauthorized_access"]
    assert denied["required_table_permissions"] == ["delete"]


async def test_a_table_without_times_knows_no_age(one_engine: Instance) -> None:
    await one_engine.table("author", attributes=[{"name": "id", "is_primary_key": True}])

    job = await finished(one_engine, await one_engine.do("delete_records_before", **AUTHOR, date="2030-01-01"))

    assert job["status"] == "ERROR"


async def test_jobs_are_found_by_their_time_and_in_their_account(instance: Instance) -> None:
    await instance.table("author")
    started = [await instance.do("csv_data_load", **AUTHOR, data="id\n1\n") for _ in range(3)]
    await instance.house.worker.run_due(instance.house.clock.now())

    found = await instance.do("search_jobs_by_start_date", from_date="2026-05-25", to_date="2026-05-26")

    assert {job["id"] for job in found} == {each["job_id"] for each in started}
    assert found[0]["start_datetime_converted"] == "2026-05-25T12:00:00.000+00:00"
    assert await instance.do("search_jobs_by_start_date", from_date="2026-05-24", to_date="2026-05-25") == []
    assert await instance.do("get_job", id="none") == []
    other = await instance.house.organization("Other")
    rows = await instance.house.database.read(lambda tx: tx.rows("SELECT DISTINCT account_id FROM jobs"))
    assert other.production.id not in {row["account_id"] for row in rows}


@pytest.mark.parametrize(("fields", "label"), [({}, "from"), ({"from_date": "2026-01-01", "to_date": "x"}, "to")])
async def test_a_span_needs_dates(one_engine: Instance, v4: Instance, fields: dict[str, str], label: str) -> None:
    message = (
        f"There was an error searching jobs by date: Error: Invalid '{label}' date, must be in ISO-8601 format "
        "(YYYY-MM-DD)."
    )

    assert await one_engine.refused("search_jobs_by_start_date", **fields) == (400, message)
    assert await v4.refused("search_jobs_by_start_date", **fields) == (500, message)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("true", True), ("FALSE", False), ("True", "True"), ("null", None), ("undefined", None), ("NaN", None), ("", ""),
        ("5", 5), ("-5", -5), ("0", 0), ("007", "007"), ("0.5", 0.5), ("1e5", "1e5"), ("1.", "1."), ("9" * 30, int("9" * 30)),
        ("2026-01-01", Instant(1_767_225_600_000)), ("2026-13-01", "2026-13-01"), ('{"a":[1]}', {"a": [1]}), ("[1", "[1"),
        ('{},"v":{}', '{},"v":{}'), ('["\\u0000"]', '["\\u0000"]'), (" 5", " 5"),
    ],
)  # fmt: skip
def test_cells_are_read_as_what_they_look_like(cell: str, value: object) -> None:
    found = csv_rules.value(cell)

    assert (type(found), found) == (type(value), value)
    assert csv_rules.value(cell, "String") == cell


@given(st.text(max_size=80))
def test_any_text_is_a_sheet_or_refused(text: str) -> None:
    try:
        columns, rows = csv_reading.sheet(csv_reading.lines_of(text))
        for row in rows:
            csv_rules.record(columns, row, {})
    except csv_rules.Unreadable:
        return


def test_a_line_ends_where_csv_says() -> None:
    _, rows = csv_reading.sheet(csv_reading.lines_of('id,text\r\n1,"a\nb"\r\n2,c\u2028d\r\n'))

    assert list(rows) == [["1", "a\nb"], ["2", "c\u2028d"]]
