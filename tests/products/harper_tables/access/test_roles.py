"""Roles: kept whole, named once, told whole when their JSON is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from tests.products.harper_tables.access.conftest import library, on_article, table_grant
from tests.products.harper_tables.conftest import Instance

READER = on_article("read")
FULL = table_grant("read")


def listed(**given: Any) -> dict[str, Any]:
    """The table's permissions with one entry for an attribute."""
    return {**FULL, "attribute_permissions": [given]}


TITLE = {"attribute_name": "title", "read": True, "insert": False, "update": False}
MISSING_FLAGS = [f"{each} attribute permission missing for 'title'" for each in ("READ", "INSERT", "UPDATE")]
CONFLICT = (
    "You have a conflict with TABLE permissions for 'press.article' being false and ATTRIBUTE permissions being true"
)
NO_LIST = "Permission 'operations' must be an array of operation names or group names"
NO_OPERATION = "Invalid operations value 'rm'. Must be a valid operation name or group (e.g. 'read_only')."
SUPER_USER_ALONE = "Roles with 'super_user' set to true cannot have other permissions set."
STRUCTURE = "Value for 'structure_user' permission must be a boolean or Array"


async def test_a_role_is_answered_as_it_is_kept(instance: Instance) -> None:
    await library(instance)

    added = await instance.do("add_role", role="desk", permission=READER)
    altered = await instance.do("alter_role", id="desk", role="desks", permission={"super_user": False})

    assert list(added) == ["role", "permission", "id", "__updatedtime__", "__createdtime__"]
    assert (added["role"], added["id"], added["permission"]) == ("desk", "desk", READER)
    assert (altered["role"], altered["id"], altered["permission"]) == ("desks", "desk", {"super_user": False})
    assert [each["role"] for each in await instance.do("list_roles")] == ["desks", "super_user"]
    assert await instance.do("drop_role", id="desk") == {"message": "desks successfully deleted"}


async def test_a_role_with_users_stays(instance: Instance) -> None:
    await library(instance)
    await instance.user("tor", READER)

    assert await instance.refused("drop_role", id="tor_role") == (
        409,
        "Cannot drop role tor_role as it has active user(s) tied to this role",
    )
    await instance.do("alter_user", username="tor", active=False)
    await instance.do("drop_role", id="tor_role")
    assert await instance.refused("drop_role", id="tor_role") == (404, "Role not found")
    assert await instance.refused("drop_role") == (400, "Id can't be blank")


async def test_a_name_is_taken_once(instance: Instance) -> None:
    await instance.do("add_role", role="desk", permission={})
    await instance.do("add_role", role="chair", id="seat", permission={})
    taken = (409, "A role with name 'desk' already exists")

    assert await instance.refused("add_role", role="desk", permission={}) == taken
    assert await instance.refused("alter_role", id="seat", role="desk", permission={}) == taken
    assert await instance.refused("alter_role", id="none", permission={}) == (400, "Invalid role id")


async def _faults(instance: Instance, **body: Any) -> tuple[list[str], dict[str, list[str]]]:
    reply = await instance.ask("add_role", **body)
    found = reply.json()
    assert (reply.status, found["error"]) == (400, "Errors in the role permissions JSON provided")
    assert list(found) == ["error", "main_permissions", "schema_permissions"]
    return found["main_permissions"], found["schema_permissions"]


