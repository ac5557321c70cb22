"""One path, every form in and out, and the refusals of the envelope, byte for byte."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import Any

import brotli
import cbor2
import msgspec
import pytest
from tests.products.harper_tables.conftest import PASSWORD, USER, Instance, basic


async def test_a_request_without_credentials_must_log_in(one_engine: Instance) -> None:
    stranger = one_engine.house.client("harper")

    reply = await stranger.request("POST", "/", {"operation": "describe_all"})

    assert (reply.status, reply.json()) == (401, {"error": "Must login"})
    assert reply.headers["www-authenticate"] == "Basic"


@pytest.mark.parametrize(
    "header", [basic(USER, "wrong"), basic("nobody", PASSWORD), {"Authorization": "Basic %%%"}, {"Authorization": "X"}]
)
async def test_wrong_credentials_fail(one_engine: Instance, header: dict[str, str]) -> None:
    reply = await one_engine.house.client("harper", header).request("POST", "/", {"operation": "describe_all"})

    assert (reply.status, reply.json()) == (401, {"error": "Login failed"})


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"nope", b'"text"', b"5", b"null", b'{"operation": 1e999}'])
async def test_what_is_no_object_is_invalid_json(one_engine: Instance, body: bytes) -> None:
    reply = await one_engine.client.request("POST", "/", body=body)

    assert (reply.status, reply.json()) == (400, {"error": "Invalid JSON."})


@pytest.mark.parametrize("body", [{"a": 1}, {"operation": None, "a": 1}, {"operation": ""}])
async def test_a_body_names_its_operation(one_engine: Instance, body: object) -> None:
    reply = await one_engine.client.request("POST", "/", body)

    assert (reply.status, reply.json()) == (400, {"error": "Request body must include an 'operation' property."})


@pytest.mark.parametrize("name", ["nothing", "refused", "health", 7, "catchup", "__class__"])
async def test_an_unknown_operation_is_named(one_engine: Instance, name: object) -> None:
    reply = await one_engine.client.request("POST", "/", {"operation": name})

    assert (reply.status, reply.json()) == (400, {"error": f"Operation '{name}' not found"})
    assert reply.headers["harper-error-code"] == "unknown_operation"


async def test_nothing_is_told_of_a_body_before_the_credential(one_engine: Instance) -> None:
    stranger = one_engine.house.client("harper", basic(USER, "wrong"))

    replies = [await stranger.request("POST", "/", body=body) for body in (b"nope", b'{"operation": "nothing"}')]

    assert [(reply.status, reply.json()) for reply in replies] == [(401, {"error": "Login failed"})] * 2


async def test_all_faults_are_told_in_the_order_of_the_fields(one_engine: Instance) -> None:
    assert await one_engine.refused("insert", schema=[1]) == (
        400,
        "'schema' must be a string. 'table' is required. 'records' is required",
    )


async def test_a_label_is_the_name_the_client_used(one_engine: Instance) -> None:
    await one_engine.table()

    async def delete(**ids: Any) -> str:
        return (await one_engine.refused("delete", database="press", table="article", **ids))[1]  # type: ignore[no-any-return]

    assert await delete(hash_values=7) == "'hash_values' must be an array"
    assert await delete(ids=7) == "'ids' must be an array"
    assert await delete() == "'ids' is required"


async def test_an_older_line_calls_absent_fields_as_it_did(v4: Instance) -> None:
    assert await v4.refused("delete", table="article") == (400, "'hash_values' is required")
    assert await v4.refused("drop_schema") == (400, "'schema' is required")


async def test_of_two_names_the_newer_wins(one_engine: Instance) -> None:
    await one_engine.do("create_schema", schema="old", database="new")

    assert await one_engine.do("describe_all") == {"new": {}}


@pytest.mark.parametrize("field", ["bypass_auth", "hdb_user", "hdbAuthHeader", "parsed_sql_object"])
async def test_fields_between_harpers_own_parts_are_dropped(one_engine: Instance, field: str) -> None:
    assert await one_engine.do("describe_all", **{field: True}) == {}


async def test_every_reply_tells_its_time(one_engine: Instance) -> None:
    reply = await one_engine.ask("describe_all")

    assert reply.headers["server-timing"].startswith("db;dur=")


@pytest.mark.parametrize("path", ["/", "/health"])
async def test_that_it_runs_is_told_to_anybody(one_engine: Instance, v4: Instance, path: str) -> None:
    stranger, older = one_engine.house.client("harper"), v4.house.client("harper")

    assert (await stranger.request("GET", path)).body == b"Harper is running."
    assert (await older.request("GET", path)).body == b"HarperDB is running."


async def test_other_paths_and_methods_are_not_there(one_engine: Instance) -> None:
    assert (await one_engine.client.request("POST", "/insert", {"operation": "describe_all"})).status == 404
    assert (await one_engine.client.request("PUT", "/", {"operation": "describe_all"})).status == 405
    assert (await one_engine.client.request("GET", "/nothing")).status == 404


async def _stored(instance: Instance) -> None:
    await instance.table()
    body = {
        "operation": "insert",
        "database": "press",
        "table": "article",
        "records": [
            {
                "id": 7,
                "at": datetime(2026, 1, 1, tzinfo=UTC),
                "raw": b"\x00\x01",
                "large": 2**70,
                "nested": {"$": 1, "big": [2**64]},
            }
        ],
    }
    reply = await instance.client.request("POST", "/", body=cbor2.dumps(body), media_type="application/cbor")
    assert reply.status == 200, reply.body


async def _read(instance: Instance, accept: str) -> Any:
    body = {
        "operation": "search_by_id",
        "database": "press",
        "table": "article",
        "ids": [7],
        "get_attributes": ["at", "raw", "large", "nested"],
    }
    return await instance.client.request("POST", "/", body, headers={"Accept": accept})


async def test_cbor_keeps_dates_bytes_and_large_integers(instance: Instance) -> None:
    await _stored(instance)

    reply = await _read(instance, "application/cbor")

    assert reply.headers["content-type"] == "application/cbor"
    assert cbor2.loads(reply.body) == [
        {"at": datetime(2026, 1, 1, tzinfo=UTC), "raw": b"\x00\x01", "large": 2**70, "nested": {"$": 1, "big": [2**64]}}
    ]


async def test_json_prints_them_as_texts_and_digits(instance: Instance) -> None:
    await _stored(instance)

    reply = await _read(instance, "*/*")

    assert reply.body == (
        b'[{"at":"2026-01-01T00:00:00.000Z","raw":"AAE=","large":1180591620717411303424,'
        b'"nested":{"$":1,"big":[18446744073709551616]}}]'
    )


async def test_messagepack_goes_in_and_out(one_engine: Instance) -> None:
    await _stored(one_engine)

    def big(code: int, data: memoryview) -> int:
        assert code == 0x42
        return int.from_bytes(bytes(data), "big", signed=True)

    reply = await _read(one_engine, "application/x-msgpack")
    (record,) = msgspec.msgpack.Decoder(ext_hook=big).decode(reply.body)
    asked = await one_engine.client.request(
        "POST", "/", body=msgspec.msgpack.encode({"operation": "describe_all"}), media_type="application/x-msgpack"
    )

    assert record["large"] == 2**70
    assert record["at"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert list(asked.json()) == ["press"]


async def test_csv_has_a_line_for_each_record(one_engine: Instance) -> None:
    await _stored(one_engine)
    await one_engine.do("insert", database="press", table="article", records=[{"id": 8, "title": 'a "b", c'}])
    body = {
        "operation": "search_by_value",
        "database": "press",
        "table": "article",
        "attribute": "id",
        "value": "*",
        "get_attributes": ["id", "title", "at", "large"],
    }

    reply = await one_engine.client.request("POST", "/", body, headers={"Accept": "text/csv"})

    assert reply.headers["content-disposition"] == 'attachment; filename="data.csv"'
    assert reply.body.decode() == (
        'id,title,at,large\n7,,2026-01-01T00:00:00.000Z,1180591620717411303424\n8,"a ""b"", c",,\n'
    )


async def test_a_refusal_is_json_to_who_asks_for_csv(one_engine: Instance) -> None:
    reply = await one_engine.client.request("POST", "/", {"operation": "nothing"}, headers={"Accept": "text/csv"})

    assert reply.json() == {"error": "Operation 'nothing' not found"}
    assert "content-disposition" not in reply.headers


async def test_a_form_that_is_not_served_is_406(one_engine: Instance) -> None:
    reply = await one_engine.client.request(
        "POST", "/", {"operation": "describe_all"}, headers={"Accept": "image/png, text/html;q=0.5"}
    )

    assert reply.status == 406
    assert reply.json()["error"].startswith(
        "No supported content types found in Accept header, supported types include:"
    )


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html, application/cbor;q=0.4, application/json;q=0.8", "application/json"),
        ("application/cbor, application/json;q=0.9", "application/cbor"),
        ("text/yaml", "text/yaml"),
        ("application/*", "application/json"),
    ],
)
async def test_the_best_form_is_chosen(one_engine: Instance, accept: str, kind: str) -> None:
    reply = await one_engine.client.request("POST", "/", {"operation": "describe_all"}, headers={"Accept": accept})

    assert reply.headers["content-type"] == kind


async def test_a_gzipped_body_is_read(one_engine: Instance) -> None:
    packed = gzip.compress(b'{"operation": "describe_all"}')
    headers = {"Content-Encoding": "gzip"}

    assert (await one_engine.client.request("POST", "/", body=packed, headers=headers)).status == 200
    assert (await one_engine.client.request("POST", "/", body=packed[:-9], headers=headers)).status == 400


async def test_what_a_stranger_packs_is_no_larger_unpacked_than_packed(one_engine: Instance) -> None:
    """23 KB of packed brackets were seconds of work and a gigabyte for who had shown no credential."""
    packed = gzip.compress(b'{"operation":"describe_all","a":[' + b"[]," * 50_000 + b"[]]}")
    stranger = one_engine.house.client("harper")

    assert len(packed) < 1_000
    reply = await stranger.request("POST", "/", body=packed, headers={"Content-Encoding": "gzip"})
    assert (reply.status, reply.json()) == (401, {"error": "Must login"})
    assert (
        await one_engine.client.request("POST", "/", body=packed, headers={"Content-Encoding": "gzip"})
    ).status == 200


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            b'{"operation":"describe_all","a":{"b":["x","\\u0000"]}}',
            "a.b.1 contains the character U+0000, which cannot be kept.",
        ),
        (
            b'{"operation":"describe_all","a":"\\ud800"}',
            "a contains half of a surrogate pair, which is no character.",
        ),
        (
            b'{"operation":"describe_all","a":' + b"[" * 70 + b"]" * 70 + b"}",
            "The body is nested deeper than 64 levels.",
        ),
        (b'{"operation":"describe_all","a":' + b"[" * 90_000 + b"]" * 90_000 + b"}", None),
    ],
)
async def test_what_cannot_be_kept_is_named(one_engine: Instance, body: bytes, sentence: str | None) -> None:
    reply = await one_engine.client.request("POST", "/", body=body)

    assert reply.status == 400
    assert sentence is None or reply.json()["error"] == sentence


async def test_a_long_reply_is_packed_for_who_takes_it(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": each, "text": "x" * 100} for each in range(200)])
    body = {"operation": "search_by_value", "database": "press", "table": "article", "attribute": "id", "value": "*"}

    async def asked(accept: str) -> Any:
        return await one_engine.client.request("POST", "/", body, headers={"Accept-Encoding": accept})

    packed, plain, refused = await asked("gzip"), await asked("zstd"), await asked("gzip;q=0, *;q=0.5")
    smaller = await asked("gzip, deflate, br")

    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert smaller.headers["content-encoding"] == "br"
    assert gzip.decompress(packed.body) == brotli.decompress(smaller.body) == plain.body == refused.body
    assert "content-encoding" not in plain.headers
    assert len(packed.body) < len(plain.body) / 5
