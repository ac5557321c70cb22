"""Acting as another, giving to others, and why somebody may: impersonate, delegation, explain_permission."""

from __future__ import annotations

from typing import Any

import pytest
from tests.products.harper_tables.access.conftest import FLAGS, library, on_article
from tests.products.harper_tables.conftest import PASSWORD, USER, Instance

ARTICLE = {"database": "press", "table": "article"}
NOT_ONE = "Invalid impersonate payload: must have exactly one of username, role_name and role"
NO_PERMISSION = "Invalid impersonate payload: role.permission must be the permission object of a role"
READ = {**ARTICLE, "ids": [1], "get_attributes": ["*"]}


@pytest.mark.parametrize(
    "target",
    [
        {"username": "tor"},
        {"role_name": "tor_role"},
        {"role": {"permission": on_article("read", attributes={"title": "read"})}},
    ],
)
async def test_a_super_user_acts_with_the_rights_of_another(instance: Instance, target: dict[str, Any]) -> None:
    await library(instance)
    await instance.user("tor", on_article("read", attributes={"title": "read"}))

    (row,) = await instance.do("search_by_id", **READ, impersonate=target)

    assert list(row) == ["id", "title", "__createdtime__", "__updatedtime__"]
    assert (await instance.ask("insert", **ARTICLE, records=[{"id": 9}], impersonate=target)).status == 403
    assert (await instance.ask("list_users", impersonate=target)).status == 403
    await instance.do("list_users")


async def test_the_rights_are_never_those_of_a_super_user(instance: Instance) -> None:
    for target in ({"username": USER}, {"role_name": "super_user"}, {"role": {"permission": {"super_user": True}}}):
        assert (await instance.ask("list_users", impersonate=target)).status == 403, target


async def test_the_audit_names_the_real_caller(instance: Instance) -> None:
    await library(instance)
    await instance.user("tor", on_article("insert"))

    await instance.do("insert", **ARTICLE, records=[{"id": 9}], impersonate={"username": "tor"})

    assert (await instance.do("read_audit_log", **ARTICLE))[-1]["user_name"] == USER
    assert (await instance.do("user_info", impersonate={"username": "tor"}))["username"] == "tor"


@pytest.mark.parametrize(
    ("target", "status", "message"),
    [
        ({"username": "none"}, 404, "Impersonation target user 'none' not found"),
        ({"role_name": "none"}, 404, "Impersonation target role 'none' not found"),
        ({"username": "una"}, 403, "Impersonation target user 'una' is inactive"),
        ({}, 400, NOT_ONE),
        ({"username": "a", "role_name": "b"}, 400, NOT_ONE),
        ("tor", 400, "Invalid impersonate payload: must be an object"),
        ({"username": 5}, 400, "Invalid impersonate payload: username must be a text"),
        ({"role": {}}, 400, NO_PERMISSION),
        ({"role": {"permission": {"press": {"tables": [1]}}}}, 400, NO_PERMISSION),
        ({"role": {"permission": {"structure_user": [{}]}}}, 400, NO_PERMISSION),
    ],
)  # fmt: skip
async def test_a_target_that_cannot_be_is_refused(one_engine: Instance, target: Any, status: int, message: str) -> None:
    await one_engine.do("add_user", role="super_user", username="una", password="oak-tree-1", active=False)

    assert await one_engine.refused("describe_all", impersonate=target) == (status, message)


async def test_only_super_users_act_as_others(instance: Instance) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article("read"))

    assert await tor.refused("user_info", impersonate={"username": USER}) == (
        403,
        "Only super_user can use impersonation",
    )


# Nobody gives more than they have

MANAGER = on_article(
    "read",
    "insert",
    attributes={"title": "read insert"},
    operations=[
        *("read_only", "insert", "list_users", "add_user", "alter_user", "drop_user"),
        *("add_role", "alter_role", "drop_role"),
    ],
)


