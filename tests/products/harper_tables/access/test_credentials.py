"""Basic credentials: remembered for a moment, forgotten at once when something changes, and costly to guess."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.products.harper_tables.access.conftest import library, on_article, second_process
from tests.products.harper_tables.conftest import PASSWORD, USER, Instance, hash_of
from tests.racing import begun

from harbor.kernel.errors import Conflict
from harbor.kernel.identity import passwords as hashing
from harbor.kernel.identity.model import system
from harbor.kernel.identity.passwords import PasswordWorkers
from harbor.kernel.identity.verified import VerifiedPasswords
from harbor.kernel.storage.database import Database, Tx
from harbor.products.harper_tables.access import roles, users

READ = {"database": "press", "table": "article", "ids": [1], "get_attributes": ["title"]}
GONE = [
    ("alter_user", {"username": "tor", "password": "other-pine-7"}, 401, "Login failed"),
    ("alter_user", {"username": "tor", "active": False}, 401, "Cannot complete request: User is inactive"),
    ("drop_user", {"username": "tor"}, 401, "Login failed"),
]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """How often a password was looked at the costly way, and whether somebody was known."""
    found: list[bool] = []

    def verify(stored_hash: str | None, password: str) -> bool:
        found.append(stored_hash is not None)
        return real(stored_hash, password)

    real = hashing.verify_password
    monkeypatch.setattr(hashing, "verify_password", verify)
    return found


async def test_a_password_is_looked_at_once_and_then_remembered(one_engine: Instance, looks: list[bool]) -> None:
    for _ in range(3):
        await one_engine.do("user_info")
    await asyncio.gather(*(one_engine.do("user_info") for _ in range(3)))

    assert looks == [True]


async def test_the_same_header_is_looked_at_again_when_its_password_is_forgotten(
    one_engine: Instance, workers: PasswordWorkers, looks: list[bool]
) -> None:
    seconds = [0.0]
    verified = VerifiedPasswords(lifetime_s=30, monotonic_s=lambda: seconds[0])
    process = second_process(one_engine, workers, verified=verified)

    for seconds[0] in (0.0, 1.0, 29.0, 31.0, 32.0):
        await process.do("user_info")

    assert looks == [True, True]


@pytest.mark.parametrize(("operation", "fields", "status", "message"), GONE)
async def test_a_change_of_a_user_counts_at_once_on_every_process(
    instance: Instance, workers: PasswordWorkers, operation: str, fields: dict[str, Any], status: int, message: str
) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article("read"))
    elsewhere = second_process(tor, workers)
    assert await tor.do("search_by_id", **READ) == await elsewhere.do("search_by_id", **READ)

    await instance.do(operation, **fields)

    for process in (elsewhere, tor, elsewhere):
        assert await process.refused("search_by_id", **READ) == (status, message)


async def test_a_change_of_a_role_counts_at_once_on_every_process(instance: Instance, workers: PasswordWorkers) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article("read"))
    elsewhere = second_process(tor, workers)
    await elsewhere.do("search_by_id", **READ)

    await instance.do("alter_role", id="tor_role", permission=on_article("insert"))
    assert (await elsewhere.ask("search_by_id", **READ)).status == 403
    await instance.do("alter_user", username="tor", role="super_user")
    assert len(await elsewhere.do("list_users")) == 2


async def test_a_new_password_and_a_new_state_are_known_where_the_old_ones_are_remembered(
    instance: Instance, workers: PasswordWorkers
) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article("read"))
    elsewhere = second_process(instance, workers)
    await second_process(tor, workers).do("user_info")

    await elsewhere.do("alter_user", username="tor", password="other-pine-7")
    await instance.as_user("tor", "other-pine-7").do("user_info")
    await elsewhere.do("alter_user", username="tor", active=False)
    assert (await instance.as_user("tor", "other-pine-7").ask("user_info")).status == 401
    await elsewhere.do("alter_user", username="tor", active=True)
    await instance.as_user("tor", "other-pine-7").do("user_info")


async def test_an_undone_change_leaves_nothing_remembered(instance: Instance) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article("read"))
    await tor.do("user_info")

    status, _ = await instance.refused("alter_user", username=USER, active=False)  # changes, and is then refused

    assert status == 400
    await instance.do("list_users")
    await tor.do("search_by_id", **READ)


async def test_the_same_name_again_is_another_user(instance: Instance) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article("read"))
    tokens = await tor.do("create_authentication_tokens")
    await instance.do("drop_user", username="tor")
    await instance.do("add_user", username="tor", password="other-pine-7", role="tor_role", active=True)

    assert (await instance.as_user("tor", "other-pine-7").do("user_info"))["username"] == "tor"
    assert await tor.refused("user_info") == (401, "Login failed")
    for token in tokens.values():
        assert await instance.refused("refresh_operation_token", refresh_token=token) == (401, "invalid token")


async def test_who_is_unknown_costs_what_who_is_known_costs(one_engine: Instance, looks: list[bool]) -> None:
    for name, password in (("nobody", PASSWORD), (USER, "wrong"), ("", "x")):
        assert await one_engine.as_user(name, password).refused("user_info") == (401, "Login failed")

    assert looks == [False, True]  # an empty name is no credential


async def test_guesses_are_stopped_by_name_and_by_address(instance: Instance) -> None:
    one = instance.as_user(USER, "wrong")
    for _ in range(10):
        assert (await one.ask("user_info")).status == 401

    stopped = await one.ask("user_info")
    assert (stopped.status, stopped.headers["harper-error-code"]) == (429, "too_many_sign_ins")
    assert int(stopped.headers["retry-after"]) > 0
    # Also from elsewhere, by every door, and with the right password: whoever guesses cannot tell.
    assert (await instance.as_user(USER, "wrong").ask("user_info")).status == 429
    for operation in ("login", "create_authentication_tokens"):
        assert (await instance.ask(operation, username=USER, password=PASSWORD + "x")).status == 429


async def test_many_good_callers_at_once_are_no_guesses(one_engine: Instance, looks: list[bool]) -> None:
    names = [f"user{number}" for number in range(14)]
    await one_engine.do("add_role", role="desk", permission={})
    for name in names:
        await one_engine.do("add_user", username=name, password=PASSWORD, role="desk", active=True)
    client = one_engine.client

    async def ask(name: str) -> int:
        caller = one_engine.as_user(name, PASSWORD)
        reply = await type(client)(client.pipeline, caller.client.headers, address="10.9.9.9").request(
            "POST", "/", {"operation": "user_info"}
        )
        return reply.status

    assert await asyncio.gather(*(ask(name) for name in names)) == [200] * len(names)
    assert len(looks) == len(names) + 1


async def test_a_role_that_changes_during_a_request_counts_for_the_next(instance: Instance, database: Database) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article("read"))
    await tor.do("search_by_id", **READ)
    account = instance.organization.production

    def shut(tx: Tx) -> None:
        call = instance.house.services.call(tx, system(account.id))
        roles.alter(call, "tor_role", permission={})

    if database.engine == "sqlite":
        await database.write(shut)
    else:
        async with begun(database, shut) as held:
            assert (await tor.ask("search_by_id", **READ)).status == 200  # not committed: it never happened
            await held.commit()

    assert (await tor.ask("search_by_id", **READ)).status == 403


async def test_two_who_remove_each_other_leave_one(instance: Instance, database: Database) -> None:
    await instance.do("add_user", role="super_user", username="una", password="oak-tree-1", active=True)
    una = instance.as_user("una", "oak-tree-1")
    await una.do("user_info")

    await asyncio.gather(
        instance.ask("drop_user", username="una"),
        una.ask("drop_user", username=USER),
        instance.ask("alter_user", username="una", active=False),
        una.ask("alter_role", id="super_user", permission={}),
    )

    left = await database.read(lambda tx: tx.rows("SELECT username FROM harper_users WHERE is_active = 1"))
    roles_left = await database.read(lambda tx: tx.rows("SELECT permission FROM harper_roles"))
    assert len(left) >= 1
    assert "true" in roles_left[0]["permission"]


async def test_two_organizations_that_want_a_name_at_once_get_one(instance: Instance, database: Database) -> None:
    other = await instance.house.organization("Other")
    services = instance.house.services

    async def add(account_id: str) -> bool:
        try:
            await database.write(
                lambda tx: users.set_up(services.call(tx, system(account_id)), "una", hash_of(PASSWORD))
            )
        except Conflict:
            return False
        return True

    done = await asyncio.gather(add(instance.organization.production.id), add(other.production.id))

    assert sorted(done) == [False, True]
