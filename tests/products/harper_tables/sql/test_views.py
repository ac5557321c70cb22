"""Other products' data as read-only tables, for super users alone and each in their own account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.harness import Client
from tests.products.harper_tables.access.conftest import on_article
from tests.products.harper_tables.conftest import Instance
from tests.products.harper_tables.sql.direct import run

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.sql_views import ColumnKind, SqlView
from harbor.products.harper_tables.product import harper_product
from harbor.products.harper_tables.sql.bounds import Bounds

EVENTS = SqlView(
    database="harbor",
    name="events",
    columns={
        "id": ColumnKind.TEXT,
        "type": ColumnKind.TEXT,
        "subject": ColumnKind.TEXT,
        "payload": ColumnKind.JSON,
        "created_at": ColumnKind.MOMENT,
    },
    select="""
        SELECT id, type, subject, payload, created_at FROM events
        WHERE account_id = :account_id AND type IN ('harper.database.created', 'harper.table.created')
    """,
)


async def ask(instance: Instance, sql: str, **more: Any) -> Any:
    """The rows of a statement that may read events."""
    return await run(instance, sql, views=[EVENTS], **more)


@pytest.fixture
async def told(instance: Instance) -> Instance:
    """An instance where something has happened, also in the other account."""
    await instance.table()
    await instance.do("create_database", database="other")

    def tell(call: Call) -> None:
        call.emit("harper.database.created", subject="secret", data={"database": "secret"})

    await instance.house.write(instance.organization.sandbox, tell)
    return instance


async def test_events_can_be_read_as_a_table(told: Instance) -> None:
    found = await ask(told, "SELECT type, payload.database AS d FROM harbor.events ORDER BY id")

    assert [row["type"] for row in found] == [
        "harper.database.created",
        "harper.table.created",
        "harper.database.created",
    ]
    assert [row["d"] for row in found] == ["press", "press", "other"]


async def test_each_account_sees_its_own(told: Instance) -> None:
    ours = await ask(told, "SELECT subject FROM harbor.events WHERE type = 'harper.database.created'")
    theirs = await ask(told, "SELECT subject FROM harbor.events", account=told.organization.sandbox)

    assert "secret" not in {row["subject"] for row in ours}
    assert {row["subject"] for row in theirs} == {"secret"}


ASKED = [
    ("type = 'harper.table.created'", 1),
    ("type > 'harper.database.created'", 1),
    ("type LIKE 'harper.t%'", 1),
    ("created_at = 1779710400000", 3),
    ("created_at >= 1779710400000 AND created_at <= 1779710400000", 3),
    ("created_at < 1779710400000", 0),
    ("created_at > 1779710400000", 0),
    ("created_at > 5.5", 3),
    ("created_at > 99999999999999999999", 0),
    ("type = 5", 0),
    ("id IN (SELECT id FROM harbor.events LIMIT 2)", 2),
    ("type = 'x'' OR 1=1 --'", 0),
]


async def test_what_the_store_is_asked_is_what_the_statement_says(told: Instance) -> None:
    for where, count in ASKED:
        assert len(await ask(told, f"SELECT id FROM harbor.events WHERE {where}")) == count, where


async def test_a_view_joins_with_tables(told: Instance) -> None:
    await told.do("insert", database="press", table="article", records=[{"id": 1, "about": "other"}])

    found = await ask(
        told, "SELECT a.id, e.type FROM press.article a JOIN harbor.events e ON e.payload.database = a.about"
    )

    assert found == [{"id": 1, "type": "harper.database.created"}]


async def test_a_view_cannot_be_written(told: Instance) -> None:
    for sql in (
        "DELETE FROM harbor.events",
        "UPDATE harbor.events SET type = 'x'",
        "INSERT INTO harbor.events (id) VALUES (1)",
    ):
        with pytest.raises(HarborError) as refused:
            await ask(told, sql)
        assert refused.value.message == "database 'harbor' does not exist", sql


async def test_only_super_users_see_views(told: Instance) -> None:
    someone = await told.user("ida", on_article("read"))
    sql = "SELECT id FROM harbor.events"

    reply = await someone.ask("sql", sql=sql)

    assert (reply.status, reply.json()["invalid_schema_items"]) == (403, ["database 'harbor' does not exist"])
    assert await told.refused("sql", sql=sql) == (404, "database 'harbor' does not exist")  # no view was handed over


async def test_a_view_gives_so_many_rows_at_most(told: Instance) -> None:
    with pytest.raises(HarborError) as refused:
        await ask(told, "SELECT id FROM harbor.events", bounds=Bounds(rows_read=2))

    assert refused.value.code == "sql_bound"


def test_a_view_keeps_to_one_account() -> None:
    with pytest.raises(ValueError, match="does not keep to :account_id"):
        SqlView(database="d", name="v", columns={"id": ColumnKind.TEXT}, select="SELECT id FROM events")
    with pytest.raises(ValueError, match="no plain name"):
        SqlView(database="d", name="v", columns={"a b": ColumnKind.TEXT}, select="SELECT :account_id")


async def test_super_users_are_told_of_other_products_tables(told: Instance) -> None:
    pipeline = Pipeline(harper_product(told.access, views=[EVENTS]), told.house.services)
    desk = await told.user("tor", on_article("read"))
    mira = replace(told, client=Client(pipeline, told.client.headers))
    tor = replace(told, client=Client(pipeline, desk.client.headers))

    everything = await mira.do("describe_all")
    assert list(everything) == ["other", "press", "harbor"]
    table = everything["harbor"]["events"]
    assert table == (await mira.do("describe_database", database="harbor"))["events"]
    assert table == await mira.do("describe_table", database="harbor", table="events")
    assert (table["read_only"], table["primary_key"]) == (True, "id")
    assert table["attributes"][-1] == {"attribute": "created_at", "type": "Long"}
    assert await mira.refused("describe_table", database="harbor", table="x") == (
        404,
        "Table 'harbor.x' does not exist",
    )
    assert list(await tor.do("describe_all")) == ["press"]
    for operation in ("describe_database", "describe_table"):
        assert await tor.refused(operation, database="harbor", table="events") == (
            404,
            "database 'harbor' does not exist",
        )
