"""Databases, tables and attributes: every documented message, and what follows in the background."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest
from tests.products.harper_tables.conftest import Instance

from harbor.kernel.call import Call
from harbor.kernel.storage.database import Database


async def test_a_database_is_made_once(instance: Instance) -> None:
    made = await instance.do("create_database", database="press")

    assert made == {"message": "database 'press' successfully created"}
    assert await instance.refused("create_schema", schema="press") == (400, "database 'press' already exists")


async def test_a_database_is_dropped_with_its_tables(instance: Instance) -> None:
    await instance.table(records=[{"id": 1, "title": "Tides"}])

    assert await instance.do("drop_database", database="press") == {"message": "successfully deleted 'press'"}
    assert await instance.refused("drop_schema", schema="press") == (404, "database 'press' does not exist")
    assert await instance.refused("describe_table", database="press", table="article") == (
        404,
        "database 'press' does not exist",
    )


async def test_a_table_is_made_in_data_if_no_database_is_named(instance: Instance) -> None:
    made = await instance.do("create_table", table="dog", hash_attribute="id")

    assert made == {"message": "table 'data.dog' successfully created."}
    assert list((await instance.do("describe_all"))["data"]) == ["dog"]


async def test_a_table_is_made_once(one_engine: Instance) -> None:
    await one_engine.table()

    assert await one_engine.refused("create_table", database="press", table="article", primary_key="id") == (
        400,
        "Table 'article' already exists in 'press'",
    )


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"primary_key": "id"}, "'table' is required"),
        ({"table": "t"}, "'primary_key' is required"),
        ({"table": "t", "primary_key": ["id"]}, "'primary_key' must be a string"),
        ({"table": "t", "hash_attribute": {}}, "'hash_attribute' must be a string"),
        ({"table": "a/b", "primary_key": "id"}, "'table' names cannot include backticks or forward slashes"),
        ({"table": "a`b", "primary_key": "id"}, "'table' names cannot include backticks or forward slashes"),
        ({"table": "", "primary_key": "id"}, "'table' is not allowed to be empty"),
        ({"table": "ü", "primary_key": "id"}, "'table' names cannot include backticks or forward slashes"),
        (
            {"table": "t" * 251, "primary_key": "id"},
            "'table' length must be less than or equal to 250 characters long",
        ),
        ({"table": "t", "primary_key": "id", "audit": "yes"}, "'audit' must be a boolean"),
        ({"table": "t", "primary_key": "id", "expiration": "1d"}, "'expiration' must be a number"),
        ({"table": "t", "primary_key": "id", "attributes": {}}, "'attributes' must be an array"),
        ({"table": "t", "primary_key": "id", "attributes": [{"type": "Int"}]}, "'attributes[0].name' is required"),
    ],
)
async def test_a_table_that_cannot_be_is_refused(one_engine: Instance, fields: dict[str, Any], sentence: str) -> None:
    assert await one_engine.refused("create_table", **fields) == (400, sentence)
    assert await one_engine.do("describe_all") == {}


async def test_numbers_are_names(one_engine: Instance) -> None:
    await one_engine.do("create_table", database=7, table=123, primary_key=5)

    described = await one_engine.do("describe_table", database="7", table=123)
    assert (described["name"], described["primary_key"]) == ("123", "5")


@pytest.mark.parametrize("operation", ["create_database", "drop_database"])
async def test_the_system_database_is_not_the_callers(one_engine: Instance, v4: Instance, operation: str) -> None:
    text = "The 'system' database, tables and records are used internally by {} and cannot be updated or removed."

    assert await one_engine.refused(operation, database="system") == (403, text.format("Harper"))
    assert await v4.refused(operation, database="system") == (403, text.format("HarperDB"))


async def test_a_table_is_dropped(instance: Instance) -> None:
    await instance.table(records=[{"id": 1}])

    assert await instance.do("drop_table", database="press", table="article") == {
        "message": "successfully deleted table 'press.article'"
    }
    assert await instance.refused("drop_table", database="press", table="article") == (
        404,
        "Table 'press.article' does not exist",
    )


async def test_a_table_of_the_same_name_begins_empty(instance: Instance) -> None:
    await instance.table(records=[{"id": 1, "title": "Tides"}])
    await instance.do("drop_table", database="press", table="article")
    await instance.table()

    every: dict[str, Any] = {"database": "press", "table": "article", "attribute": "id", "value": "*"}
    assert await instance.do("search_by_value", **every) == []
    await instance.house.settle()
    assert await instance.do("search_by_value", **every) == []


async def _rows(instance: Instance, name: str) -> int:
    def count(call: Call) -> int:
        row = call.tx.row(f"SELECT count(*) AS n FROM {name}")
        assert row is not None
        return int(row["n"])

    return await instance.house.read(instance.organization.production, count)


async def test_what_hung_on_a_dropped_table_is_removed_in_the_background(instance: Instance) -> None:
    await instance.table(records=[{"id": number, "title": f"T{number}"} for number in range(300)])
    await instance.table("author", records=[{"id": 1, "name": "Ida"}])

    await instance.do("drop_table", database="press", table="article")
    await instance.house.settle()

    assert [await _rows(instance, name) for name in ("harper_records", "harper_index", "harper_audit")] == [1, 1, 1]
    assert await _rows(instance, "harper_dropped") == 0


async def test_a_described_table_says_what_it_is(instance: Instance) -> None:
    await instance.table(records=[{"id": 1, "title": "Tides"}])

    described = await instance.do("describe_table", schema="press", table="article")

    sizes = {name: described.pop(name) for name in ("db_size", "table_size", "db_audit_size")}
    assert all(isinstance(size, int) and size > 0 for size in sizes.values())
    assert described == {
        "schema": "press",
        "name": "article",
        "hash_attribute": "id",
        "primary_key": "id",
        "audit": True,
        "schema_defined": False,
        "attributes": [
            {"attribute": "id", "is_primary_key": True},
            {"attribute": "__createdtime__", "type": "Date", "indexed": True, "assigned_created_time": True},
            {"attribute": "__updatedtime__", "type": "Date", "indexed": True, "assigned_updated_time": True},
            {"attribute": "title", "indexed": True},
        ],
        "record_count": 1,
        "last_updated_record": 1_779_710_400_000.0,
    }


async def test_a_declared_table_is_described_with_its_types(one_engine: Instance) -> None:
    attributes = [
        {"name": "id", "type": "ID", "is_primary_key": True},
        {"name": "title", "type": "String", "nullable": False},
        {"name": "tags", "type": "Array", "elements": "String", "indexed": False},
    ]
    await one_engine.do("create_table", database="press", table="issue", attributes=attributes, expiration=86_400)

    described = await one_engine.do("describe_table", database="press", table="issue", skip_record_count=True)

    assert described["attributes"] == [
        {"attribute": "id", "type": "ID", "is_primary_key": True},
        {"attribute": "title", "type": "String", "nullable": False, "indexed": True},
        {"attribute": "tags", "type": "Array", "elements": "String"},
    ]
    assert (described["schema_defined"], described["expiration"]) == (True, "86400s")
    assert "record_count" not in described


async def test_describing_a_database_gives_its_tables_by_name(one_engine: Instance) -> None:
    await one_engine.table()
    await one_engine.table("author")

    assert list(await one_engine.do("describe_schema", schema="press")) == ["article", "author"]
    assert await one_engine.refused("describe_database", database="none") == (404, "database 'none' does not exist")
    assert await one_engine.refused("describe_database") == (404, "database 'data' does not exist")


@pytest.mark.parametrize("field", ["exact_count", "include_computed", "skip_record_count"])
async def test_flags_of_descriptions_are_booleans(one_engine: Instance, field: str) -> None:
    sentence = f"'{field}' must be a boolean"

    assert await one_engine.refused("describe_table", table="x", **{field: "yes"}) == (400, sentence)


async def test_an_attribute_is_declared_once(instance: Instance) -> None:
    await instance.table()

    made = await instance.do("create_attribute", database="press", table="article", attribute="slug")

    assert made == {"message": "attribute 'press.article.slug' successfully created."}
    for name in ("slug", "id", "__createdtime__"):
        assert await instance.refused("create_attribute", database="press", table="article", attribute=name) == (
            400,
            f"attribute '{name}' already exists in press.article",
        )


async def test_an_attribute_that_records_hold_already_becomes_searchable(instance: Instance) -> None:
    declared = [{"name": "id", "is_primary_key": True}]
    records = [{"id": number, "slug": f"s{number % 3}"} for number in range(250)]
    await instance.table("issue", attributes=declared, records=records)
    asked: dict[str, Any] = {"database": "press", "table": "issue", "attribute": "slug", "value": "s1"}
    assert await instance.refused("search_by_value", **asked) == (400, "unknown attribute 'slug'")

    await instance.do("create_attribute", database="press", table="issue", attribute="slug")
    before = await instance.do("search_by_value", **asked, get_attributes=["id"])
    await instance.house.settle()
    after = await instance.do("search_by_value", **asked, get_attributes=["id"])

    assert before == after == [{"id": number} for number in range(250) if number % 3 == 1]
    assert await _rows(instance, "harper_index") == 250


async def test_a_dropped_attribute_takes_its_values_along(instance: Instance) -> None:
    await instance.table(records=[{"id": 1, "title": "Tides", "fee": 5}])

    async def record() -> Any:
        wanted = ["id", "title", "fee"]
        found = await instance.do("search_by_id", database="press", table="article", ids=[1], get_attributes=wanted)
        return found[0]

    dropped = await instance.do("drop_attribute", database="press", table="article", attribute="fee")
    assert dropped == {"message": "successfully deleted attribute 'fee'"}
    assert await record() == {"id": 1, "title": "Tides", "fee": None}
    await instance.do("update", database="press", table="article", records=[{"id": 1, "fee": 9}])
    assert (await record())["fee"] == 9
    await instance.house.settle()
    assert (await record())["fee"] == 9
    assert await _rows(instance, "harper_index") == 2


async def test_a_dropped_value_stays_away_when_the_attribute_comes_back(instance: Instance) -> None:
    await instance.table(records=[{"id": 1, "fee": 5}])
    await instance.do("drop_attribute", database="press", table="article", attribute="fee")

    await instance.do("insert", database="press", table="article", records=[{"id": 2, "fee": 6}])

    for _ in range(2):
        found = await instance.do(
            "search_by_value", database="press", table="article", attribute="id", value="*", get_attributes=["fee"]
        )
        assert found == [{"fee": None}, {"fee": 6}]
        await instance.house.settle()


@pytest.mark.parametrize(
    ("attribute", "status", "sentence"),
    [
        ("id", 400, "You cannot drop a hash attribute"),
        ("__createdtime__", 400, "cannot drop internal timestamp attribute: __createdtime__"),
        ("__updatedtime__", 400, "cannot drop internal timestamp attribute: __updatedtime__"),
        ("none", 404, "Attribute 'none' does not exist on 'press.article'"),
    ],
)
async def test_some_attributes_cannot_be_dropped(
    one_engine: Instance, attribute: str, status: int, sentence: str
) -> None:
    await one_engine.table()

    assert await one_engine.refused("drop_attribute", database="press", table="article", attribute=attribute) == (
        status,
        sentence,
    )


async def test_one_node_has_nobody_to_repeat_it(one_engine: Instance) -> None:
    made = await one_engine.do("create_database", database="press", replicated=True)

    assert made == {"message": "database 'press' successfully created", "replicated": []}


async def test_there_are_no_orphans_to_clean_up(one_engine: Instance) -> None:
    await one_engine.do("create_database", database="press")

    assert await one_engine.do("cleanup_orphan_blobs", database="press") == {
        "message": "Orphaned blobs cleanup started, check logs for progress"
    }
    assert await one_engine.refused("cleanup_orphan_blobs") == (400, "'database' is required")
    assert await one_engine.refused("cleanup_orphan_blobs", database="no") == (404, "database 'no' does not exist")


async def test_a_change_of_the_catalogue_is_an_event(instance: Instance, database: Database) -> None:
    await instance.table()

    def types(call: Call) -> list[str]:
        rows = call.tx.rows("SELECT type FROM events WHERE product = 'harper' ORDER BY id")
        people = ("harper.user.", "harper.role.")
        return [row["type"] for row in rows if not row["type"].startswith(people)]

    told = await instance.house.read(instance.organization.production, types)
    assert told == ["harper.database.created", "harper.table.created"]


async def test_a_definition_may_come_in_any_form(one_engine: Instance) -> None:
    await one_engine.table()
    since = datetime(2026, 5, 25, tzinfo=UTC)
    column = {"name": "since", "elements": since}
    asked = (
        {"operation": "create_attribute", "database": "press", "table": "article", "attribute": "q", "elements": since},
        {
            "operation": "create_table",
            "database": "press",
            "table": "draft",
            "primary_key": "id",
            "attributes": [column],
        },
    )

    for each in asked:
        reply = await one_engine.client.request("POST", "/", body=cbor2.dumps(each), media_type="application/cbor")
        assert reply.status == 200, reply.body

    shown = (await one_engine.do("describe_table", database="press", table="draft"))["attributes"]
    assert shown[-1]["elements"] == "2026-05-25T00:00:00.000Z"


async def test_names_under_which_sql_reads_other_products_cannot_be_taken(one_engine: Instance) -> None:
    sentence = "database 'harbor' is reserved: SQL reads the data of Harbor under this name"

    assert await one_engine.refused("create_database", database="harbor") == (400, sentence)
    assert await one_engine.refused("create_table", database="harbor", table="t", primary_key="id") == (400, sentence)
    await one_engine.do("create_database", database="harper")
