"""Whatever comes into an operation of administration, the answer is never our fault; and who may not, may not."""

from __future__ import annotations

import asyncio
import shutil
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import START
from tests.products.harper_tables.admin_ops.conftest import make_operator
from tests.products.harper_tables.conftest import Instance, open_instance

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.products.harper_tables.admin_ops.operations import OPERATIONS

NAMES = [each.name for each in OPERATIONS]
STATUSES = (200, 400, 403, 404, 409, 413)
FIELDS = (
    *("attributes", "authorization", "backup_id", "certificate", "ciphers", "company", "component", "conditions"),
    *("connections", "credentials", "csr", "database", "deployment_id", "encoding", "end_time", "envelope", "file"),
    *("filter", "force", "from", "function_content", "generate", "get_attributes", "grants", "gzip", "host"),
    *("hostname", "hosts", "http_cors", "id", "include_audit", "is_authority", "keep_count", "key", "known_hosts"),
    *("level", "license", "limit", "log_name", "logging_level", "match", "metadata", "metric", "metric_types", "mode"),
    *("name", "offset", "order", "package", "payload", "private_key", "processEnv", "project", "projects", "region"),
    *("replicated", "restart", "routes", "rule", "scoreThreshold", "service", "shard", "since", "start", "start_time"),
    *("status", "subscriptions", "table", "tables", "timestamp", "to", "type", "until", "url", "uses", "value"),
)
WORDS = st.sampled_from(
    (
        *("press", "article", "shelf", "conf.yaml", "../x", "/etc/passwd", "a/../b", "primary", "availability"),
        *("http", "table-size", "duration", "routes", "base64", "hex", "2026-01-01", "n2.test", "wss://[", "monitor"),
        *("forge", "", "a.b.c", "'; DROP TABLE harper_kept; --", "x" * 600, "H4sIAAAA", "-----BEGIN CERTIFICATE-----"),
        b64encode(b"\x1f\x8b" + bytes(20)).decode(),
        b64encode(bytes(1024)).decode(),
    )
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-2, 3), st.integers(-(2**90), 2**90),
    st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=6), WORDS,
)  # fmt: skip
KEYS = st.one_of(st.sampled_from(FIELDS), st.text(max_size=4))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
LIKELY = st.fixed_dictionaries(
    {
        "project": st.sampled_from(("shelf", "shelf", "desk", "no such")),
        "file": st.sampled_from(("conf.yaml", "lib", "lib/a.js", "main", "..")),
        "name": st.sampled_from(("forge", "harbor-test", "API_KEY")),
        "database": st.sampled_from(("press", "press", "none")),
        "table": st.sampled_from(("article", "none")),
        "metric": st.sampled_from(("table-size", "database-size", "duration", "utilization", "none")),
        "payload": st.sampled_from((None, "rest: true", "aGk=")),
    }
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
        await make_operator(made)
        await made.table(records=[{"id": 1, "title": "Tides"}])
        await made.do("add_component", project="shelf")
        await made.do("set_component_file", project="shelf", file="conf.yaml", payload="rest: true")
        return database, context, made

    database, context, made = runner.run(opened())
    yield made
    runner.run(context.__aexit__(None, None, None))
    runner.run(database.close())


SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(
    st.sampled_from(NAMES), st.one_of(st.just({}), LIKELY), st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6)
)
@settings(SETTINGS, max_examples=150)
def test_no_body_is_answered_with_500(
    runner: asyncio.Runner, instance: Instance, operation: str, likely: dict[str, Any], wild: dict[str, Any]
) -> None:
    body = {**likely, **wild, "operation": operation}

    reply = runner.run(instance.client.request("POST", "/", body))

    assert reply.status in STATUSES, (body, reply.status, reply.body)


@pytest.mark.parametrize("operation", NAMES)
def test_fields_of_a_wrong_kind_are_the_callers_fault(
    runner: asyncio.Runner, instance: Instance, operation: str
) -> None:
    for value in (7, "x", [7], {"a": 7}, True):
        body = {**dict.fromkeys(FIELDS, value), "operation": operation}
        reply = runner.run(instance.client.request("POST", "/", body))
        assert reply.status in STATUSES, (body, reply.status, reply.body)


@given(st.sampled_from(NAMES), LIKELY, st.dictionaries(st.sampled_from(FIELDS), VALUES))
@settings(SETTINGS, max_examples=30)
def test_no_cbor_is_answered_with_500(
    runner: asyncio.Runner, instance: Instance, operation: str, likely: dict[str, Any], wild: dict[str, Any]
) -> None:
    body = {**likely, **wild, "payload": b"\x00\xff", "operation": operation}
    request = instance.client.request("POST", "/", body=cbor2.dumps(body), media_type="application/cbor")

    assert runner.run(request).status in STATUSES
