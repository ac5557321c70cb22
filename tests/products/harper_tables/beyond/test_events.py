"""Every change is an event of the log; changes of records for tables that ask for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.products.harper_tables.admin_ops.conftest import make_operator
from tests.products.harper_tables.conftest import Instance

from harbor.kernel.call import Call

ARTICLE: dict[str, Any] = {"database": "press", "table": "article"}
STORIES = Path(__file__).parents[3] / "conformance" / "harper" / "operator" / "administration.json"
# What the examples leave as it was, or change in records alone.
UNCHANGED = ["clear_status", "purge_backups", "insert", "update"]


ADMINISTERED = (
    *("component.set", "component.removed", "ssh_key.set", "ssh_key.removed", "secret.set", "node.set", "route.set"),
    *("configuration.set", "backup.set", "backup.restored", "certificate.set", "waf_rule.set", "status.set"),
    "instance.restarted",
)


async def told(instance: Instance, prefix: str = "harper.") -> list[tuple[str, Any]]:
    """Type and payload of the product's events, oldest first."""

    def read(call: Call) -> list[tuple[str, Any]]:
        rows = call.tx.rows("SELECT type, payload FROM events WHERE account_id = :id ORDER BY id", id=call.account_id)
        return [(row["type"], json.loads(row["payload"])) for row in rows]

    found = await instance.house.read(instance.organization.production, read)
    return [each for each in found if each[0].startswith(prefix)]


async def test_changes_of_records_are_events_where_the_table_asks_for_it(instance: Instance) -> None:
    await instance.table("quiet", records=[{"id": 1}])
    await instance.table(events=True)
    await instance.do("insert", **ARTICLE, records=[{"id": number, "title": "Tides"} for number in range(250)])
    await instance.do("update", **ARTICLE, records=[{"id": 1, "title": "Moss"}, {"id": 999}])
    await instance.do("upsert", **ARTICLE, records=[{"id": 2, "title": "Moss"}])
    await instance.do("sql", sql="DELETE FROM press.article WHERE id IN (1, 2)")
    await instance.do("delete", **ARTICLE, ids=[999])
    described = await instance.do("describe_table", **ARTICLE)
    await instance.do("alter_table", **ARTICLE, events=False)
    await instance.do("insert", **ARTICLE, records=[{"id": 1_000}])

    found = await told(instance, "harper.record.")

    assert described["events"] is True
    assert [(type_, len(data["ids"]), data["count"]) for type_, data in found] == [
        ("harper.record.inserted", 100, 250),
        ("harper.record.inserted", 100, 250),
        ("harper.record.inserted", 50, 250),
        ("harper.record.updated", 1, 1),
        ("harper.record.upserted", 1, 1),
        ("harper.record.deleted", 2, 2),
    ]
    assert {key for _, data in found for key in data} == {"database", "table", "txn_time", "count", "ids"}
    assert "Tides" not in json.dumps(found), "an event holds no content"
    assert "events" not in await instance.do("describe_table", **ARTICLE)


async def test_changes_of_the_catalogue_are_events(one_engine: Instance) -> None:
    before = len(await told(one_engine))
    await one_engine.table(records=[{"id": 1, "title": "Tides", "year": 1999}, {"id": 2, "title": "Moss"}])
    await one_engine.do("insert", **ARTICLE, records=[{"id": 3, "title": "Dunes"}])
    await one_engine.do("create_attribute", **ARTICLE, attribute="slug")
    await one_engine.do("drop_attribute", **ARTICLE, attribute="slug")
    await one_engine.do("alter_table", **ARTICLE, audit=False)
    await one_engine.do("drop_table", **ARTICLE)
    await one_engine.do("drop_database", database="press")

    found = (await told(one_engine))[before:]

    assert [type_.removeprefix("harper.") for type_, _ in found] == [
        *("database.created", "table.created", "attributes.declared", "attribute.created", "attribute.dropped"),
        *("table.altered", "table.dropped", "database.dropped"),
    ]
    assert found[2][1] == {"database": "press", "table": "article", "attributes": ["title", "year"]}


async def test_large_keys_are_told_in_small_events(one_engine: Instance) -> None:
    await one_engine.table(events=True)
    keys = [f"{number:02}" + "x" * 1_900 for number in range(60)]

    await one_engine.do("insert", **ARTICLE, records=[{"id": key} for key in keys])

    found = await told(one_engine, "harper.record.")
    assert [key for _, data in found for key in data["ids"]] == keys
    assert len(found) > 3


async def test_every_change_of_administration_is_an_event(one_engine: Instance) -> None:
    await make_operator(one_engine)
    names = {operation.name: operation for operation in _operations(one_engine)}
    silent: list[str] = []
    seen = 0
    for steps in json.loads(STORIES.read_text()).values():
        for step in steps:
            reply = await one_engine.client.request("POST", "/", step["send"])
            now = len(await told(one_engine))
            route = names.get(step["send"]["operation"])
            changed = route is not None and (route.writes or route.journey) and reply.status == 200
            if changed and now == seen:
                silent.append(step["send"]["operation"])
            seen = now

    await one_engine.do("set_configuration", logging_level="warn")
    await one_engine.do("sign_certificate", csr=(await one_engine.do("create_csr"))["pem"])
    await one_engine.do("add_user", role="super_user", username="ida", password="pine-cone-8", active=True)

    assert sorted(set(silent)) == sorted(UNCHANGED)
    assert "pine-cone-8" not in json.dumps(await told(one_engine))
    types = {type_ for type_, _ in await told(one_engine)}
    assert types >= {f"harper.{each}" for each in ADMINISTERED}


def _operations(instance: Instance) -> Any:
    return instance.client.pipeline.product.routes
