"""Why a role may do something, or may not: each rule with its place in the permission."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.products.harper_tables.conftest import USER, Instance

from harbor.products.harper_tables.access.reasons import Asked, reasons
from harbor.products.harper_tables.access.role_rights import RoleRights

ARTICLE: dict[str, Any] = {"database": "press", "table": "article"}
TITLE = {"attribute_name": "title", "read": True, "insert": True, "update": False}
TABLE = {"read": True, "insert": True, "update": True, "delete": False, "attribute_permissions": [TITLE]}
PLAIN: dict[str, Any] = {"press": {"tables": {"article": TABLE}}}
LISTED: dict[str, Any] = {**PLAIN, "operations": ["read_only", "insert"]}
BUILDER: dict[str, Any] = {"structure_user": ["press"]}
ROLES = {"plain": PLAIN, "listed": LISTED, "builder": BUILDER}
_TABLE = "$.permission.press.tables.article"

# Who asks, for which operation on which attributes; whether they may, and the last rule that was asked.
CASES: list[tuple[str, str, list[str], bool, str, str]] = [
    ("plain", "search", ["title"], True, "read of title is granted.", f"{_TABLE}.attribute_permissions[0].read"),
    (
        "plain",
        "update",
        ["title"],
        False,
        "update of title is not granted.",
        f"{_TABLE}.attribute_permissions[0].update",
    ),
    (
        "plain",
        "search",
        ["id"],
        True,
        "read of id: the primary key comes with any attribute.",
        f"{_TABLE}.attribute_permissions",
    ),
    (
        "plain",
        "search",
        ["fee"],
        False,
        "read of fee: it is not in the list of attributes, which grants no others.",
        f"{_TABLE}.attribute_permissions",
    ),
    (
        "plain",
        "insert",
        ["__createdtime__"],
        False,
        "insert of __createdtime__: times can be read and not written.",
        f"{_TABLE}.attribute_permissions",
    ),
    ("plain", "delete", [], False, "delete on press.article is not granted.", f"{_TABLE}.delete"),
    (
        "plain",
        "drop_table",
        [],
        False,
        "drop_table is for super users and those who structure the database.",
        "$.permission.super_user",
    ),
    ("plain", "list_users", [], False, "list_users is for super users.", "$.permission.super_user"),
    ("listed", "delete", [], False, "The list of operations does not hold delete.", "$.permission.operations"),
    ("listed", "search_by_id", ["title"], True, "read of title is granted.", f"{_TABLE}.attribute_permissions[0].read"),
    ("builder", "drop_table", [], True, "The role structures the database.", "$.permission.structure_user"),
    (
        "builder",
        "delete",
        [],
        True,
        "Who structures a database may do everything with its records.",
        "$.permission.structure_user",
    ),
    ("super_user", "restart", [], True, "A super user may do everything.", "$.permission.super_user"),
]


async def test_each_answer_names_the_rule_that_decided_it(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 1, "title": "Tides", "fee": 5}])
    for name, permission in ROLES.items():
        await one_engine.do("add_role", role=name, permission=permission)
    for role, operation, attributes, allowed, because, path in CASES:
        found = await one_engine.do(
            "explain_permission", role=role, for_operation=operation, **ARTICLE, attributes=attributes
        )

        last = found["reasons"][-1]
        assert (found["allowed"], last["because"], last["path"]) == (allowed, because, path), (
            role,
            operation,
            attributes,
        )
        assert allowed == all(each["allows"] for each in found["reasons"]), (role, operation)
    grouped = await one_engine.do("explain_permission", role="listed", for_operation="search_by_hash", **ARTICLE)
    assert grouped["reasons"][0] == {
        "allows": True,
        "because": "The list of operations holds search_by_hash, as part of read_only.",
        "path": "$.permission.operations[0]",
    }


async def test_a_hidden_table_and_one_that_is_not_there_are_told_alike(one_engine: Instance) -> None:
    await one_engine.table()
    await one_engine.table("secret")
    tor = await one_engine.user(
        "tor", PLAIN | {"press": {"tables": {"article": {**TABLE, "attribute_permissions": []}}}}
    )

    hidden, missing = [
        await tor.do("explain_permission", for_operation="search", database="press", table=name, attributes=["id"])
        for name in ("secret", "nothing")
    ]

    assert str(hidden).replace("secret", "nothing") == str(missing)
    assert hidden["reasons"][-1]["because"] == "For this role there is no table press.secret."


async def test_who_is_inactive_may_do_nothing(one_engine: Instance) -> None:
    tor = await one_engine.user("tor", {"structure_user": True})
    await one_engine.do("alter_user", username="tor", active=False)

    said = await one_engine.do("explain_permission", username="tor", for_operation="describe_all")

    assert said["allowed"] is False
    assert said["reasons"][0]["because"] == "tor is inactive: every request is refused with 401."
    assert (await tor.ask("describe_all")).status == 401


async def test_what_is_explained_is_what_happens(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 1, "title": "Tides"}])
    bodies: dict[str, dict[str, Any]] = {
        "insert": {"records": [{"id": 2, "title": "x"}]},
        "update": {"records": [{"id": 1, "title": "x"}]},
        "upsert": {"records": [{"id": 1, "title": "x"}]},
        "delete": {"ids": [9]},
        "search_by_value": {"attribute": "title", "value": "*"},
        "revert": {"txn_time": 9e14, "ids": [1]},
        "drop_attribute": {"attribute": "title"},
        "sql": {"sql": "SELECT title FROM press.article"},
    }
    for flag in ("read", "insert", "update", "delete"):
        given = {**{each: each == flag for each in ("read", "insert", "update", "delete")}, "attribute_permissions": []}
        user = await one_engine.user(f"only_{flag}", {"press": {"tables": {"article": given}}})
        for operation, body in bodies.items():
            said = await user.do("explain_permission", for_operation=operation, **ARTICLE)
            did = await user.ask(operation, **ARTICLE, **body)

            assert said["allowed"] == (did.status != 403), (flag, operation, did.body)
    assert (await one_engine.do("explain_permission", username=USER, for_operation="restart"))["allowed"] is True


def test_a_long_list_of_attributes_is_not_gone_through_for_each_that_is_asked_about() -> None:
    walks = []

    class Listed(list[dict[str, Any]]):
        def __iter__(self) -> Iterator[dict[str, Any]]:
            walks.append(1)
            return super().__iter__()

    names = [f"a{number}" for number in range(50)]
    listed = Listed({"attribute_name": name, "read": True, "insert": False, "update": False} for name in names)
    grants = {"read": True, "insert": False, "update": False, "delete": False, "attribute_permissions": listed}
    rights = RoleRights({"press": {"tables": {"article": grants}}})
    walks.clear()

    found = reasons(
        rights,
        Asked(
            operation="search",
            names=("search",),
            is_for_super_users=False,
            is_for_structure_users=False,
            needs=("read",),
            database="press",
            table="article",
            attributes=names,
        ),
    )

    assert len(found) == 51
    assert all(each["allows"] for each in found)
    assert len(walks) < 10
