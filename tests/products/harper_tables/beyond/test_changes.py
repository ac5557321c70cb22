"""A table is followed as it changes: from anywhere, without a gap, and no longer than the follower may read it."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from typing import Any

import pytest
from tests.products.harper_tables.beyond.streaming import following
from tests.products.harper_tables.conftest import USER, Instance
from tests.racing import begun

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.records import audit, audit_store
from harbor.products.harper_tables.records.audit_store import Change
from harbor.products.harper_tables.records.changes_api import STREAMS_PER_USER_MAX

ARTICLE: dict[str, Any] = {"database": "press", "table": "article"}
NOW_MS = 1_779_710_400_000


async def test_changes_are_told_as_they_happen_and_gone_on_with(instance: Instance, clock: ManualClock) -> None:
    await instance.table(records=[{"id": 1, "title": "Tides"}])
    async with following(instance.client, "database=press&table=article", accept="text/event-stream") as stream:
        clock.set(clock.now() + timedelta(seconds=1))
        await instance.do("upsert", **ARTICLE, records=[{"id": 2, "title": "Moss"}])
        await instance.do("delete", **ARTICLE, ids=[1])
        first, second = await stream.until(2)
        last = stream.frames[0][0]

    assert stream.status == 200
    moment = float(NOW_MS + 1_000)
    told = {"database": "press", "table": "article", "user_name": USER}
    assert first == {
        **told,
        "operation": "upsert",
        "txn_time": moment,
        "ids": [2],
        "records": [{"id": 2, "title": "Moss"}],
    }
    assert (second["operation"], second["ids"], "records" in second) == ("delete", [1], False)

    await instance.do("update", **ARTICLE, records=[{"id": 2, "title": "Mosses"}])
    async with following(instance.client, "database=press&table=article", last_event_id=last) as stream:
        assert [each["operation"] for each in await stream.until(2)] == ["delete", "update"]
    for since in (0, NOW_MS + 60_000):
        async with following(instance.client, f"database=press&table=article&since={since}") as stream:
            begin = stream.body.partition(b"\n\n")[0]
        assert begin == b": following", "a place behind no change is none to go on from"
    async with following(instance.client, f"database=press&table=article&since={NOW_MS}") as stream:
        assert [each["operation"] for each in await stream.until(4)] == ["insert", "upsert", "delete", "update"]
    async with following(instance.client, f"schema=press&table=article&since={NOW_MS + 1}") as stream:
        assert [each["operation"] for each in await stream.until(3)] == ["upsert", "delete", "update"]


async def test_large_changes_are_read_off_the_loop_and_told_whole(
    one_engine: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one_engine.table()
    threads: list[tuple[int, bool]] = []

    def shown(call: Call, table: Table, change: Change) -> Change:
        threads.append((len(change.ids), threading.current_thread() is threading.main_thread()))
        return shown_by_audit(call, table, change)

    shown_by_audit = audit.shown
    monkeypatch.setattr(audit, "shown", shown)
    large = [[{"id": f"{turn}-{each}", "text": secrets.token_hex(20)} for each in range(2_000)] for turn in range(3)]
    async with following(one_engine.client, f"database=press&table=article&since={NOW_MS}") as stream:
        for records in large:
            await one_engine.do("insert", **ARTICLE, records=records)
        await one_engine.do("insert", **ARTICLE, records=[{"id": 1}])
        told = await stream.until(4)

    assert [each["records"] for each in told] == [*large, [{"id": 1}]]
    assert {is_on_loop for count, is_on_loop in threads if count > 1} == {False}


async def test_a_change_that_commits_late_is_told_all_the_same(instance: Instance, clock: ManualClock) -> None:
    await instance.table()
    found = await instance.house.read(
        instance.organization.production, lambda call: catalog.lookup(call, "press", "article")
    )
    assert found is not None

    def late(tx: Tx) -> None:
        audit_store.append(
            tx, found.id, user="tor", operation="insert", key="id", ids=["late"], records=['{"id":"late"}'], before=None
        )

    async with following(instance.client, "database=press&table=article") as stream:
        if instance.house.database.engine == "sqlite":
            await instance.house.database.write(late)
            await instance.do("insert", **ARTICLE, records=[{"id": "early"}])
        else:
            async with begun(instance.house.database, late):
                clock.set(clock.now() + timedelta(seconds=1))
                await instance.do("insert", **ARTICLE, records=[{"id": "early"}])
                assert stream.frames == [], "nothing is told that something may still come before"
        told = await stream.until(2)
        last = stream.frames[0][0]

    assert [each["ids"] for each in told] == [["late"], ["early"]]
    async with following(instance.client, "database=press&table=article", last_event_id=last) as stream:
        assert [each["ids"] for each in await stream.until(1)] == [["early"]]


async def test_a_stream_shows_what_its_user_may_read_and_ends_when_they_may_not(instance: Instance) -> None:
    await instance.table(records=[{"id": 1, "title": "Tides", "fee": 5}])
    listed = [{"attribute_name": "title", "read": True, "insert": False, "update": False}]
    flags = {"read": True, "insert": False, "update": False, "delete": False, "attribute_permissions": listed}
    tor = await instance.user("tor", {"press": {"tables": {"article": flags}}})
    role = next(each for each in await instance.do("list_roles") if each["role"] == "tor_role")

    async with following(tor.client, "database=press&table=article") as stream:
        await instance.do("update", **ARTICLE, records=[{"id": 1, "title": "Moss", "fee": 9}])
        (told,) = await stream.until(1)
        hidden = {**flags, "read": False, "insert": True, "attribute_permissions": []}
        permission = {"press": {"tables": {"article": hidden}}}
        await instance.do("alter_role", id=role["id"], role="tor_role", permission=permission)
        await instance.do("update", **ARTICLE, records=[{"id": 1, "title": "Secret"}])
        await stream.ended()

    assert told["records"] == [{"id": 1, "title": "Moss"}]
    assert "user_name" not in told
    assert b"Secret" not in stream.body
    denied = await tor.client.request("GET", "/changes?database=press&table=article")
    assert denied.status == 403


async def test_what_cannot_be_followed_is_refused(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 1}])
    await one_engine.table("quiet", audit=False)

    async def refused(query: str, **headers: str) -> tuple[int, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = await one_engine.client.request("GET", f"/changes?{query}", headers=named)
        return reply.status, reply.json()["error"]

    assert await refused("database=press") == (400, "'table' is required")
    assert await refused("database=press&table=no") == (404, "Table 'press.no' does not exist")
    assert (await refused("database=press&table=quiet"))[0] == 400
    assert await refused("database=press&table=article&since=soon") == (
        400,
        "'since' must be a number of milliseconds since 1970",
    )
    assert (await refused("database=press&table=article", last_event_id="x"))[0] == 400
    assert (await refused("database=press&table=article", last_event_id="0-77")) == (
        410,
        "The change 0-77 of 'press.article' is no longer kept: read the table anew, and follow it from now.",
    )
    stranger = await one_engine.house.client("harper").request("GET", "/changes?database=press&table=article")
    assert (stranger.status, stranger.json()) == (401, {"error": "Must login"})
    listed = await one_engine.user(
        "ute",
        {
            "operations": ["read_only"],
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
            },
        },
    )
    assert (await listed.client.request("GET", "/changes?database=press&table=article")).status == 403


async def test_a_user_has_so_many_streams_and_hears_when_nothing_happens(one_engine: Instance) -> None:
    await one_engine.table()
    opened = [following(one_engine.client, "database=press&table=article") for _ in range(STREAMS_PER_USER_MAX)]
    streams = [await each.__aenter__() for each in opened]

    refused = await one_engine.client.request("GET", "/changes?database=press&table=article")

    assert (refused.status, refused.headers["retry-after"]) == (503, "30")
    assert {each.status for each in streams} == {200}
    for each in opened:
        await each.__aexit__(None, None, None)
    posted = await one_engine.ask("changes", **ARTICLE)
    assert posted.body.startswith(b"id: 0-0\n: following\n\n")
