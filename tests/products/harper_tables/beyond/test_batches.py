"""A batch is done whole or not at all, each write with its own rights."""

from __future__ import annotations

from typing import Any

import pytest
from tests.products.harper_tables.conftest import Instance

from harbor.products.harper_tables.batches import api

Writes = list[dict[str, Any]]


def write(operation: str, table: str, **fields: Any) -> dict[str, Any]:
    """One write of a batch."""
    return {"operation": operation, "database": "press", "table": table, **fields}


async def ids(instance: Instance, table: str) -> list[Any]:
    """The keys of a table."""
    return [row["id"] for row in await instance.do("sql", sql=f"SELECT id FROM press.{table} ORDER BY id")]


async def test_writes_to_several_tables_are_one_transaction(instance: Instance) -> None:
    await instance.table("article", records=[{"id": 1, "title": "Tides"}])
    await instance.table("author")
    writes: Writes = [
        write("insert", "author", records=[{"id": 7, "name": "Ida"}]),
        write("update", "article", records=[{"id": 1, "author_id": 7}]),
        {"operation": "sql", "sql": "UPDATE press.author SET name = UPPER(name) WHERE id = 7"},
        write("delete", "author", ids=[99]),
    ]

    dry = await instance.do("batch", operations=writes, dry_run=True)
    before = [await ids(instance, "author"), await instance.do("read_audit_log", database="press", table="author")]
    done = await instance.do("batch", operations=writes)

    assert before == [[], []], "a dry run leaves nothing behind"
    assert dry["message"] == "4 operations would be done; nothing was changed"
    assert done["message"] == "4 of 4 operations done"
    assert [reply["message"] for reply in dry["replies"]] == [reply["message"] for reply in done["replies"]]
    assert [reply["message"] for reply in done["replies"]] == [
        "inserted 1 of 1 records",
        "updated 1 of 1 records",
        "updated 1 of 1 records",
        "0 of 1 record successfully deleted",
    ]
    assert await instance.do("sql", sql="SELECT id, name FROM press.author") == [{"id": 7, "name": "IDA"}]
    described = await instance.do("describe_table", database="press", table="article")
    assert {each["attribute"] for each in described["attributes"]} >= {"author_id", "title"}


async def test_a_refusal_names_the_write_and_undoes_the_others(instance: Instance) -> None:
    await instance.table("article")
    reader = {"read": True, "insert": True, "update": False, "delete": False, "attribute_permissions": []}
    tor = await instance.user("tor", {"press": {"tables": {"article": reader}}})
    first = write("insert", "article", records=[{"id": 1}])

    async def refused(who: Instance, second: dict[str, Any], **more: Any) -> tuple[int, str, int, str]:
        reply = await who.ask("batch", operations=[first, second], **more)
        body = reply.json()
        assert reply.headers["harper-error-path"] == body["path"]
        return reply.status, body["error"], body["operation_index"], body["path"]

    draft = write("insert", "draft", records=[{"id": 1}])
    assert await refused(instance, draft) == (400, "Table 'press.draft' does not exist", 1, "$.operations[1]")
    null = write("insert", "article", records=[{"id": "x"}, {"id": "null"}])
    status, sentence, place, path = await refused(instance, null, dry_run=True)
    assert (status, place, path) == (400, 1, "$.operations[1].records[1].id")
    assert sentence.startswith("Invalid hash value: 'null'")
    bad = {"operation": "sql", "sql": "UPDATE press.article SET"}
    assert (await refused(instance, bad))[::3] == (400, "$.operations[1].sql")
    forbidden = await refused(tor, write("update", "article", records=[{"id": 1, "title": "x"}]))
    assert (forbidden[0], forbidden[2]) == (403, 1)
    hidden = (await tor.ask("batch", operations=[first, write("delete", "author", ids=[1])])).json()
    assert hidden["invalid_schema_items"] == ["Table 'press.author' does not exist"]
    assert await ids(instance, "article") == []


async def test_what_is_no_batch_is_refused_before_anything_is_done(one_engine: Instance) -> None:
    await one_engine.table("article")
    one = write("insert", "article", records=[{"id": 1}])

    async def refused(operations: Any) -> str:
        status, sentence = await one_engine.refused("batch", operations=operations)
        assert status == 400
        return str(sentence)

    names = "insert, update, upsert, put, delete, sql"
    assert await refused(None) == "'operations' is required"
    assert await refused([]) == "'operations' must contain at least 1 item"
    assert await refused([one, 5, write("drop_table", "article")]) == (
        f"'operations[1]' must be of type object. 'operations[2].operation' must be one of [{names}]"
    )
    assert await refused([write("batch", "article", operations=[one])]) == (
        f"'operations[0].operation' must be one of [{names}]"
    )
    assert await refused([{"operation": "sql", "sql": "SELECT 1"}]) == (
        "'operations[0].sql' must be INSERT, UPDATE or DELETE"
    )
    assert await refused([one] * 101) == "'operations' must contain less than or equal to 100 items"
    many = write("insert", "article", records=[{}] * 6_000)
    assert await refused([many, many]) == "A batch writes at most 10000 records; this one has 12000"
    assert await ids(one_engine, "article") == []


async def test_statements_count_by_the_records_they_write(
    one_engine: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one_engine.table("article", records=[{"id": number} for number in range(3)])
    monkeypatch.setattr(api, "RECORDS_MAX", 5)
    update = {"operation": "sql", "sql": "UPDATE press.article SET seen = true WHERE id >= 0"}

    too_many = await one_engine.ask("batch", operations=[update, write("delete", "article", ids=[7]), update])
    few = await one_engine.ask("batch", operations=[update, write("delete", "article", ids=[1, 2])])

    assert (too_many.status, too_many.json()) == (
        400,
        {
            "error": "A batch writes at most 5 records; this one has more",
            "operation_index": 2,
            "path": "$.operations[2]",
        },
    )
    assert few.status == 200
    assert await ids(one_engine, "article") == [0]


async def test_a_role_with_a_list_runs_in_a_batch_what_it_lists(one_engine: Instance) -> None:
    await one_engine.table("article")
    all_ = {"read": True, "insert": True, "update": True, "delete": True, "attribute_permissions": []}
    permission = {"operations": ["batch", "insert"], "press": {"tables": {"article": all_}}}
    ute = await one_engine.user("ute", permission)

    reply = await ute.ask(
        "batch",
        operations=[write("insert", "article", records=[{"id": 1}]), write("delete", "article", ids=[1])],
    )

    sentence = "Operation 'delete' is not permitted for this role's operations configuration"
    assert (reply.status, reply.json()["unauthorized_access"]) == (403, [sentence])
    assert reply.json()["path"] == "$.operations[1]"
