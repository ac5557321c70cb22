"""Idempotency keys, and refusals that say where the fault lies."""

from __future__ import annotations

from typing import Any

import cbor2
import msgspec
import pytest
from tests.harness import Reply
from tests.products.harper_tables.conftest import Instance

from harbor.kernel.errors import Invalid
from harbor.products.harper_tables.error_paths import at, below, faults_of, path_of

ARTICLE: dict[str, Any] = {"database": "press", "table": "article"}


async def send(instance: Instance, key: str, operation: str, **fields: Any) -> Reply:
    """A request with an idempotency key."""
    body = {"operation": operation, **fields}
    return await instance.client.request("POST", "/", body, headers={"Idempotency-Key": key})


async def test_the_same_key_is_done_once_and_answered_the_same(instance: Instance) -> None:
    await instance.table()
    insert: dict[str, Any] = {**ARTICLE, "records": [{"title": "Tides"}]}

    first = await send(instance, "a-1", "insert", **insert)
    # Another form and another order say the same.
    body = cbor2.dumps(
        {"records": [{"title": "Tides"}], "table": "article", "database": "press", "operation": "insert"}
    )
    again = await instance.client.request(
        "POST", "/", body=body, media_type="application/cbor", headers={"Idempotency-Key": "a-1"}
    )

    assert first.status == again.status == 200
    assert first.body == again.body
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await instance.do("sql", sql="SELECT id FROM press.article")) == 1


async def test_a_key_that_says_something_else_is_refused(instance: Instance) -> None:
    await instance.table()
    await send(instance, "b-1", "insert", **ARTICLE, records=[{"id": 1}])

    reply = await send(instance, "b-1", "insert", **ARTICLE, records=[{"id": 2}])
    other = await send(instance, "b-1", "delete", **ARTICLE, ids=[1])
    bad = await send(instance, "with blanks", "insert", **ARTICLE, records=[{"id": 3}])

    sentence = "Idempotency-Key b-1 was already used with a different payload."
    assert (reply.status, reply.json()) == (409, {"error": sentence})
    assert (other.status, other.json()) == (409, {"error": sentence}), "also of another operation"
    assert reply.headers["harper-error-code"] == "idempotency_conflict"
    assert (bad.status, list(bad.json())) == (400, ["error"])
    assert [row["id"] for row in await instance.do("sql", sql="SELECT id FROM press.article")] == [1]


async def test_a_key_is_its_users_own_and_refusals_are_not_kept(instance: Instance) -> None:
    await instance.table()
    tor = await instance.user(
        "tor",
        {
            "press": {
                "tables": {
                    "article": {
                        "read": True,
                        "insert": False,
                        "update": False,
                        "delete": False,
                        "attribute_permissions": [],
                    }
                }
            }
        },
    )
    insert: dict[str, Any] = {**ARTICLE, "records": [{"id": 1}]}
    await send(instance, "c-1", "insert", **insert)

    refused = await send(tor, "c-1", "insert", **insert)
    missing = await send(instance, "c-2", "insert", database="press", table="draft", records=[{"id": 1}])
    await instance.table("draft")
    there = await send(instance, "c-2", "insert", database="press", table="draft", records=[{"id": 1}])

    assert (refused.status, missing.status, there.status) == (403, 400, 200)


async def test_tokens_are_never_kept(one_engine: Instance) -> None:
    tokens = [
        (await send(one_engine, "d-1", "create_authentication_tokens", expires_in=60 + more)).json() for more in (0, 1)
    ]

    assert all(set(each) == {"operation_token", "refresh_token"} for each in tokens)


async def test_large_replies_that_are_kept_are_plain(one_engine: Instance) -> None:
    await one_engine.table()
    records = [{"id": f"{number:04}"} for number in range(3_000)]
    body = {"operation": "insert", **ARTICLE, "records": records}
    headers = {"Idempotency-Key": "e-1", "Accept-Encoding": "gzip"}

    replies = [await one_engine.client.request("POST", "/", body, headers=headers) for _ in range(2)]

    assert replies[0].body == replies[1].body
    assert len(replies[0].json()["inserted_hashes"]) == 3_000


async def test_a_refusal_says_where_the_fault_lies(one_engine: Instance) -> None:
    await one_engine.table()

    async def where(operation: str, **fields: Any) -> str:
        reply = await one_engine.ask(operation, **fields)
        assert list(reply.json()) == ["error"], "nobody asked for more"
        return reply.headers["harper-error-path"]

    assert await where("insert", **ARTICLE) == "$.records"
    assert await where("insert", **ARTICLE, records=[{"id": 1}, 5]) == "$.records[1]"
    assert await where("insert", **ARTICLE, records=[{"id": 1}, {"id": 2, "a/b c": 1}]) == '$.records[1]["a/b c"]'
    assert await where("insert", **ARTICLE, records=[{"id": "a"}, {"id": "null"}]) == "$.records[1].id"
    assert await where("update", **ARTICLE, records=[{"id": "a"}, {"x": 1}]) == "$.records[1]"
    assert await where("delete", **ARTICLE, hash_values=[1, None]) == "$.hash_values[1]"
    assert await where("search", **ARTICLE, conditions=[{"attribute": "id", "comparator": "x", "value": 1}]) == (
        "$.conditions[0].comparator"
    )


async def test_who_asks_gets_every_fault_with_its_place(one_engine: Instance) -> None:
    reply = await one_engine.client.request(
        "POST", "/", {"operation": "insert", "schema": [1]}, headers={"Harper-Error-Details": "true"}
    )

    assert reply.json() == {
        "error": "'schema' must be a string. 'table' is required. 'records' is required",
        "details": [
            {"code": "invalid_field", "path": "$.schema", "message": "'schema' must be a string"},
            {"code": "invalid_field", "path": "$.table", "message": "'table' is required"},
            {"code": "invalid_field", "path": "$.records", "message": "'records' is required"},
        ],
    }


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("table", "$.table"),
        ("conditions[0].conditions[12].value", "$.conditions[0].conditions[12].value"),
        ("with\r\nSet-Cookie: x", '$["with\\r\\nSet-Cookie: x"]'),
        ("näme", '$["n\\u00e4me"]'),
        ("", None),
        (None, None),
        (at("records", 3, 'a"b'), '$.records[3]["a\\"b"]'),
        ("x" * 5_000, "$"),
    ],
)
def test_a_path_fits_into_a_header(field: str | None, path: str | None) -> None:
    assert path_of(field) == path


def test_a_fault_within_is_a_fault_of_the_whole() -> None:
    error = Invalid("'table' is required. x", field="table")
    error.extra["faults"] = [("table", "'table' is required"), (None, "x")]

    found = below(at("operations", 2), error)

    assert path_of(found.field) == "$.operations[2].table"
    assert faults_of(found) == [("$.operations[2].table", "'table' is required"), ("$.operations[2]", "x")]
    assert msgspec.json.encode(faults_of(found))
