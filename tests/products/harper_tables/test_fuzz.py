"""Whatever comes in, the answer is never our fault: no body is answered with 500, and none is kept by halves."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import START
from tests.products.harper_tables.conftest import Instance, open_instance

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.products.harper_tables.product import harper_operations

OPERATIONS = harper_operations().names
INJECTIONS = (
    "'; DROP TABLE harper_records; --",
    '" OR 1=1',
    "%00",
    "../../etc/passwd",
    "{{7*7}}",
    "${x}",
    "a`b",
    "\u2028",
)
NAMES = st.one_of(
    st.sampled_from(("id", "a", "b", "data", "t", "system", "*", "__createdtime__", "$")), st.sampled_from(INJECTIONS)
)
FIELDS = st.sampled_from(
    (
        *(
            "database",
            "schema",
            "table",
            "attribute",
            "search_attribute",
            "value",
            "search_value",
            "conditions",
            "operator",
        ),
        *(
            "records",
            "ids",
            "hash_values",
            "get_attributes",
            "sort",
            "limit",
            "offset",
            "reverse",
            "primary_key",
            "attributes",
        ),
        *(
            "expiration",
            "audit",
            "timestamp",
            "expiresAt",
            "full_record",
            "exact_count",
            "indexed",
            "replicated",
            "select",
        ),
        *("username", "password", "role", "active", "permission", "id", "impersonate", "expires_in", "refresh_token"),
    )
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-5, 5),
    st.integers(-(2**200), 2**200),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    NAMES,
)
KEYS = st.one_of(
    NAMES, st.text(max_size=4), FIELDS, st.sampled_from(("comparator", "search_type", "next", "descending"))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
COMPARATORS = st.sampled_from(("equals", "gt", "between", "in", "starts_with", "contains", "ne", "le", "matches", "x"))
CONDITION = st.fixed_dictionaries(
    {"attribute": st.one_of(st.sampled_from(("id", "a", "b")), NAMES), "comparator": COMPARATORS, "value": VALUES}
)
RECORDS = st.lists(
    st.dictionaries(st.one_of(st.sampled_from(("id", "id", "a", "b", "c", "$", "ü", "x y")), KEYS), VALUES, max_size=4),
    max_size=3,
)
# What makes sense for most operations, and then one thing that may not.
GRANTS = st.dictionaries(st.sampled_from(("read", "insert", "update", "delete", "attribute_permissions")), VALUES)
PERMISSIONS = st.dictionaries(
    st.sampled_from(("super_user", "structure_user", "operations", "data", "cluster_user")),
    st.one_of(VALUES, st.fixed_dictionaries({"tables": st.dictionaries(st.sampled_from(("t", "t2")), GRANTS)})),
    max_size=3,
)
LIKELY = st.fixed_dictionaries(
    {
        "permission": PERMISSIONS,
        "role": st.sampled_from(("desk", "super_user", "none")),
        "username": st.sampled_from(("tor", "una", "none")),
        "password": st.sampled_from(("birch-9", "")),
        "active": st.booleans(),
        "id": st.sampled_from(("desk", "none")),
        "table": st.sampled_from(("t", "t", "t", "t2")),
        "primary_key": st.just("id"),
        "records": RECORDS,
        "ids": st.lists(st.one_of(st.integers(0, 3), SCALARS), max_size=3),
        "get_attributes": st.lists(NAMES, min_size=1, max_size=3),
        "attribute": st.one_of(st.sampled_from(("id", "a", "b")), NAMES),
        "value": VALUES,
        "conditions": st.lists(CONDITION, min_size=1, max_size=3),
        "sort": st.one_of(
            st.none(), st.fixed_dictionaries({"attribute": st.sampled_from(("id", "a")), "descending": st.booleans()})
        ),
    }
)
OFTEN = tuple(name for name in OPERATIONS if not name.startswith("drop_")) * 4 + OPERATIONS
BODIES = st.builds(
    lambda operation, likely, wild: {**likely, **wild, "operation": operation},
    st.sampled_from(OFTEN),
    LIKELY,
    st.one_of(
        st.just({}),
        st.dictionaries(FIELDS, VALUES, max_size=2),
        st.fixed_dictionaries(
            {
                "impersonate": st.one_of(
                    VALUES, st.fixed_dictionaries({"role": st.fixed_dictionaries({"permission": PERMISSIONS})})
                )
            }
        ),
    ),
)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """A loop of this module's own: hypothesis calls plain functions."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def instance(
    runner: asyncio.Runner, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    """One instance that all bodies are thrown at."""
    folder = tmp_path_factory.mktemp("fuzz")

    async def opened() -> Any:
        database = SqliteDatabase(shutil.copy(sqlite_template, folder / "harbor.db"), ManualClock(START))
        await database.open()
        context = open_instance(database, ManualClock(START), folder)
        made = await context.__aenter__()
        await _table(made)
        return database, context, made

    database, context, made = runner.run(opened())
    yield made
    runner.run(context.__aexit__(None, None, None))
    runner.run(database.close())


async def _table(instance: Instance) -> None:
    """The table that bodies speak of, made again after one has dropped it."""
    await instance.ask("create_table", table="t", primary_key="id")
    await instance.ask("insert", table="t", records=[{"id": 1, "a": 1, "b": "x", "c": [1]}])


settings_of_fuzz = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(BODIES)
@settings_of_fuzz
def test_no_body_is_answered_with_500(runner: asyncio.Runner, instance: Instance, body: dict[str, Any]) -> None:
    reply = runner.run(instance.client.request("POST", "/", body))

    assert reply.status in (200, 400, 401, 403, 404, 409, 429), (reply.status, reply.body)
    if reply.status == 404 or body["operation"].startswith("drop_"):
        runner.run(_table(instance))
    if reply.status != 200:
        assert isinstance(msgspec.json.decode(reply.body)["error"], str)


@given(BODIES)
@settings(settings_of_fuzz, max_examples=60)
def test_no_cbor_is_answered_with_500(runner: asyncio.Runner, instance: Instance, body: dict[str, Any]) -> None:
    request = instance.client.request("POST", "/", body=cbor2.dumps(body), media_type="application/cbor")

    assert runner.run(request).status in (200, 400, 401, 403, 404, 409, 429)


@given(st.binary(max_size=60), st.sampled_from(["application/json", "application/cbor", "application/x-msgpack", "x"]))
@settings(settings_of_fuzz, max_examples=150)
def test_no_bytes_are_answered_with_500(runner: asyncio.Runner, instance: Instance, body: bytes, kind: str) -> None:
    reply = runner.run(instance.client.request("POST", "/", body=body, media_type=kind))

    assert reply.status == 400, reply.body
