"""Users: added, altered, dropped and shown, in Harper's words."""

from __future__ import annotations

from typing import Any

import pytest
from tests.products.harper_tables.access.conftest import library, on_article
from tests.products.harper_tables.conftest import PASSWORD, USER, Instance

from harbor.kernel.call import Call
from harbor.products.harper_tables.access import users

NOTHING = "Username can't be blank,Password can't be blank,Role can't be blank,Active can't be blank"
DESK = {"super_user": False, "press": {"tables": {}}}


async def _desk(instance: Instance) -> None:
    await instance.do("create_database", database="press")
    await instance.do("add_role", role="desk", permission=DESK)


async def test_a_user_can_do_what_the_role_grants_from_then_on(instance: Instance) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article("read"))

    assert await tor.do("search_by_id", database="press", table="article", ids=[1], get_attributes=["title"]) == [
        {"title": "Tides"}
    ]


async def test_a_record_shows_the_role_and_never_the_password(instance: Instance) -> None:
    await _desk(instance)
    assert await instance.do("add_user", role="desk", username="tor", password="birch-9", active=True) == {
        "message": "tor successfully added"
    }

    (mira, tor) = await instance.do("list_users")
    assert list(tor) == ["username", "active", "role", "__createdtime__", "__updatedtime__"]
    assert (tor["username"], tor["active"]) == ("tor", True)
    assert list(tor["role"]) == ["id", "role", "permission", "__createdtime__", "__updatedtime__"]
    assert (tor["role"]["id"], tor["role"]["permission"]) == ("desk", DESK)
    assert mira["role"]["permission"]["system"]["tables"]["hdb_user"]["read"] is True
    assert (await instance.do("user_info"))["role"]["permission"] == {"super_user": True}
    assert "argon2" not in str(mira)


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({}, 400, NOTHING),
        ({"username": "", "password": "", "role": "", "active": ""}, 400, NOTHING),
        ({"username": "a", "password": "b", "role": "de sk", "active": "yes"}, 400, "Role is invalid,Active must be a boolean"),
        ({"username": 5, "password": "b", "role": "desk", "active": True}, 400, "Username must be a string"),
        ({"username": "a", "password": "b" * 257, "role": "desk", "active": True}, 400, "Password is too long (maximum is 256 characters)"),
        ({"username": "a", "password": "b", "role": "none", "active": True}, 404, "none role not found"),
        ({"username": USER, "password": "b", "role": "desk", "active": True}, 409, f"User {USER} already exists"),
    ],
)  # fmt: skip
async def test_a_user_that_cannot_be_is_refused(
    one_engine: Instance, fields: dict[str, Any], status: int, message: str
) -> None:
    await _desk(one_engine)

    assert await one_engine.refused("add_user", **fields) == (status, message)


ALTERATIONS: list[tuple[dict[str, Any], str]] = [
    ({}, "username is required"),
    ({"username": "tor"}, "nothing to update, must supply active, role or password to update"),
    ({"username": "tor", "password": ""}, "password cannot be an empty string"),
    ({"username": "tor", "role": ""}, "If role is specified, it cannot be empty."),
    ({"username": "tor", "active": "no"}, "active must be true or false"),
]


@pytest.mark.parametrize(("fields", "message"), ALTERATIONS)
async def test_an_alteration_that_cannot_be_is_the_callers_fault(
    one_engine: Instance, fields: dict[str, Any], message: str
) -> None:
    assert await one_engine.refused("alter_user", **fields) == (400, message)


@pytest.mark.parametrize(("fields", "message"), ALTERATIONS)
async def test_the_older_line_answers_it_with_500(v4: Instance, fields: dict[str, Any], message: str) -> None:
    assert await v4.refused("alter_user", **fields) == (500, message)


async def test_an_altered_user_is_told_as_an_updated_record(instance: Instance) -> None:
    await _desk(instance)
    await instance.do("add_user", role="desk", username="tor", password="birch-9", active=True)

    done = await instance.do("alter_user", username="tor", active=False)
    missed = await instance.do("alter_user", username="nobody", active=False)

    assert list(done) == ["message", "new_attributes", "txn_time", "update_hashes", "skipped_hashes"]
    assert (done["message"], done["update_hashes"]) == ("updated 1 of 1 records", ["tor"])
    assert (missed["message"], missed["skipped_hashes"]) == ("updated 0 of 1 records", ["nobody"])
    assert await instance.refused("alter_user", username="tor", role="none") == (
        404,
        "Update failed.  Requested 'none' role not found.",
    )
    assert await instance.as_user("tor", "birch-9").refused("user_info") == (
        401,
        "Cannot complete request: User is inactive",
    )