async def test_who_may_add_users_gives_no_more_than_they_have(instance: Instance) -> None:
    await library(instance)
    tor = await instance.user("tor", MANAGER)
    await instance.do(
        "add_role",
        role="other",
        permission={"press": {"tables": {"draft": on_article("read")["press"]["tables"]["article"]}}},
    )
    less = on_article("read", attributes={"title": "read"}, operations=["read_only"])

    await tor.do("add_role", role="less", permission=less)
    await tor.do("add_user", role="less", username="ida", password="birch-9-birch", active=True)
    await tor.do("alter_user", username="ida", password="birch-9-beech")
    await tor.do("drop_user", username="ida")

    refused: list[tuple[str, dict[str, Any]]] = [
        ("add_user", {"role": "super_user", "username": "una", "password": "x", "active": True}),
        ("add_user", {"role": "other", "username": "una", "password": "x", "active": True}),
        ("alter_user", {"username": "tor", "role": "super_user"}),
        ("alter_user", {"username": USER, "password": "taken-over"}),
        ("drop_user", {"username": USER}),
        ("alter_role", {"id": "super_user", "permission": less}),
        ("drop_role", {"id": "other"}),
        *(("alter_role", {"id": "tor_role", "permission": {**MANAGER, **more}}) for more in TOO_MUCH),
        *(("add_role", {"role": "more", "permission": {**less, **more}}) for more in TOO_MUCH),
    ]
    for operation, fields in refused:
        assert (await tor.ask(operation, **fields)).status == 403, (operation, fields)
    assert (await instance.as_user(USER, PASSWORD).do("user_info"))["username"] == USER
    # What they do not see they cannot name either.
    faults = (await tor.ask("add_role", role="x", permission={**less, "vault": {"tables": {}}})).json()
    assert faults["main_permissions"] == ["database 'vault' does not exist"]


TOO_MUCH: list[dict[str, Any]] = [
    {"structure_user": True},
    {"structure_user": ["press"]},
    {"operations": ["read_only", "sql"]},
    {"operations": ["read_only", "create_table"]},
    {"operations": None},
    {"press": on_article("read", "delete", attributes={"title": "read"})["press"]},
    {"press": on_article("read")["press"]},
    {"press": on_article("read", attributes={"fee": "read"})["press"]},
]


async def test_somebody_with_super_users_operations_makes_no_super_user(instance: Instance) -> None:
    tor = await instance.user("tor", {"operations": ["add_role", "add_user"]})

    assert (await tor.ask("add_role", role="x", permission={"super_user": True})).status == 403
    assert (await tor.ask("add_user", role="super_user", username="x", password="y", active=True)).status == 403


# Why somebody may


async def test_why_somebody_may_not_is_what_they_would_be_told(instance: Instance) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article("read", attributes={"title": "read"}))
    asked = {"for_operation": "update", **ARTICLE, "attributes": ["title", "fee"]}

    told = (await tor.ask("update", **ARTICLE, records=[{"id": 1, "title": "x", "fee": 1}])).json()
    found = await instance.do("explain_permission", username="tor", **asked)

    reasons = found["reasons"]
    assert found == {
        "reasons": reasons,
        "allowed": False,
        "unauthorized_access": [
            {
                "schema": "press",
                "table": "article",
                "required_table_permissions": ["update"],
                "required_attribute_permissions": [{"attribute_name": "title", "required_permissions": ["update"]}],
            }
        ],
        "invalid_schema_items": ["Attribute 'fee' does not exist on 'press.article'"],
    }
    assert told["invalid_schema_items"] == found["invalid_schema_items"]
    assert await tor.do("explain_permission", **asked) == found
    assert await instance.do("explain_permission", role="tor_role", **asked) == found
    assert (await instance.do("explain_permission", **asked))["allowed"] is True


async def test_what_others_may_is_for_super_users(instance: Instance) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article(*FLAGS))

    assert (await tor.ask("explain_permission", for_operation="insert", username=USER)).status == 403
    assert (await tor.ask("explain_permission", for_operation="insert", role="super_user")).status == 403
    assert await instance.refused("explain_permission", for_operation="insert", role="none") == (
        404,
        "none role not found",
    )
    status, message = await instance.refused("explain_permission", for_operation="rm")
    assert (status, message) == (400, "'for_operation' must be the name of an operation")
