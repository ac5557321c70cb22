"""The database `system`: super users read what the platform keeps of their account, and write nothing there."""

from __future__ import annotations

from typing import Any

from tests.products.harper_tables.access.conftest import on_article
from tests.products.harper_tables.conftest import USER, Instance

from harbor.products.harper_tables.access.users_api import SYSTEM_TABLES
from harbor.products.harper_tables.system_tables.rows import TABLES

REFUSED = "The 'system' database, tables and records are used internally by {} and cannot be updated or removed."  # documented


def test_the_names_are_those_of_a_super_users_permission() -> None:
    assert set(SYSTEM_TABLES) == set(TABLES)


async def test_super_users_read_the_platforms_tables(instance: Instance) -> None:
    await instance.table()
    await instance.user("tor", on_article("read"))
    await instance.do("set_status", status="ready")
    job = (await instance.do("csv_data_load", database="press", table="article", data="id\n1\n"))["job_id"]

    async def search(table: str, **how: Any) -> Any:
        return await instance.do("search_by_value", database="system", table=table, value="*", **how)

    assert await search("hdb_user", attribute="username", get_attributes=["username", "active"]) == [
        {"username": USER, "active": True},
        {"username": "tor", "active": True},
    ]
    assert [role["id"] for role in await search("hdb_role", attribute="id", sort={"attribute": "role"})] == [
        "super_user",
        "tor_role",
    ]
    assert (await search("hdb_job", attribute="id"))[0]["id"] == job
    found = await instance.do(
        "search_by_conditions",
        database="system",
        table="hdb_user",
        conditions=[{"attribute": "role", "comparator": "contains", "value": "tor"}],
        get_attributes=["username"],
    )
    assert found == [{"username": "tor"}]
    by_id = await instance.do(
        "search_by_id", database="system", table="hdb_status", ids=["primary", "x"], get_attributes=["id", "status"]
    )
    assert by_id == [{"id": "primary", "status": "ready"}]
    sql = "SELECT u.username, r.role FROM system.hdb_user u JOIN system.hdb_role r ON u.role = r.id ORDER BY u.username"
    assert await instance.do("sql", sql=sql) == [
        {"username": USER, "role": "super_user"},
        {"username": "tor", "role": "tor_role"},
    ]
    for name, table in TABLES.items():
        described = await instance.do("describe_table", database="system", table=name)
        rows = await search(name, attribute=table.key)
        assert set(table.names) <= {each["attribute"] for each in described["attributes"]}
        assert not any("password" in column or column == "hash" for row in rows for column in row)
    assert set(await instance.do("describe_database", database="system")) == set(TABLES)
    assert list(await instance.do("describe_all")) == ["press"]
    assert await instance.refused("search_by_value", database="system", table="x", attribute="id", value=1) == (
        404,
        "Table 'system.x' does not exist",
    )


async def test_nobody_writes_there_and_others_see_nothing(one_engine: Instance, v4: Instance) -> None:
    writes: list[tuple[str, dict[str, Any]]] = [
        *((name, {"records": [{"id": 1}]}) for name in ("insert", "update", "upsert", "put")),
        ("delete", {"ids": [1]}),
        ("create_attribute", {"attribute": "x"}),
        ("drop_attribute", {"attribute": "x"}),
        ("drop_table", {}),
        ("create_table", {"primary_key": "id"}),
        ("csv_data_load", {"data": "id\n1\n"}),
    ]
    for instance, word in ((one_engine, "Harper"), (v4, "HarperDB")):
        for operation, fields in writes:
            found = await instance.refused(operation, database="system", table="hdb_job", **fields)
            assert found == (403, REFUSED.format(word)), operation
        for sql in (
            "DELETE FROM system.hdb_job",
            "UPDATE system.hdb_job SET a = 1",
            "INSERT INTO system.hdb_job (id) VALUES (1)",
        ):
            assert await instance.refused("sql", sql=sql) == (403, REFUSED.format(word))
    await one_engine.table()
    tor = await one_engine.user("tor", on_article("read", "insert"))
    for operation, more in (
        ("search_by_value", {"attribute": "id", "value": 1}),
        ("insert", {"records": [{"id": 1}]}),
        ("sql", {"sql": "SELECT * FROM system.hdb_user"}),
    ):
        reply = await tor.ask(operation, database="system", table="hdb_user", **more)
        assert reply.status == 403, (operation, reply.body)
        assert reply.json()["invalid_schema_items"] == ["database 'system' does not exist"], operation