async def test_a_dropped_user_is_gone(instance: Instance) -> None:
    await _desk(instance)
    await instance.do("add_user", role="desk", username="tor", password="birch-9", active=True)
    tor = instance.as_user("tor", "birch-9")
    await tor.do("user_info")

    assert await instance.do("drop_user", username="tor") == {"message": "tor successfully deleted"}

    assert await tor.refused("user_info") == (401, "Login failed")
    assert await instance.refused("drop_user", username="tor") == (404, "User tor does not exist")
    assert await instance.refused("drop_user") == (400, "Username can't be blank")


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("drop_user", {"username": USER}),
        ("alter_user", {"username": USER, "active": False}),
        ("alter_user", {"username": USER, "role": "desk"}),
        ("alter_role", {"id": "super_user", "permission": DESK}),
    ],
)
async def test_the_last_super_user_stays(instance: Instance, operation: str, fields: dict[str, Any]) -> None:
    await _desk(instance)

    assert await instance.refused(operation, **fields) == (
        400,
        "Rejected: this change would leave the instance with no active super_user. "
        "Grant super_user to another active user first.",
    )


async def test_one_of_two_super_users_may_go(instance: Instance) -> None:
    await instance.do("add_user", role="super_user", username="una", password="oak-tree-1", active=True)

    await instance.do("drop_user", username=USER)

    assert [each["username"] for each in await instance.as_user("una", "oak-tree-1").do("list_users")] == ["una"]


async def test_a_name_is_one_users_in_the_whole_installation(instance: Instance) -> None:
    other = await instance.house.organization("Other")

    def add(call: Call) -> None:
        users.set_up(call, "una", "$argon2id$x")
        users.set_up(call, "ida", "$argon2id$x")

    await instance.house.write(other.production, add)

    assert await instance.refused("add_user", role="super_user", username="una", password="b", active=True) == (
        409,
        "User una already exists",
    )
    assert [each["username"] for each in await instance.do("list_users")] == [USER]
    assert (await instance.do("alter_user", username="una", active=False))["skipped_hashes"] == ["una"]
    assert await instance.refused("drop_user", username="una") == (404, "User una does not exist")


async def test_changes_of_users_are_events_with_ids_alone(instance: Instance) -> None:
    await _desk(instance)
    await instance.do("add_user", role="desk", username="tor", password="birch-9", active=True)
    await instance.do("alter_user", username="tor", active=False)
    await instance.do("drop_user", username="tor")

    def told(call: Call) -> list[tuple[str, str]]:
        rows = call.tx.rows("SELECT type, payload FROM events WHERE type LIKE 'harper.user.%' ORDER BY id")
        return [(row["type"], row["payload"]) for row in rows]

    found = await instance.house.read(instance.organization.production, told)
    assert [type_ for type_, _ in found[1:]] == ["harper.user.added", "harper.user.altered", "harper.user.dropped"]
    assert not any("tor" in payload or "argon2" in payload for _, payload in found[1:])


async def test_a_user_whose_role_is_gone_may_do_nothing(instance: Instance) -> None:
    await _desk(instance)
    await instance.do("add_user", role="desk", username="tor", password="birch-9", active=False)
    await instance.do("drop_role", id="desk")
    await instance.do("alter_user", username="tor", active=True)

    for operation in ("user_info", "describe_all", "list_users"):
        assert await instance.as_user("tor", "birch-9").refused(operation) == (
            403,
            "User tor has no role or permissions.  Please assign the user a valid role.",
        )
    (_, tor) = await instance.do("list_users")
    assert tor["role"] is None


NAMES = ("'; DROP TABLE harper_users; --", '" OR 1=1', "${x}", "{{7*7}}", "a b", "Ünï", "a\u2028b", "..", "a:b", "%")


async def test_a_name_may_be_any_text(instance: Instance) -> None:
    await _desk(instance)

    for name in NAMES:
        await instance.do("add_user", role="desk", username=name, password=name + "x", active=True)
        found = await instance.do("create_authentication_tokens", username=name, password=name + "x")
        assert set(found) == {"operation_token", "refresh_token"}

    assert {each["username"] for each in await instance.do("list_users")} == {USER, *NAMES}
    for name in NAMES:
        assert await instance.do("drop_user", username=name) == {"message": f"{name} successfully deleted"}


async def test_a_password_is_hashed_before_the_transaction_and_only_for_those_who_may(one_engine: Instance) -> None:
    await library(one_engine)
    tor = await one_engine.user("tor", on_article("read"))

    status, _ = await tor.refused("alter_user", username=USER, password="taken-over-1")

    assert status == 403
    assert (await one_engine.as_user(USER, PASSWORD).do("user_info"))["username"] == USER
