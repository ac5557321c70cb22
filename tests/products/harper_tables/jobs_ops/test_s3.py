"""Loads from a store and exports to it: against a server that speaks S3."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import threading
from typing import Any

import pytest
from tests.products.harper_tables.conftest import Instance
from tests.products.harper_tables.jobs_ops.conftest import AUTHOR, finished

from harbor.kernel.bounds import MIB
from harbor.kernel.outbound import OutboundPolicy
from harbor.products.harper_tables.jobs_ops import exporting, sources
from harbor.products.harper_tables.jobs_ops.s3 import S3, S3Fault
from harbor.products.harper_tables.jobs_ops.s3_place import Keys, Place, place_of

SECRET = "very-secret-key-of-the-store"
S3_FIELDS = {
    "aws_access_key_id": "AKIAEXAMPLE",
    "aws_secret_access_key": SECRET,
    "bucket": "desk",
    "region": "eu-north-1",
}
EVERYTHING = {"operation": "search_by_value", **AUTHOR, "attribute": "id", "value": "*", "get_attributes": ["*"]}
MANY = "id,name\n" + "".join(f"{number},Name {number}\n" for number in range(1_203))


def store(url: str, key: str) -> S3:
    """An object of the store."""
    place = Place(bucket="desk", key=key, region="eu-north-1")
    return S3(place, Keys(id="AKIAEXAMPLE", secret=SECRET), OutboundPolicy(), url)


async def put(url: str, key: str, content: str) -> None:
    """Put an object into the store."""
    async with store(url, key) as s3:
        await s3.put(content.encode(), "text/plain")


async def get(url: str, key: str) -> bytes:
    """The content of an object."""
    async with store(url, key) as s3:
        found = await s3.look()
        return await s3.read(found.etag, 0, found.size_bytes)


@pytest.mark.usefixtures("dying")
async def test_csv_of_a_store_is_loaded_once_however_often_the_process_dies(
    one_reaching: Instance, s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_FETCHED_BYTES", 5_000)
    await one_reaching.table("author")
    await put(s3_url, "in/author.csv", MANY)

    started = await one_reaching.do("import_from_s3", **AUTHOR, s3={**S3_FIELDS, "key": "in/author.csv"})
    told = json.dumps(await one_reaching.do("get_job", id=started["job_id"]))
    kept = await one_reaching.house.database.read(
        lambda tx: [tx.rows("SELECT data FROM jobs"), tx.rows("SELECT secret FROM harper_job_inputs")]
    )
    job = await finished(one_reaching, started)

    assert (job["type"], job["message"]) == ("import_from_s3", "successfully loaded 1203 of 1203 records")
    assert (await one_reaching.do("describe_table", **AUTHOR))["record_count"] == 1_203
    for text in (told, str(kept), str(await one_reaching.do("get_job", id=started["job_id"]))):
        assert SECRET not in text
        assert "AKIAEXAMPLE" not in text
    assert kept[1][0]["secret"]
    assert await one_reaching.house.database.read(lambda tx: tx.rows("SELECT job_id FROM harper_job_inputs")) == []


async def test_json_of_a_store_keeps_its_values(one_reaching: Instance, s3_url: str) -> None:
    await one_reaching.table("author")
    records = [
        {"id": 1, "tags": ["a", {"b": None}], "n": 2**70},
        {"id": 1},
        {"id": 2, "name": "Tør"},
        {"id": "x" * 2_000},
    ]
    await put(s3_url, "author.json", json.dumps(records, indent=1))

    job = await finished(
        one_reaching, await one_reaching.do("import_from_s3", **AUTHOR, s3={**S3_FIELDS, "key": "author.json"})
    )

    assert job["message"] == "successfully loaded 2 of 4 records"
    assert [reason[:5] for reason in job["result"]["reasons"]] == ["row 2", "row 4"]
    first, second = await one_reaching.do("search_by_id", **AUTHOR, ids=[1, 2], get_attributes=["tags", "n", "name"])
    assert (first["tags"], first["n"], second["name"]) == (["a", {"b": None}], 2**70, "Tør")


async def test_json_names_attributes_that_a_role_may_not_write(one_reaching: Instance, s3_url: str) -> None:
    await one_reaching.table("author", records=[{"id": 9, "name": "x", "fee": 1}])
    listed = [{"attribute_name": "name", "read": True, "insert": True, "update": False}]
    table = {"read": True, "insert": True, "update": False, "delete": False, "attribute_permissions": listed}
    tor = await one_reaching.user("tor", {"press": {"tables": {"author": table}}})
    await put(s3_url, "good.json", '[{"id":1,"name":"a"}]')
    await put(s3_url, "bad.json", '[{"id":2,"name":"a"},{"id":3,"fee":5}]')

    good = await finished(tor, await tor.do("import_from_s3", **AUTHOR, s3={**S3_FIELDS, "key": "good.json"}))
    bad = await finished(tor, await tor.do("import_from_s3", **AUTHOR, s3={**S3_FIELDS, "key": "bad.json"}))

    assert good["message"] == "successfully loaded 1 of 1 records"
    assert bad["message"]["invalid_schema_items"] == ["Attribute 'fee' does not exist on 'press.author'"]
    assert (await one_reaching.do("describe_table", **AUTHOR))["record_count"] == 2


async def test_a_place_that_is_none_is_refused_at_once(one_engine: Instance) -> None:
    await one_engine.table("author")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"key": "author.txt"}, "S3 key must include one of the following valid file extensions - '.csv', '.json'"),
        ({"key": None, "region": ""}, "S3 key can't be blank,S3 region can't be blank"),
        ({"bucket": "../desk"}, "S3 bucket must be the name of a bucket, or the URL of one"),
        ({"region": "a.evil"}, "S3 region must be the name of a region"),
        ({"key": "é" * 600 + ".csv"}, "S3 key must have 1 to 1024 bytes, all of them printable"),
        ({"aws_access_key_id": {}, "aws_secret_access_key": 5}, "S3 aws access key id can't be blank"),
        ({"aws_secret_access_key": 5}, "S3 aws secret access key must be a string"),
    ]

    for change, message in wrong:
        s3 = {**S3_FIELDS, "key": "a.csv", **change}
        assert await one_engine.refused("import_from_s3", **AUTHOR, s3=s3) == (400, message)
    assert await one_engine.refused("import_from_s3", **AUTHOR) == (400, "S3 can't be blank")


async def test_what_the_store_refuses_is_the_jobs_trouble(one_reaching: Instance, s3_url: str) -> None:
    await one_reaching.table("author")

    async def trouble(**change: str) -> str:
        fields = {**S3_FIELDS, "key": "none.csv", **change}
        job = await finished(one_reaching, await one_reaching.do("import_from_s3", **AUTHOR, s3=fields))
        assert job["status"] == "ERROR"
        return str(job["message"])

    assert await trouble() == "The store answered 404 404: Not Found"
    assert (await trouble(bucket="nowhere")).startswith("The store answered 404")
    # The store that a request names itself passes the guard of everything that leaves the machine.
    for inside in ("https://127.0.0.1:9/desk", "https://169.254.169.254/desk", "http://10.0.0.1/desk"):
        assert (await trouble(bucket=inside)).startswith("The store cannot be called: "), inside


async def test_a_store_that_is_away_is_asked_again_later() -> None:
    place, keys = Place(bucket="desk", key="a", region="eu-north-1"), Keys(id="a", secret=SECRET)
    async with S3(place, keys, OutboundPolicy(), "http://127.0.0.1:9") as away:
        with pytest.raises(Exception, match="cannot be reached") as refused:
            await away.look()
    assert not isinstance(refused.value, S3Fault)
    assert SECRET not in repr(keys)


async def test_a_job_that_is_stopped_leaves_no_thread_that_waits() -> None:
    ended = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        async with store(f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}", "a") as s3:
            asking = asyncio.create_task(s3.look())
            while s3._sending is None:
                await asyncio.sleep(0.01)
        with pytest.raises((asyncio.CancelledError, concurrent.futures.CancelledError)):
            await asking
        ended.set()
    async with asyncio.timeout(10):
        while any(thread.name.startswith("s3") for thread in threading.enumerate()):
            await asyncio.sleep(0.01)


def test_a_bucket_may_be_the_url_of_one() -> None:
    place = place_of({"bucket": "https://s3.example.com:9000/desk", "key": "out", "region": None}, ".csv")

    assert place == Place(bucket="desk", key="out.csv", region="us-east-1", endpoint="https://s3.example.com:9000")


@pytest.mark.usefixtures("dying")
@pytest.mark.parametrize(("part_bytes", "count"), [(5 * MIB, 120), (64 * MIB, 20)])
async def test_an_export_is_whole_however_often_the_process_dies(
    one_reaching: Instance, s3_url: str, monkeypatch: pytest.MonkeyPatch, part_bytes: int, count: int
) -> None:
    monkeypatch.setattr(exporting, "PART_BYTES", part_bytes)
    monkeypatch.setattr(exporting, "_ROWS_FIRST", 16)
    monkeypatch.setattr(exporting, "_ROWS_MAX", 16)
    records = [{"id": number, "text": f"{number} " * 20_000} for number in range(count)]
    await one_reaching.table("author", attributes=[{"name": "id", "is_primary_key": True}])
    await one_reaching.do("insert", **AUTHOR, records=records)
    await put(s3_url, "out/author.json", "an older one")

    fields = {"format": "json", "s3": {**S3_FIELDS, "key": "out/author"}, "search_operation": EVERYTHING}
    job = await finished(one_reaching, await one_reaching.do("export_to_s3", **fields))

    assert (job["status"], job["message"]) == ("COMPLETE", f"Successfully completed job: {job['id']}")
    assert job["result"] == {
        "message": "Successfully exported JSON to S3.", "bucket": "desk", "key": "out/author.json", "records": count
    }  # fmt: skip
    assert json.loads(await get(s3_url, "out/author.json")) == records


async def test_what_is_wrong_with_an_export_to_a_store_is_its_jobs_message(one_engine: Instance) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"s3": None}, "S3 object missing"),
        ({"s3": {"bucket": "desk"}}, "aws_access_key_id is missing."),
        ({"s3": {**S3_FIELDS, "bucket": ""}}, "bucket is missing."),
        ({"s3": S3_FIELDS}, "key is missing."),
        ({"format": "xml"}, "format invalid. must be one of the following values: json, csv"),
    ]

    for change, message in wrong:
        fields = {"format": "csv", "s3": {**S3_FIELDS, "key": "a"}, "search_operation": EVERYTHING, **change}
        job = await finished(one_engine, await one_engine.do("export_to_s3", **fields))

        assert (job["status"], job["message"]) == ("ERROR", message)
    assert await one_engine.house.database.read(lambda tx: tx.rows("SELECT job_id FROM harper_job_inputs")) == []
