"""What a role does not show does not exist for a statement, in whatever clause it is named."""

from __future__ import annotations

from typing import Any

import pytest
from tests.products.harper_tables.access.conftest import library, on_article, table_grant
from tests.products.harper_tables.conftest import Instance

DENIED = "This operation is not authorized due to role restrictions and/or invalid database items"


async def denial(instance: Instance, sql: str) -> tuple[list[Any], list[str]]:
    """Both arrays of a 403."""
    reply = await instance.ask("sql", sql=sql)
    body = reply.json()
    assert (reply.status, body.get("error")) == (403, DENIED), (sql, reply.status, body)
    return body["unauthorized_access"], body["invalid_schema_items"]


def lacks(*permissions: str, attributes: list[Any] | None = None) -> list[Any]:
    """The entry for press.article."""
    return [
        {
            "schema": "press",
            "table": "article",
            "required_table_permissions": list(permissions),
            "required_attribute_permissions": attributes or [],
        }
    ]


@pytest.fixture
async def reader(one_engine: Instance) -> Instance:
    """Someone who may read the titles of articles."""
    await library(one_engine)
    return await one_engine.user("ida", on_article("read", attributes={"title": "read"}))


# Every clause that can name a column.
HIDDEN = [
    "SELECT fee FROM press.article",
    "SELECT title FROM press.article WHERE fee > 5",
    "SELECT title FROM press.article ORDER BY fee",
    "SELECT title FROM press.article a ORDER BY ABS(a.fee)",
    "SELECT COUNT(fee) AS n FROM press.article",
    "SELECT LOWER(title) AS t, COUNT(*) AS n FROM press.article GROUP BY LOWER(title) HAVING MAX(fee) > 1",
    "SELECT title FROM press.article WHERE id IN (SELECT fee FROM press.article)",
    "SELECT a.title FROM press.article a JOIN press.article b ON a.fee = b.id",
    "WITH w AS (SELECT fee FROM press.article) SELECT * FROM w",
    "SELECT title FROM press.article UNION SELECT fee FROM press.article",
    "SELECT fee, COUNT(*) FROM press.article GROUP BY fee",
    "SELECT fee.amount FROM press.article",
    "EXPLAIN SELECT title FROM press.article WHERE fee = 1",
]


async def test_a_column_that_is_not_shown_does_not_exist(reader: Instance) -> None:
    for name in ("fee", "nope"):
        for sql in HIDDEN:
            absent = [f"Attribute '{name}' does not exist on 'press.article'"]
            assert await denial(reader, sql.replace("fee", name)) == ([], absent), sql


async def test_a_star_is_what_may_be_read(reader: Instance) -> None:
    (first, _) = await reader.do("sql", sql="SELECT * FROM press.article")

    assert list(first) == ["id", "title", "__createdtime__", "__updatedtime__"]


async def test_every_table_that_is_not_shown_is_named(reader: Instance) -> None:
    sql = "SELECT d.id FROM press.draft d, vault.plans p, press.article a, nowhere.t WHERE EXISTS (SELECT 1 FROM press.nope)"

    assert await denial(reader, sql) == (
        [],
        [
            "Table 'press.draft' does not exist",
            "database 'vault' does not exist",
            "database 'nowhere' does not exist",
            "Table 'press.nope' does not exist",
        ],
    )


async def test_each_statement_needs_its_own_permission(one_engine: Instance) -> None:
    await library(one_engine)
    reader = await one_engine.user("reader", on_article("read"))
    writer = await one_engine.user("writer", on_article("insert"))
    writes = {
        "read": "SELECT title FROM press.article",
        "insert": "INSERT INTO press.article (id, title) VALUES (5, 'x')",
        "update": "UPDATE press.article SET title = 'x' WHERE id = 1",
        "delete": "DELETE FROM press.article WHERE id = 1",
    }

    for permission, sql in writes.items():
        other = writer if permission == "read" else reader
        assert await denial(other, sql) == (lacks(permission), []), permission
    for permission, sql in writes.items():
        someone = await one_engine.user(permission, on_article(permission))
        await someone.do("sql", sql=sql)


async def test_an_update_reads_what_its_where_names(one_engine: Instance) -> None:
    await library(one_engine)
    editor = await one_engine.user("editor", on_article("read", "update", attributes={"title": "update", "id": "read"}))

    assert (await editor.do("sql", sql="UPDATE press.article SET title = 'x' WHERE id = 1"))["update_hashes"] == [1]
    assert await denial(editor, "UPDATE press.article SET title = 'x' WHERE fee > 5") == (
        [],
        ["Attribute 'fee' does not exist on 'press.article'"],
    )
    assert await denial(editor, "UPDATE press.article SET fee = 1 WHERE id = 1") == (
        [],
        ["Attribute 'fee' does not exist on 'press.article'"],
    )


async def test_rows_of_a_table_that_may_not_be_read_cannot_be_copied(one_engine: Instance) -> None:
    await library(one_engine)
    permission = on_article("insert", "read")
    permission["press"]["tables"]["draft"] = table_grant("insert")
    copier = await one_engine.user("copier", permission)

    access, absent = await denial(copier, "INSERT INTO press.article (id, title) SELECT id, text FROM press.draft")

    assert (access[0]["table"], access[0]["required_table_permissions"], absent) == ("draft", ["read"], [])


async def test_a_group_for_reading_gives_select_alone(one_engine: Instance) -> None:
    await library(one_engine)
    rights = on_article("read", "insert", "update", "delete", operations=["read_only"])
    someone = await one_engine.user("someone", rights)

    assert len(await someone.do("sql", sql="SELECT id FROM press.article")) == 2
    access, _ = await denial(someone, "DELETE FROM press.article")
    assert access == ["Operation 'sql' is not permitted for this role's operations configuration"]


async def test_a_list_without_sql_refuses_it_in_every_lane(one_engine: Instance) -> None:
    await library(one_engine)
    someone = await one_engine.user("someone", on_article("read", operations=["search_by_id"]))

    for sql in ("SELECT 1", "SELECT 1 UNION SELECT 2", "DELETE FROM press.article"):
        access, _ = await denial(someone, sql)
        assert access == ["Operation 'sql' is not permitted for this role's operations configuration"], sql
    for name in ("sql.long", "sql.write"):
        assert (await someone.ask(name, sql="SELECT 1")).status == 400, name


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE press.article SET title = 'x' WHERE fee = 90",
        "UPDATE press.article SET title = fee WHERE id = 1",
        "DELETE FROM press.article WHERE fee = 90",
    ],
)
async def test_who_may_write_and_not_read_learns_nothing_by_writing(one_engine: Instance, sql: str) -> None:
    await library(one_engine)
    writer = await one_engine.user("wim", on_article("update", "delete"))

    assert (await denial(writer, sql))[0][0]["required_table_permissions"][0] == "read"


async def test_who_may_write_and_not_read_writes_what_is_named_by_its_key(one_engine: Instance) -> None:
    await library(one_engine)
    writer = await one_engine.user("wim", on_article("update"))

    reply = await writer.ask("sql", sql="UPDATE press.article SET title = 'Reeds' WHERE id = 1")
    assert (reply.status, reply.json()["update_hashes"]) == (200, [1])