@pytest.mark.parametrize(
    ("body", "sentences"),
    [
        ({}, ["Role can't be blank", "Permission can't be blank"]),
        ({"role": "de sk", "permission": {}, "x": 1}, ["Invalid key(s) in JSON body - 'x'", "Role is invalid"]),
        ({"role": "desk", "permission": {"super_user": "yes"}}, ["Value for 'super_user' permission must be a boolean"]),
        ({"role": "desk", "permission": {"super_user": True, "press": {"tables": {}}}}, [SUPER_USER_ALONE]),
        ({"role": "desk", "permission": {"structure_user": 5}}, [STRUCTURE]),
        ({"role": "desk", "permission": {"structure_user": ["press", "no"]}}, ["database 'no' does not exist"]),
        ({"role": "desk", "permission": {"presss": {"tables": {}}}}, ["database 'presss' does not exist"]),
        ({"role": "desk", "permission": {"system": {"tables": {}}}}, ["database 'system' does not exist"]),
        ({"role": "desk", "permission": {"operations": "insert"}}, [NO_LIST]),
        ({"role": "desk", "permission": {"operations": ["read_only", "rm"]}}, [NO_OPERATION]),
        ({"role": "desk", "permission": {"press": 5}}, ["Value for 'press' permission must be an object with 'tables'"]),
        ({"role": "desk", "permission": []}, ["Permission must be an object"]),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_role_is_told(
    one_engine: Instance, body: dict[str, Any], sentences: list[str]
) -> None:
    await library(one_engine)

    assert await _faults(one_engine, **body) == (sentences, {})


@pytest.mark.parametrize(
    ("table", "grant", "sentences"),
    [
        ("none", FULL, ["Table 'press.none' does not exist"]),
        ("article", {**FULL, "x": 1}, ["Invalid table permission key value 'x'"]),
        ("article", {"attribute_permissions": []}, [f"Missing table {each} permission" for each in ("READ", "INSERT", "UPDATE", "DELETE")]),
        ("article", {**FULL, "read": "yes"}, ["Table READ permission must be a boolean"]),
        ("article", {name: FULL[name] for name in ("read", "insert", "update", "delete")}, ["Missing 'attribute_permissions' array"]),
        ("article", {**FULL, "attribute_permissions": {}}, ["Value for 'attribute_permissions' must be an array"]),
        ("article", listed(read=True), ["Permission object in 'attribute_permission' missing an 'attribute_name'"]),
        ("article", listed(attribute_name="no"), ["Invalid attribute 'no' in 'attribute_permissions'"]),
        ("article", listed(**TITLE, x=1), ["Invalid attribute permission key value 'x'"]),
        ("article", listed(attribute_name="title", delete=1), MISSING_FLAGS),
        ("article", listed(**{**TITLE, "read": 1}), ["READ attribute permission for 'title' must be a boolean"]),
        ("article", table_grant("read", attributes={"title": "read insert"}), [CONFLICT]),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_tables_permissions_is_told_under_its_name(
    one_engine: Instance, table: str, grant: dict[str, Any], sentences: list[str]
) -> None:
    await library(one_engine)

    faults = await _faults(one_engine, role="desk", permission={"press": {"tables": {table: grant}}})

    assert faults == ([], {f"press_{table}": sentences})


async def test_the_older_line_knows_cluster_users(v4: Instance, one_engine: Instance) -> None:
    both = {"super_user": True, "cluster_user": True}

    assert await _faults(v4, role="desk", permission={"cluster_user": "x"}) == (
        ["Value for 'cluster_user' permission must be a boolean"],
        {},
    )
    assert await _faults(v4, role="desk", permission=both) == (
        ["Roles can only have one super role ('cluster_user' or 'super_user') set to true"],
        {},
    )
    await one_engine.do("add_role", role="desk", permission={"cluster_user": "ignored"})


async def test_null_and_empty_lists_of_attributes_mean_all(one_engine: Instance) -> None:
    await library(one_engine)
    grant = {**table_grant("read"), "attribute_permissions": None}
    tor = await one_engine.user("tor", {"press": {"tables": {"article": grant}}})

    (row,) = await tor.do("search_by_id", database="press", table="article", ids=[1], get_attributes=["*"])
    assert (row["title"], row["fee"]) == ("Tides", 90)


async def test_a_role_that_comes_back_is_had_at_once(one_engine: Instance) -> None:
    await library(one_engine)
    reader = await one_engine.user("nora", READER)
    (role,) = [each for each in await one_engine.do("list_roles") if each["role"] == "nora_role"]
    await one_engine.do("alter_user", username="nora", active=False)
    await one_engine.do("drop_role", id=role["id"])
    await one_engine.do("alter_user", username="nora", active=True)
    refused = await reader.ask("user_info")

    await one_engine.do("add_role", role="nora_role", id=role["id"], permission=READER)

    assert (refused.status, (await reader.ask("user_info")).status) == (403, 200)
