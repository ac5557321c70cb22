"""Who may do what: operations by flags and by attributes, and that a refusal tells of nothing that is hidden."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from tests.products.harper_tables.access.conftest import FLAGS, library, on_article, table_grant
from tests.products.harper_tables.conftest import Instance

ERROR = "This operation is not authorized due to role restrictions and/or invalid database items"
ARTICLE = {"database": "press", "table": "article"}
HIDDEN = ("draft", "vault", "plans", "fee", "secret")

# By operation: its fields, and the flags it needs.
ON_TABLE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "search_by_id": ({**ARTICLE, "ids": [1], "get_attributes": ["*"]}, ("read",)),
    "search_by_value": ({**ARTICLE, "attribute": "title", "value": "*"}, ("read",)),
    "search_by_conditions": ({**ARTICLE, "conditions": [{"attribute": "title", "value": "x"}]}, ("read",)),
    "insert": ({**ARTICLE, "records": [{"id": 9, "title": "New"}]}, ("insert",)),
    "update": ({**ARTICLE, "records": [{"id": 1, "title": "Newer"}]}, ("update",)),
    "upsert": ({**ARTICLE, "records": [{"id": 1, "title": "Newest"}]}, ("insert", "update")),
    "put": ({**ARTICLE, "records": [{"id": 1, "title": "Whole"}]}, ("insert", "update")),
    "delete": ({**ARTICLE, "ids": [1]}, ("delete",)),
    "create_attribute": ({**ARTICLE, "attribute": "slug"}, ("insert",)),
}
SUPER_USERS_ONLY: dict[str, tuple[dict[str, Any], str]] = {
    "create_database": ({"database": "more"}, "createSchema"),
    "drop_database": ({"database": "press"}, "dropSchema"),
    "create_table": ({"database": "press", "table": "more", "primary_key": "id"}, "createTable"),
    "drop_table": (ARTICLE, "dropTable"),
    "drop_attribute": ({**ARTICLE, "attribute": "title"}, "dropAttribute"),
    "read_audit_log": (ARTICLE, "readAuditLog"),
    "list_users": ({}, "listUsersExternal"),
    "add_user": ({"username": "x", "password": "y", "role": "super_user", "active": True}, "addUser"),
    "alter_user": ({"username": "mira", "password": "taken-over"}, "alterUser"),
    "drop_user": ({"username": "mira"}, "dropUser"),
    "list_roles": ({}, "listRoles"),
    "add_role": ({"role": "x", "permission": {"super_user": True}}, "addRole"),
    "alter_role": ({"id": "tor_role", "permission": {"super_user": True}}, "alterRole"),
    "drop_role": ({"id": "super_user"}, "dropRole"),
}


def subsets() -> list[tuple[str, ...]]:
    """Every set of flags."""
    every = product((False, True), repeat=len(FLAGS))
    return [tuple(flag for flag, is_set in zip(FLAGS, each, strict=True) if is_set) for each in every]


async def refusal(instance: Instance, operation: str, **fields: Any) -> tuple[list[Any], list[str]]:
    """Both arrays of the 403."""
    reply = await instance.ask(operation, **fields)
    body = reply.json()
    assert (reply.status, body["error"]) == (403, ERROR), body
    assert list(body) == ["error", "unauthorized_access", "invalid_schema_items"]
    return body["unauthorized_access"], body["invalid_schema_items"]


async def test_each_operation_needs_its_flags_and_no_others(one_engine: Instance) -> None:
    await library(one_engine)
    tor = await one_engine.user("tor", on_article("read"))

    for flags in subsets():
        await one_engine.do("alter_role", id="tor_role", permission=on_article(*flags))
        for operation, (fields, needed) in ON_TABLE.items():
            lacking = [flag for flag in needed if flag not in flags]
            if not flags:
                assert await refusal(tor, operation, **fields) == ([], ["database 'press' does not exist"])
            elif lacking:
                (denied,), absent = await refusal(tor, operation, **fields)
                assert (denied["required_table_permissions"], absent) == (lacking, []), (operation, flags)
        assert await one_engine.do(
            "search_by_value", **ARTICLE, attribute="id", value="*", get_attributes=["title"]
        ) == [
            {"title": "Tides"},
            {"title": "Moss"},
        ], flags  # nothing that was denied did anything
    await one_engine.do("alter_role", id="tor_role", permission=on_article(*FLAGS))
    for operation, (fields, _) in ON_TABLE.items():
        await tor.do(operation, **fields)


async def test_operations_of_super_users_are_theirs(instance: Instance) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article(*FLAGS))

    for operation, (fields, function) in SUPER_USERS_ONLY.items():
        assert await refusal(tor, operation, **fields) == (
            [f"Operation '{function}' is restricted to 'super_user' roles"],
            [],
        ), operation


@pytest.mark.parametrize(
    ("place", "items"),
    [
        ({"database": "vault", "table": "plans"}, ["database 'vault' does not exist"]),
        ({"database": "nowhere", "table": "plans"}, ["database 'nowhere' does not exist"]),
        ({"database": "press", "table": "draft"}, ["Table 'press.draft' does not exist"]),
        ({"database": "press", "table": "nothing"}, ["Table 'press.nothing' does not exist"]),
        ({"database": "system", "table": "hdb_user"}, ["database 'system' does not exist"]),
    ],
)
async def test_what_is_hidden_looks_like_what_is_not_there(
    one_engine: Instance, place: dict[str, Any], items: list[str]
) -> None:
    await library(one_engine)
    tor = await one_engine.user("tor", on_article(*FLAGS))

    for operation, (fields, _) in ON_TABLE.items():
        assert await refusal(tor, operation, **{**fields, **place}) == ([], items), operation
    assert (await tor.refused("describe_table", **place))[1] == items[0]


async def test_descriptions_show_what_is_granted(instance: Instance) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article("read", attributes={"title": "read"}))

    described = await tor.do("describe_all")

    assert list(described) == ["press"]
    assert list(described["press"]) == ["article"]
    names = [each["attribute"] for each in described["press"]["article"]["attributes"]]
    assert names == ["id", "__createdtime__", "__updatedtime__", "title"]
    assert list(await tor.do("describe_database", database="press")) == ["article"]
    await instance.do("alter_role", id="tor_role", permission={})
    assert await tor.do("describe_all") == {}


LISTED = on_article(*FLAGS, attributes={"title": "read insert update", "year": "insert"})


@pytest.mark.parametrize(
    ("operation", "fields", "denied", "absent"),
    [
        ("insert", {"records": [{"id": 9, "fee": 1}]}, [], ["fee"]),
        ("insert", {"records": [{"id": 9, "unheard": 1}]}, [], ["unheard"]),
        ("update", {"records": [{"id": 1, "title": "x", "year": 1}]}, [("year", ["update"])], []),
        ("update", {"records": [{"id": 1, "year": 1, "fee": 1}]}, [("year", ["update"])], ["fee"]),
        ("update", {"records": [{"id": 1, "__unset__": ["fee"]}]}, [], ["fee"]),
        ("upsert", {"records": [{"id": 1, "year": 1}]}, [("year", ["update"])], []),
        ("search_by_id", {"ids": [1], "get_attributes": ["id", "year"]}, [("year", ["read"])], []),
        ("search_by_id", {"ids": [1], "get_attributes": ["fee"]}, [], ["fee"]),
        ("search_by_value", {"attribute": "fee", "value": 90, "get_attributes": ["id"]}, [], ["fee"]),
        ("search_by_value", {"attribute": "title", "value": "*", "sort": {"attribute": "fee"}}, [], ["fee"]),
        ("search_by_conditions", {"conditions": [{"attribute": ["fee", "x"], "value": 1}]}, [], ["fee"]),
        ("search_by_conditions", {"conditions": [{"conditions": [{"attribute": "fee", "comparator": "gt", "value": 1}]}]}, [], ["fee"]),
    ],
)  # fmt: skip
async def test_attributes_that_are_not_granted_are_refused(
    one_engine: Instance, operation: str, fields: dict[str, Any], denied: list[Any], absent: list[str]
) -> None:
    await library(one_engine)
    await one_engine.do("create_attribute", **ARTICLE, attribute="year")
    tor = await one_engine.user("tor", LISTED)

    access, items = await refusal(tor, operation, **ARTICLE, **fields)

    assert items == [f"Attribute '{name}' does not exist on 'press.article'" for name in absent]
    assert [
        (each["attribute_name"], each["required_permissions"])
        for found in access
        for each in found["required_attribute_permissions"]
    ] == denied


async def test_what_is_listed_may_be_used_with_the_key_and_the_times(instance: Instance) -> None:
    await library(instance)
    await instance.do("create_attribute", **ARTICLE, attribute="year")
    tor = await instance.user("tor", LISTED)

    await tor.do("insert", **ARTICLE, records=[{"id": 9, "title": "New", "year": 1999}])
    await tor.do("update", **ARTICLE, records=[{"id": 1, "title": "High tides"}])
    (row,) = await tor.do("search_by_id", **ARTICLE, ids=[1], get_attributes=["*"])

    assert list(row) == ["id", "title", "__createdtime__", "__updatedtime__"]
    (kept,) = await instance.do("search_by_id", **ARTICLE, ids=[1], get_attributes=["title", "fee"])
    assert kept == {"title": "High tides", "fee": 90}


@pytest.mark.parametrize("operation", ["insert", "update", "upsert"])
async def test_the_times_are_written_by_nobody(one_engine: Instance, operation: str) -> None:
    await library(one_engine)
    tor = await one_engine.user("tor", on_article(*FLAGS, attributes={"title": "read insert update"}))

    assert await tor.refused(operation, **ARTICLE, records=[{"id": 1, "title": "x", "__createdtime__": 1}]) == (
        403,
        "Internal timestamp attributes - '__createdtime_' and '__updatedtime__' - cannot be inserted to or updated by "
        "HDB users.",
    )


@pytest.mark.parametrize("how", [{}, {"full_record": True}])
async def test_a_role_that_lists_attributes_replaces_no_whole_records(
    one_engine: Instance, how: dict[str, Any]
) -> None:
    await library(one_engine)
    tor = await one_engine.user("tor", on_article(*FLAGS, attributes={"title": "read insert update"}))

    access, items = await refusal(tor, "update" if how else "put", **ARTICLE, records=[{"id": 1, "title": "x"}], **how)

    assert (access[0]["required_table_permissions"], items) == (["update"], [])
    assert (await one_engine.do("search_by_id", **ARTICLE, ids=[1], get_attributes=["fee"])) == [{"fee": 90}]


async def test_an_attribute_that_comes_later_is_denied_until_it_is_listed(one_engine: Instance) -> None:
    await library(one_engine)
    tor = await one_engine.user("tor", on_article("read", attributes={"title": "read"}))
    await one_engine.do("insert", **ARTICLE, records=[{"id": 3, "title": "Sand", "later": 1}])

    assert await refusal(tor, "search_by_id", **ARTICLE, ids=[3], get_attributes=["later"]) == (
        [],
        ["Attribute 'later' does not exist on 'press.article'"],
    )
    await one_engine.do(
        "alter_role", id="tor_role", permission=on_article("read", attributes={"title": "read", "later": "read"})
    )
    assert await tor.do("search_by_id", **ARTICLE, ids=[3], get_attributes=["later"]) == [{"later": 1}]


async def test_structure_users_rule_their_databases_and_no_others(instance: Instance) -> None:
    await library(instance)
    tor = await instance.user("tor", {"structure_user": ["press"]})

    await tor.do("create_table", database="press", table="more", primary_key="id")
    await tor.do("insert", database="press", table="draft", records=[{"id": 5}])
    await tor.do("drop_table", database="press", table="draft")
    assert await tor.refused("create_table", database="vault", table="more", primary_key="id") == (
        403,
        "User does not have access to perform 'create_table' against schema 'vault'",
    )
    assert (await tor.ask("search_by_value", database="vault", table="plans", attribute="id", value="*")).status == 403
    assert (await tor.ask("add_role", role="x", permission={})).status == 403
    everywhere = await instance.user("una", {"structure_user": True})
    await everywhere.do("drop_database", database="vault")
    assert (await everywhere.ask("list_users")).status == 403


async def test_a_list_of_operations_is_asked_first(instance: Instance) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article(*FLAGS, operations=["read_only", "insert", "read_audit_log"]))

    await tor.do("search_by_hash", **ARTICLE, hash_values=[1], get_attributes=["id"])
    await tor.do("search", **ARTICLE, conditions=[{"attribute": "id", "value": 1}])
    await tor.do("describe_schema", schema="press")
    await tor.do("insert", **ARTICLE, records=[{"id": 9}])
    await tor.do("user_info")
    await tor.do("read_audit_log", **ARTICLE)
    for operation in ("update", "upsert", "put", "delete", "create_attribute", "list_users"):
        access, items = await refusal(tor, operation, **ARTICLE, records=[{"id": 9}], ids=[1], attribute="x")
        assert (access, items) == (
            [f"Operation '{operation}' is not permitted for this role's operations configuration"],
            [],
        )


async def test_no_refusal_names_what_is_hidden(one_engine: Instance) -> None:
    await library(one_engine)
    tor = await one_engine.user("tor", on_article("read", attributes={"title": "read"}))

    for operation in (*ON_TABLE, *SUPER_USERS_ONLY, "describe_all", "describe_database", "describe_table", "user_info"):
        fields = (ON_TABLE.get(operation) or SUPER_USERS_ONLY.get(operation) or ({}, ""))[0]
        text = (await tor.ask(operation, **fields)).body.decode()
        assert not any(f"'{name}'" in text or f'"{name}"' in text for name in HIDDEN), (operation, text)


async def test_a_write_without_reading_is_told_of_what_it_may_write(one_engine: Instance) -> None:
    await library(one_engine)
    tor = await one_engine.user("tor", on_article("insert", attributes={"title": "insert"}))

    await tor.do("insert", **ARTICLE, records=[{"id": 9, "title": "New"}])

    access, items = await refusal(tor, "insert", **ARTICLE, records=[{"id": 10, "fee": 1}])
    assert (access, items) == ([], ["Attribute 'fee' does not exist on 'press.article'"])
    assert (await tor.ask("search_by_id", **ARTICLE, ids=[9], get_attributes=["title"])).status == 403


async def test_a_grant_on_a_table_ends_with_the_table(one_engine: Instance) -> None:
    await library(one_engine)
    grants = {"press": {"tables": {"article": table_grant("read"), "draft": table_grant("read")}}}
    tor = await one_engine.user("tor", grants)

    await one_engine.do("drop_table", **ARTICLE)

    assert await refusal(tor, "search_by_id", **ARTICLE, ids=[1], get_attributes=["*"]) == (
        [],
        ["Table 'press.article' does not exist"],
    )
