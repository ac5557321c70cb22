"""What a search would do is told without doing it, and which index would help."""

from __future__ import annotations

from typing import Any

from tests.products.harper_tables.conftest import Instance

ARTICLE: dict[str, Any] = {"database": "press", "table": "article"}


def condition(attribute: Any, comparator: str, value: Any) -> dict[str, Any]:
    """A condition."""
    return {"attribute": attribute, "comparator": comparator, "value": value}


async def test_a_search_tells_its_steps_and_how_many_records_they_find(instance: Instance) -> None:
    records = [{"id": number, "title": f"t{number % 5}", "year": number} for number in range(60)]
    await instance.table(records=records)

    async def explain(**fields: Any) -> Any:
        return await instance.do("search", **ARTICLE, **fields, explain=True)

    narrow = await explain(
        conditions=[condition("title", "eq", "t1"), condition("year", "contains", "1"), condition("year", "gt", 10)],
        sort={"attribute": "year"},
    )
    assert narrow["steps"] == [
        {"step": "read", "table": "press.article", "by": "index of title", "records": 12},
        {"step": "check", "conditions": 3},
        {"step": "sort", "by": ["year"], "records": 12},
    ]
    assert (narrow["estimated_records"], narrow["table_records"]) == (12, 60)
    assert [(each["path"], each["narrows"]) for each in narrow["conditions"]] == [
        ("conditions[0]", True),
        ("conditions[1]", False),
        ("conditions[2]", True),
    ]
    assert narrow["conditions"][1]["why"].startswith("contains looks into each text")
    either = await explain(conditions=[condition("title", "eq", "t1"), condition("id", "ne", 3)], operator="or")
    assert (either["steps"][0]["by"], either["estimated_records"]) == ("every record", 60)
    walked = await explain(
        conditions=[condition("id", "ge", 0)], sort={"attribute": "year", "descending": True}, limit=5
    )
    assert walked["steps"][-1] == {"step": "part", "limit": 5, "offset": 0}
    first = await instance.do("search_by_value", **ARTICLE, attribute="title", value="*", explain=True, limit=3)
    assert first["steps"][0] == {"step": "read", "table": "press.article", "by": "every record", "records": 60}


async def test_the_operation_explains_searches_and_statements(instance: Instance) -> None:
    await instance.table(records=[{"id": 1, "title": "Moss"}])
    search = {"operation": "search", **ARTICLE, "conditions": [condition("title", "eq", "Moss")]}

    told = await instance.do("explain", query=search)
    by_sql = await instance.do(
        "explain", query={"operation": "sql", "sql": "SELECT id FROM press.article WHERE id = 1"}
    )

    assert told == await instance.do(**search, explain=True)
    assert by_sql["steps"][0]["by"] == "keys (id)"
    assert by_sql == await instance.do("sql", sql="SELECT id FROM press.article WHERE id = 1", explain=True)
    assert await instance.refused("explain") == (400, "'query' is required")
    assert (await instance.refused("explain", query={"operation": "insert"}))[0] == 400
    reply = await instance.ask("explain", query={"operation": "search", "table": "article"})
    assert (reply.status, reply.headers["harper-error-path"]) == (400, "$.query.conditions")
    reply = await instance.ask("explain", query={"operation": "sql", "sql": "DELETE FROM press.article"})
    assert (reply.status, reply.headers["harper-error-path"]) == (400, "$.query.sql")
    assert await instance.do("search", **ARTICLE, conditions=search["conditions"], explain="yes") == [
        {"id": 1, "title": "Moss", **(await times(instance))}
    ]


async def times(instance: Instance) -> dict[str, Any]:
    """The times of the one record."""
    row = (await instance.do("sql", sql="SELECT * FROM press.article"))[0]
    return {name: value for name, value in row.items() if name.startswith("__")}


async def test_advice_can_be_followed(instance: Instance) -> None:
    await instance.table(attributes=[{"name": "title", "indexed": False}])
    await instance.do("insert", **ARTICLE, records=[{"id": number, "title": f"t{number}"} for number in range(5)])
    search: dict[str, Any] = {**ARTICLE, "conditions": [condition("title", "eq", "t3")], "get_attributes": ["id"]}

    before = await instance.do("search", **search, explain=True)
    altered = await instance.do("alter_attribute", **ARTICLE, attribute="title", indexed=True)
    filling = await instance.do("search", **search, explain=True)
    found_meanwhile = await instance.do("search", **search)
    await instance.house.settle()
    after = await instance.do("search", **search, explain=True)

    assert before["advice"] == ["An index of title would narrow this (alter_attribute with indexed: true)."]
    assert altered == {"message": "attribute 'press.article.title' successfully altered."}
    assert "is being filled" in filling["conditions"][0]["why"]
    assert (after["steps"][0]["by"], after["estimated_records"], after["advice"]) == ("index of title", 1, [])
    assert found_meanwhile == await instance.do("search", **search) == [{"id": 3}]
    again = await instance.do("alter_attribute", **ARTICLE, attribute="title", indexed=True)
    assert again == {"message": "attribute 'press.article.title' has an index already."}
    assert (await instance.refused("alter_attribute", **ARTICLE, attribute="no", indexed=True))[0] == 404
    assert await instance.refused("alter_attribute", **ARTICLE, attribute="no") == (400, "'indexed' must be true")


async def test_who_may_not_read_is_told_nothing(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 1, "title": "Moss", "fee": 5}])
    listed = [{"attribute_name": "title", "read": True, "insert": False, "update": False}]
    flags = {"read": True, "insert": False, "update": False, "delete": False, "attribute_permissions": listed}
    tor = await one_engine.user("tor", {"press": {"tables": {"article": flags}}})

    status, _ = await tor.refused("search", **ARTICLE, conditions=[condition("fee", "eq", 5)], explain=True)
    query = {"operation": "search", "database": "press", "table": "draft", "conditions": [condition("a", "eq", 5)]}
    reply = await tor.ask("explain", query=query)

    assert status == 403
    assert (reply.status, reply.json()["invalid_schema_items"]) == (403, ["Table 'press.draft' does not exist"])
