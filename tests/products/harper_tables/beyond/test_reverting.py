"""Records become what they were before a transaction; what came since is told and not lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.products.harper_tables.conftest import Instance

from harbor.kernel.clock import ManualClock

ARTICLE: dict[str, Any] = {"database": "press", "table": "article"}


async def rows(instance: Instance) -> list[dict[str, Any]]:
    """The records without their times and what is null."""
    found = await instance.do("sql", sql="SELECT * FROM press.article ORDER BY id")
    return [{name: value for name, value in row.items() if value is not None and name[:2] != "__"} for row in found]


async def test_a_transaction_is_undone_and_the_undoing_too(instance: Instance, clock: ManualClock) -> None:
    await instance.table(records=[{"id": 1, "title": "Tides"}, {"id": 2, "title": "Moss"}])
    before = await rows(instance)
    clock.set(clock.now() + timedelta(seconds=1))
    mixed = await instance.do(
        "upsert", **ARTICLE, records=[{"id": 1, "title": "X", "fee": 5}, {"id": 3, "title": "New"}]
    )
    after = await rows(instance)

    dry = await instance.do("revert", **ARTICLE, txn_time=mixed["txn_time"], dry_run=True)
    unchanged = await rows(instance)
    done = await instance.do("revert", **ARTICLE, txn_time=mixed["txn_time"])
    reverted = await rows(instance)
    log = (await instance.do("read_audit_log", **ARTICLE))[-2:]

    assert (dry["message"], unchanged) == ("would revert 2 of 2 records", after)
    assert (done["message"], done["reverted_hashes"], done["conflicts"]) == ("reverted 2 of 2 records", [1, 3], [])
    assert reverted == before
    assert [(each["operation"], each["ids"]) for each in log] == [("update", [1]), ("delete", [3])]
    assert done["txn_time"] == log[-1]["timestamp"]
    await instance.do("revert", **ARTICLE, txn_time=log[0]["timestamp"])
    await instance.do("revert", **ARTICLE, txn_time=log[1]["timestamp"])
    assert await rows(instance) == after


async def test_records_go_back_to_before_a_moment_and_come_back(instance: Instance, clock: ManualClock) -> None:
    await instance.table(records=[{"id": 1, "title": "Tides"}, {"id": 2, "title": "Moss"}])
    clock.set(clock.now() + timedelta(seconds=1))
    moment = (await instance.do("update", **ARTICLE, records=[{"id": 1, "title": "Second"}]))["txn_time"]
    clock.set(clock.now() + timedelta(seconds=1))
    later = await instance.do("update", **ARTICLE, records=[{"id": 1, "title": "Third"}])
    clock.set(clock.now() + timedelta(seconds=1))
    await instance.do("delete", **ARTICLE, ids=[2])
    asked: dict[str, Any] = {**ARTICLE, "txn_time": moment, "ids": [1, 2, 9]}

    told = await instance.do("revert", **asked)
    forced = await instance.do("revert", **asked, overwrite=True)

    conflict = {"id": 1, "txn_time": later["txn_time"], "operation": "update"}
    assert (told["reverted_hashes"], told["skipped_hashes"], told["conflicts"]) == ([2], [9], [conflict])
    assert (forced["reverted_hashes"], forced["conflicts"]) == ([1, 2], [])
    # Record 2 was brought back by the first revert, and was there before the moment.
    assert await rows(instance) == [{"id": 1, "title": "Tides"}, {"id": 2, "title": "Moss"}]


async def test_a_revert_takes_the_rights_of_what_it_does(instance: Instance, clock: ManualClock) -> None:
    await instance.table(records=[{"id": 1, "title": "Tides"}])
    clock.set(clock.now() + timedelta(seconds=1))
    changed = (await instance.do("update", **ARTICLE, records=[{"id": 1, "title": "X"}]))["txn_time"]
    clock.set(clock.now() + timedelta(seconds=1))
    added = (await instance.do("insert", **ARTICLE, records=[{"id": 2}]))["txn_time"]

    def permission(*flags: str, listed: tuple[Any, ...] = ()) -> dict[str, Any]:
        given = {each: each in flags for each in ("read", "insert", "update", "delete")}
        return {"press": {"tables": {"article": {**given, "attribute_permissions": list(listed)}}}}

    reader = await instance.user("reader", permission("read", "insert", "delete"))
    writer = await instance.user("writer", permission("update"))
    title = {"attribute_name": "title", "read": True, "insert": True, "update": True}
    narrow = await instance.user("narrow", permission("read", "insert", "update", listed=(title,)))

    assert (await reader.ask("revert", **ARTICLE, txn_time=changed)).status == 403
    assert (await narrow.ask("revert", **ARTICLE, txn_time=changed)).status == 403
    assert (await writer.ask("revert", **ARTICLE, txn_time=added)).status == 403
    assert (await writer.ask("revert", database="press", table="draft", txn_time=added)).status == 403
    assert (await writer.do("revert", **ARTICLE, txn_time=changed))["reverted_hashes"] == [1]
    assert await rows(instance) == [{"id": 1, "title": "Tides"}, {"id": 2}]


async def test_what_cannot_be_reverted_is_refused(one_engine: Instance, clock: ManualClock) -> None:
    await one_engine.table(records=[{"id": 1, "title": "Tides", "fee": 5}])
    await one_engine.table("quiet", audit=False)
    clock.set(clock.now() + timedelta(seconds=1))
    changed = (await one_engine.do("delete", **ARTICLE, ids=[1]))["txn_time"]
    await one_engine.do("drop_attribute", **ARTICLE, attribute="fee")

    assert await one_engine.refused("revert", **ARTICLE) == (400, "'txn_time' is required")
    assert await one_engine.refused("revert", **ARTICLE, txn_time=12.5) == (
        404,
        "No transaction of 'press.article' has the txn_time 12.500",
    )
    assert (await one_engine.refused("revert", database="press", table="quiet", txn_time=1))[0] == 400
    assert (await one_engine.refused("revert", **ARTICLE, txn_time=changed, ids=[None]))[0] == 400
    status, sentence = await one_engine.refused("revert", **ARTICLE, txn_time=12.5, ids=[1])
    assert (status, sentence.partition(" begins")[0]) == (404, "The audit of 'press.article'")
    # An attribute that was dropped since does not come back.
    await one_engine.do("revert", **ARTICLE, txn_time=changed)
    assert await rows(one_engine) == [{"id": 1, "title": "Tides"}]
