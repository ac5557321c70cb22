"""Inserting, changing and removing records: what is answered, what is kept, and what is left alone."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.products.harper_tables.conftest import Instance, open_instance

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.products.harper_tables.product import RACING_INDEXES
from harbor.products.harper_tables.records import upkeep_store

ARTICLE: dict[str, Any] = {"database": "press", "table": "article"}
NOW_MS = 1_779_710_400_000


async def records(instance: Instance, *wanted: str) -> Any:
    """All records, by key."""
    return await instance.do(
        "search_by_value", **ARTICLE, attribute="id", value="*", get_attributes=list(wanted) or ["*"]
    )


async def attributes(instance: Instance) -> list[str]:
    """The attributes of the table, without key and times."""
    described = await instance.do("describe_table", **ARTICLE)
    return [each["attribute"] for each in described["attributes"]][3:]


async def entries(instance: Instance) -> list[tuple[str, bytes]]:
    """What the index holds: attribute and key of a value."""

    def read(call: Call) -> list[tuple[str, bytes]]:
        rows = call.tx.rows(
            "SELECT a.name, i.value_key FROM harper_index AS i JOIN harper_attributes AS a ON a.id = i.attribute_id"
        )
        return sorted((row["name"], bytes(row["value_key"])) for row in rows)

    return await instance.house.read(instance.organization.production, read)


async def test_records_are_inserted_and_told_of(instance: Instance) -> None:
    await instance.table()

    told = await instance.do("insert", **ARTICLE, records=[{"id": 7, "title": "Tides"}, {"title": "Moss"}])

    made = told["inserted_hashes"][1]
    assert UUID(made).version == 4
    assert told == {
        "message": "inserted 2 of 2 records",
        "inserted_hashes": [7, made],
        "skipped_hashes": [],
        "new_attributes": ["title"],
        "txn_time": float(NOW_MS),
    }
    times = {"__createdtime__": NOW_MS, "__updatedtime__": NOW_MS}
    assert await records(instance) == [{"id": 7, "title": "Tides", **times}, {"id": made, "title": "Moss", **times}]


async def test_what_is_there_is_left_alone(instance: Instance) -> None:
    await instance.table(records=[{"id": 7, "title": "Tides"}])

    told = await instance.do("insert", **ARTICLE, records=[{"id": 7, "fee": 1}, {"id": 8}, {"id": 8, "title": "twice"}])

    assert (told["message"], told["inserted_hashes"], told["skipped_hashes"]) == (
        "inserted 1 of 3 records",
        [8],
        [7, 8],
    )
    assert await records(instance, "id", "title") == [{"id": 7, "title": "Tides"}, {"id": 8, "title": None}]


async def test_a_record_that_was_left_alone_adds_no_attribute(instance: Instance) -> None:
    await instance.table(records=[{"id": 7, "title": "Tides"}])

    told = await instance.do("insert", **ARTICLE, records=[{"id": 7, "fee": 1}])

    assert told["new_attributes"] == []
    assert await attributes(instance) == ["title"]


async def test_one_and_its_digits_are_two_keys(instance: Instance) -> None:
    await instance.table(records=[{"id": 1}, {"id": "1"}, {"id": 1.5}, {"id": -1}, {"id": 2**80}, {"id": True}])

    assert [record["id"] for record in await records(instance, "id")] == [True, -1, 1, 1.5, 2**80, "1"]


@pytest.mark.parametrize("key", ["null", "undefined"])
async def test_words_for_nothing_are_no_keys(one_engine: Instance, key: str) -> None:
    await one_engine.table()

    assert await one_engine.refused("insert", **ARTICLE, records=[{"id": 1}, {"id": key}]) == (
        400,
        f"Invalid hash value: '{key}' is not a valid hash attribute value, check log for more info",
    )
    assert await records(one_engine) == []


@pytest.mark.parametrize("key", [None, ""])
async def test_an_empty_key_is_made(one_engine: Instance, key: object) -> None:
    await one_engine.table()

    told = await one_engine.do("insert", **ARTICLE, records=[{"id": key, "title": "Tides"}])

    UUID(told["inserted_hashes"][0])


async def test_numeric_keys_count_on(instance: Instance) -> None:
    declared = [{"name": "id", "type": "Long", "is_primary_key": True}, {"name": "title", "type": "String"}]
    await instance.table(attributes=declared, records=[{"id": 40, "title": "a"}])

    told = await instance.do("insert", **ARTICLE, records=[{"title": "b"}, {"id": 60, "title": "c"}, {"title": "d"}])
    again = await instance.do("insert", **ARTICLE, records=[{"title": "e"}])

    assert told["inserted_hashes"] == [61, 60, 62]
    assert again["inserted_hashes"] == [63]


async def test_a_key_may_be_long_but_not_longer(one_engine: Instance) -> None:
    await one_engine.table()

    assert (await one_engine.do("insert", **ARTICLE, records=[{"id": "x" * 1977}]))["skipped_hashes"] == []
    status, sentence = await one_engine.refused("insert", **ARTICLE, records=[{"id": "x" * 1978}])
    assert (status, sentence) == (400, "The primary key has 1979 bytes; at most 1978 fit.")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a`b", "Attribute names cannot include backticks or forward slashes"),
        ("a/b", "Attribute names cannot include backticks or forward slashes"),
        ("", "Invalid attribute name: ''"),
        ("null", "Invalid attribute name: 'null'"),
        ("undefined", "Invalid attribute name: 'undefined'"),
    ],
)
async def test_some_names_are_none(one_engine: Instance, name: str, sentence: str) -> None:
    await one_engine.table()

    for operation in ("insert", "update", "upsert", "put"):
        assert await one_engine.refused(operation, **ARTICLE, records=[{"id": 1, name: 1}]) == (400, sentence)


async def test_other_names_are_kept(instance: Instance) -> None:
    record = {"id": 1, "$": {"$": 5}, "with space": 1, "dot.ted": 2, "ünï": 3, "__proto__": 4, "'; DROP": 5}
    await instance.table(records=[record])

    (found,) = await records(instance)

    assert {name: found[name] for name in record} == record


@pytest.mark.parametrize("operation", ["insert", "update", "upsert", "put"])
async def test_records_are_an_array_of_objects(one_engine: Instance, operation: str) -> None:
    await one_engine.table()

    assert await one_engine.refused(operation, **ARTICLE) == (400, "'records' is required")
    assert await one_engine.refused(operation, **ARTICLE, records={"id": 1}) == (400, "'records' must be an array")
    status, sentence = await one_engine.refused(operation, **ARTICLE, records=[{"id": 1}, 5])
    assert (status, sentence) == (400, "'records[1]' must be of type object")
    assert await records(one_engine) == []


@pytest.mark.parametrize("operation", ["insert", "update", "upsert", "put"])
async def test_a_write_to_what_is_not_there_is_400(one_engine: Instance, operation: str) -> None:
    await one_engine.do("create_database", database="press")
    asked: dict[str, Any] = {"records": [{"id": 1}]}

    assert await one_engine.refused(operation, database="no", table="t", **asked) == (
        400,
        "database 'no' does not exist",
    )
    assert await one_engine.refused(operation, database="press", table="t", **asked) == (
        400,
        "Table 'press.t' does not exist",
    )


async def test_an_update_changes_what_it_names(instance: Instance) -> None:
    await instance.table(records=[{"id": 7, "title": "Tides", "at": {"a": 1, "b": 2}, "year": 1994}])

    told = await instance.do(
        "update", **ARTICLE, records=[{"id": 7, "at": {"c": 3}, "year": None, "new": True}, {"id": 99, "x": 1}]
    )

    assert told == {
        "message": "updated 1 of 2 records",
        "update_hashes": [7],
        "skipped_hashes": [99],
        "new_attributes": ["new"],
        "txn_time": NOW_MS + 0.001,
    }
    assert await records(instance, "id", "title", "at", "year", "new") == [
        {"id": 7, "title": "Tides", "at": {"c": 3}, "year": None, "new": True}
    ]


async def test_an_update_without_new_attributes_does_not_speak_of_them(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 7, "title": "Tides"}])

    assert "new_attributes" not in await one_engine.do("update", **ARTICLE, records=[{"id": 7, "title": "x"}])


@pytest.mark.parametrize("key", [{}, {"id": None}, {"id": ""}])
async def test_an_update_says_which_record(one_engine: Instance, key: dict[str, Any]) -> None:
    await one_engine.table()

    assert await one_engine.refused("update", **ARTICLE, records=[{"title": "x", **key}]) == (
        400,
        "a valid hash attribute must be provided with update record, check log for more info",
    )


async def test_times_are_kept_by_the_platform(instance: Instance, clock: ManualClock) -> None:
    mine = {"__createdtime__": 1, "__updatedtime__": 2}
    await instance.table(records=[{"id": 7, "title": "Tides", **mine}])
    clock.set(clock.now() + timedelta(seconds=5))

    await instance.do("update", **ARTICLE, records=[{"id": 7, "title": "Moss", **mine}])

    assert await records(instance) == [
        {"id": 7, "title": "Moss", "__createdtime__": NOW_MS, "__updatedtime__": NOW_MS + 5_000}
    ]


async def test_an_upsert_changes_and_adds(instance: Instance) -> None:
    await instance.table(records=[{"id": 7, "title": "Tides", "year": 1994}])

    told = await instance.do(
        "upsert", **ARTICLE, records=[{"id": 7, "year": 2013}, {"id": 8, "year": 2014}, {"id": 8, "title": "x"}]
    )

    assert told == {
        "message": "upserted 3 of 3 records",
        "upserted_hashes": [7, 8, 8],
        "new_attributes": [],
        "txn_time": NOW_MS + 0.001,
    }
    assert await records(instance, "id", "title", "year") == [
        {"id": 7, "title": "Tides", "year": 2013},
        {"id": 8, "title": "x", "year": 2014},
    ]


@pytest.mark.parametrize(
    ("operation", "more"), [("put", {}), ("upsert", {"full_record": True}), ("update", {"full_record": True})]
)
async def test_a_whole_record_takes_the_place_of_the_old_one(
    one_engine: Instance, operation: str, more: dict[str, Any]
) -> None:
    await one_engine.table(records=[{"id": 7, "title": "Tides", "year": 1994}])

    await one_engine.do(operation, **ARTICLE, records=[{"id": 7, "title": "Tides II"}], **more)

    assert await records(one_engine, "id", "title", "year") == [{"id": 7, "title": "Tides II", "year": None}]
    assert [name for name, _ in await entries(one_engine)] == ["title"]


async def test_properties_can_be_unset(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 7, "title": "Tides", "fee": 5, "note": "n"}])

    await one_engine.do("update", **ARTICLE, records=[{"id": 7, "title": "x", "__unset__": ["fee", "note", "none"]}])

    assert await records(one_engine, "title", "fee", "note") == [{"title": "x", "fee": None, "note": None}]
    assert "__unset__" not in await attributes(one_engine)


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (
            {"id": 99, "__unset__": ["fee"]},
            "'__unset__' needs an existing record to remove attributes from; nothing is stored under this primary key",
        ),
        ({"id": 7, "__unset__": ["id"]}, "'id' is the primary key of this table and cannot be unset"),
        (
            {"id": 7, "__unset__": ["__updatedtime__"]},
            "'__updatedtime__' is maintained by Harper and cannot be unset",
        ),
    ],
)
async def test_not_everything_can_be_unset(one_engine: Instance, record: dict[str, Any], sentence: str) -> None:
    await one_engine.table(records=[{"id": 7, "fee": 5}])

    assert await one_engine.refused("upsert", **ARTICLE, records=[{"id": 1}, record]) == (400, sentence)
    assert [each["id"] for each in await records(one_engine, "id")] == [7]


async def test_records_are_deleted_and_told_of(instance: Instance) -> None:
    await instance.table(records=[{"id": 7, "title": "Tides"}, {"id": 8, "title": "Moss"}])

    told = await instance.do("delete", **ARTICLE, ids=[7, 99, 7])

    assert told == {
        "message": "1 of 3 records successfully deleted",
        "deleted_hashes": [7],
        "skipped_hashes": [99, 7],
        "txn_time": NOW_MS + 0.001,
    }
    assert [each["id"] for each in await records(instance, "id")] == [8]
    assert len(await entries(instance)) == 1


async def test_one_record_is_told_of_as_one(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 7}])

    told = [await one_engine.do("delete", **ARTICLE, hash_values=[7]) for _ in range(2)]

    assert [each["message"] for each in told] == [
        "1 of 1 record successfully deleted",
        "0 of 1 record successfully deleted",
    ]


async def test_a_null_key_deletes_nothing(instance: Instance) -> None:
    await instance.table(records=[{"id": 7}, {"id": 8}])

    assert await instance.refused("delete", **ARTICLE, ids=[7, None]) == (400, "Invalid primary key of null")
    assert [each["id"] for each in await records(instance, "id")] == [7, 8]


async def test_deleting_from_what_is_not_there_is_404(one_engine: Instance) -> None:
    assert await one_engine.refused("delete", database="no", table="t", ids=[1]) == (
        404,
        "database 'no' does not exist",
    )
    await one_engine.do("create_database", database="press")
    assert await one_engine.refused("delete", **ARTICLE, ids=[1]) == (404, "Table 'press.article' does not exist")


async def test_the_index_follows_every_change(instance: Instance) -> None:
    await instance.table(records=[{"id": 7, "a": "x", "b": 5, "c": None}])
    assert await entries(instance) == [("a", b"\x30x"), ("b", b"\x20\xc0\x14")]

    await instance.do("upsert", **ARTICLE, records=[{"id": 7, "a": "y", "b": None, "c": True}])
    assert await entries(instance) == [("a", b"\x30y"), ("c", b"\x11")]

    await instance.do("delete", **ARTICLE, ids=[7])
    assert await entries(instance) == []


async def test_a_declared_table_keeps_its_attributes(one_engine: Instance) -> None:
    declared = [{"name": "id", "type": "ID", "is_primary_key": True}, {"name": "born", "type": "Date"}]
    await one_engine.table(attributes=declared)

    told = await one_engine.do("insert", **ARTICLE, records=[{"id": "a", "born": "2026-01-01", "extra": 1}])

    assert told["new_attributes"] == []
    assert await records(one_engine) == [{"id": "a", "born": "2026-01-01T00:00:00.000Z", "extra": 1}]
    found = await one_engine.do("search_by_value", **ARTICLE, attribute="born", value="2026-01-01T00:00:00Z")
    assert len(found) == 1


async def test_a_sealed_table_refuses_what_is_not_declared(one_engine: Instance) -> None:
    await one_engine.table(attributes=[{"name": "id", "is_primary_key": True}], sealed=True)

    status, sentence = await one_engine.refused("insert", **ARTICLE, records=[{"id": 1, "extra": 1}])

    assert (status, sentence.split(";")[0]) == (400, "Table 'press.article' is sealed and has no attribute extra")


async def test_a_request_has_bounds(one_engine: Instance) -> None:
    await one_engine.table()

    status, sentence = await one_engine.refused("insert", **ARTICLE, records=[{"id": each} for each in range(10_001)])

    assert status == 400
    assert sentence.startswith(
        "A request writes at most 10000 records; this one has 10001. Split it, or load it with csv"
    )


async def test_records_vanish_when_their_time_is_up(instance: Instance, clock: ManualClock) -> None:
    await instance.table(expiration=60, records=[{"id": 1, "title": "a"}])
    await instance.do("insert", **ARTICLE, records=[{"id": 2, "title": "b"}], expiresAt=NOW_MS + 600_000)

    clock.set(clock.now() + timedelta(seconds=60))

    assert [each["id"] for each in await records(instance, "id")] == [2]
    assert await instance.do("search_by_id", **ARTICLE, ids=[1], get_attributes=["*"]) == []
    assert (await instance.do("describe_table", **ARTICLE))["record_count"] == 1
    told = await instance.do("update", **ARTICLE, records=[{"id": 1, "title": "c"}])
    assert told["skipped_hashes"] == [1]


async def test_an_expired_record_makes_room(instance: Instance, clock: ManualClock) -> None:
    await instance.table(expiration=60, records=[{"id": 1, "title": "old", "x": 1}])
    clock.set(clock.now() + timedelta(seconds=61))

    told = await instance.do("insert", **ARTICLE, records=[{"id": 1, "title": "new"}])

    assert told["inserted_hashes"] == [1]
    (found,) = await records(instance)
    assert (found["title"], found["x"], found["__createdtime__"]) == ("new", None, NOW_MS + 61_000)
    assert [name for name, _ in await entries(instance)] == ["title"]


async def test_a_hundred_clients_upsert_one_record(
    postgres_dsn: str, sqlite_database: Any, clock: ManualClock, tmp_path: Path
) -> None:
    postgres = PostgresDatabase(postgres_dsn, clock, size=8, racing_indexes=RACING_INDEXES)
    await postgres.open()
    for number, database in enumerate((postgres, sqlite_database)):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with open_instance(database, clock, folder) as instance:
            await instance.table()

            told = await asyncio.gather(
                *(
                    instance.ask("upsert", **ARTICLE, records=[{"id": 1, f"a{each % 5}": each, "last": each}])
                    for each in range(100)
                )
            )

            assert {reply.status for reply in told} == {200}
            (found,) = await records(instance)
            held = [
                (name, value)
                for name, value in found.items()
                if name not in ("id", "__createdtime__", "__updatedtime__")
            ]
            assert len(held) == 6
            assert sorted(name for name, _ in await entries(instance)) == sorted(name for name, _ in held)
            assert found["last"] in range(100)
    await postgres.close()


async def test_a_request_removes_no_more_than_one_may_write(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 1}])

    status, sentence = await one_engine.refused("delete", **ARTICLE, ids=list(range(10_001)))

    assert (status, sentence) == (400, "A request writes at most 10000 records; this one has 10001. Split it.")
    assert await records(one_engine, "id") == [{"id": 1}]


async def test_what_is_no_name_is_not_unset(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 1, "title": "Tides"}])

    await one_engine.do("update", **ARTICLE, records=[{"id": 1, "__unset__": [{}, ["id"], 5, None]}])

    assert await records(one_engine, "id", "title") == [{"id": 1, "title": "Tides"}]


async def test_an_expired_record_that_is_written_anew_is_not_removed(
    postgres_database: PostgresDatabase, clock: ManualClock, tmp_path: Path
) -> None:
    held, goes_on = threading.Event(), threading.Event()

    def write_anew(tx: Tx) -> None:
        tx.run("UPDATE harper_records SET expires_at = NULL")
        held.set()
        assert goes_on.wait(5)

    async with open_instance(postgres_database, clock, tmp_path) as instance:
        await instance.table(expiration=60, records=[{"id": 1}])
        clock.set(clock.now() + timedelta(seconds=61))
        writing = asyncio.create_task(postgres_database.write(write_anew))
        await asyncio.to_thread(held.wait, 5)

        found = await postgres_database.write(lambda tx: upkeep_store.expired(tx, 10))
        goes_on.set()
        await writing

        assert found == []
        assert await records(instance, "id") == [{"id": 1}]


async def test_a_new_record_has_nothing_to_unset(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 1}])
    fields = {"database": "press", "table": "article"}

    assert await one_engine.refused("insert", **fields, records=[{"id": 2, "__unset__": ["fee"]}]) == (
        400,
        "'__unset__' needs an existing record to remove attributes from; nothing is stored under this primary key",
    )
    skipped = await one_engine.do("insert", **fields, records=[{"id": 1, "__unset__": ["fee"]}])
    assert (skipped["skipped_hashes"], skipped["new_attributes"]) == ([1], [])
    described = await one_engine.do("describe_table", **fields)
    assert "__unset__" not in [each["attribute"] for each in described["attributes"]]


async def test_doubles_come_back_as_doubles(instance: Instance) -> None:
    doubles = [1.0, -0.5, 1e15, 1e16, -1e20, 1.7e308, 5e-324, 0.1]
    await instance.table(records=[{"id": 1, "x": doubles, **{f"x{place}": each for place, each in enumerate(doubles)}}])

    (found,) = await instance.do("search_by_id", database="press", table="article", ids=[1], get_attributes=["*"])

    back = [found[f"x{place}"] for place in range(len(doubles))]
    assert (back, found["x"], {type(each) for each in back}) == (doubles, doubles, {float})
