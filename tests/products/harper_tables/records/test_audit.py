"""What was done to a table can be read again: by time, by user, by record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.products.harper_tables.conftest import USER, Instance

from harbor.kernel.clock import ManualClock
from harbor.products.harper_tables.records import audit, audit_store

ARTICLE: dict[str, Any] = {"database": "press", "table": "article"}
NOW_MS = 1_779_710_400_000


@pytest.fixture
async def told(instance: Instance, clock: ManualClock) -> Instance:
    """A table to which something was done each second."""
    await instance.table(records=[{"id": 7, "title": "Tides"}, {"id": 8, "title": "Moss"}])
    for operation, more in (
        ("update", {"records": [{"id": 8, "year": 2012}, {"id": 99}]}),
        ("upsert", {"records": [{"id": 7, "title": "Tides II"}, {"id": 9}]}),
        ("delete", {"ids": [8]}),
    ):
        clock.set(clock.now() + timedelta(seconds=1))
        await instance.do(operation, **ARTICLE, **more)
    return instance


def entry(operation: str, ids: list[Any], second: int, **more: Any) -> dict[str, Any]:
    """An entry as it is shown."""
    moment = float(NOW_MS + 1_000 * second)
    return {"operation": operation, "user_name": USER, "timestamp": moment, "ids": ids, "hash_values": ids, **more}


INSERTED = entry("insert", [7, 8], 0, records=[{"id": 7, "title": "Tides"}, {"id": 8, "title": "Moss"}])
UPDATED = entry("update", [8], 1, records=[{"id": 8, "year": 2012}], original_records=[{"id": 8, "title": "Moss"}])
UPSERTED = entry(
    "upsert",
    [7, 9],
    2,
    records=[{"id": 7, "title": "Tides II"}, {"id": 9}],
    original_records=[{"id": 7, "title": "Tides"}],
)
DELETED = entry("delete", [8], 3, original_records=[{"id": 8, "title": "Moss", "year": 2012}])
ALL = [INSERTED, UPDATED, UPSERTED, DELETED]


async def test_every_request_is_an_entry(told: Instance) -> None:
    assert await told.do("read_audit_log", **ARTICLE) == ALL
    assert await told.do("read_audit_log", schema="press", table="article", limit=2) == ALL[:2]


async def test_entries_are_found_by_time(told: Instance) -> None:
    async def read(*moments: int) -> Any:
        return await told.do("read_audit_log", **ARTICLE, search_type="timestamp", search_values=list(moments))

    assert await read(NOW_MS + 1_000) == ALL[1:]
    assert await read(NOW_MS + 1, NOW_MS + 2_000) == ALL[1:3]


async def test_entries_are_found_by_user_and_by_record(told: Instance) -> None:
    by_user = await told.do("read_audit_log", **ARTICLE, search_type="username", search_values=[USER, "tor"])
    by_key = await told.do("read_audit_log", **ARTICLE, search_type="hash_value", search_values=[7, "7"])

    assert by_user == {USER: ALL, "tor": []}
    # 7 and "7" are two keys and one name in the reply; the last one asked for is shown.
    assert by_key == {"7": []}
    alone = await told.do("read_audit_log", **ARTICLE, search_type="hash_value", search_values=[7])
    assert [(each["operation"], each["ids"], each["records"]) for each in alone["7"]] == [
        ("insert", [7], [{"id": 7, "title": "Tides"}]),
        ("upsert", [7], [{"id": 7, "title": "Tides II"}]),
    ]


async def test_the_transaction_log_is_a_list_that_names_the_user_twice(told: Instance) -> None:
    every = await told.do("read_transaction_log", **ARTICLE)
    some = await told.do("read_transaction_log", **ARTICLE, **{"from": NOW_MS + 1_000, "to": NOW_MS + 2_000})
    old = await told.do("read_transaction_log", **ARTICLE, search_type="hash_value", search_values=[8])

    assert every == [{**each, "user": USER} for each in ALL]
    assert [each["operation"] for each in some] == ["update", "upsert"]
    assert [each["operation"] for each in old] == ["insert", "update", "delete"]


async def test_what_cannot_be_read_is_refused(one_engine: Instance) -> None:
    await one_engine.do("create_table", table="quiet", primary_key="id", audit=False)

    assert await one_engine.refused("read_audit_log") == (400, "database is required. table is required")
    assert await one_engine.refused("read_audit_log", database="no", table="t") == (404, "database 'no' does not exist")
    assert await one_engine.refused("read_audit_log", database="data", table="quiet") == (
        400,
        "To use this operation audit log must be enabled in harperdb-config.yaml",
    )
    status, _ = await one_engine.refused("read_audit_log", database="data", table="quiet", search_values=["x"])
    assert status == 400


async def test_a_record_that_is_told_of_twice_is_noted_twice(one_engine: Instance) -> None:
    await one_engine.table()
    await one_engine.do("upsert", **ARTICLE, records=[{"id": 1, "a": 1}, {"id": 1, "b": 2}])

    (noted,) = await one_engine.do("read_audit_log", **ARTICLE)

    assert (noted["ids"], noted["records"]) == ([1, 1], [{"id": 1, "a": 1}, {"id": 1, "b": 2}])


async def test_a_role_that_lists_attributes_sees_no_others(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 7, "title": "Tides", "fee": 5}])
    await one_engine.do("update", **ARTICLE, records=[{"id": 7, "fee": 6, "title": "Tides II"}])
    title = {"attribute_name": "title", "read": True, "insert": False, "update": False}
    flags = {"read": True, "insert": False, "update": False, "delete": False, "attribute_permissions": [title]}
    reader = await one_engine.user("nora", {"operations": ["admin_read"], "press": {"tables": {"article": flags}}})

    first, second = await reader.do("read_audit_log", **ARTICLE)
    by_key = await reader.do("read_audit_log", **ARTICLE, search_type="hash_value", search_values=[7])

    assert first["records"] == second["original_records"] == [{"id": 7, "title": "Tides"}]
    assert second["records"] == [{"id": 7, "title": "Tides II"}]
    assert by_key == {"7": [first, second]}


async def test_an_answer_has_as_many_bytes_as_any_and_many_are_found_in_one_walk(
    one_engine: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one_engine.table()
    for number in range(3):
        await one_engine.do("upsert", **ARTICLE, records=[{"id": 1, "text": str(number) * 500}, {"id": number + 2}])
    walks: list[int] = []
    walk = audit_store.in_order

    def counted(*given: Any, **how: Any) -> Iterator[audit_store.Change]:
        walks.append(1)
        return walk(*given, **how)

    monkeypatch.setattr(audit_store, "in_order", counted)
    found = await one_engine.do(
        "read_audit_log", **ARTICLE, search_type="hash_value", search_values=[1, 3, *range(100, 500)], limit=2
    )
    assert len(walks) == 1
    assert [len(found["1"]), len(found["3"]), len(found["100"])] == [2, 1, 0]

    monkeypatch.setattr(audit, "OUT_BYTES_MAX", 2_000)
    assert len(await one_engine.do("read_audit_log", **ARTICLE, limit=1)) == 1
    for how in ({}, {"search_type": "username", "search_values": [USER]}):
        reply = await one_engine.ask("read_audit_log", **ARTICLE, **how)
        assert (reply.status, reply.headers["harper-error-code"]) == (400, "answer_too_large")
