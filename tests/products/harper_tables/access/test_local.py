"""Requests of this machine without a credential, where the operator lets them in; and an instance without sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.harness import Client
from tests.products.harper_tables.admin_ops.conftest import make_operator
from tests.products.harper_tables.conftest import PASSWORD, USER, Instance

from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.identity.passwords import PasswordWorkers
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.ratelimit.memory import MemoryRateLimiter
from harbor.products.harper_tables.access.user_access import UserAccess
from harbor.products.harper_tables.product import harper_product


def otherwise(instance: Instance, workers: PasswordWorkers, **how: Any) -> Client:
    """The same installation in a process with another configuration, called from this machine without a credential."""
    services = instance.house.services
    throttle = SignInThrottle(MemoryRateLimiter())
    access = UserAccess(instance.house.database, workers, throttle, instance.house.clock.now, **how)
    return Client(Pipeline(harper_product(access), services), {"Host": "localhost:9925"}, address="127.0.0.1")


async def test_this_machine_is_the_operators_first_super_user_where_it_is_let_in(
    one_engine: Instance, workers: PasswordWorkers
) -> None:
    local = otherwise(one_engine, workers, authorizes_local=True)
    ask = {"operation": "user_info"}
    assert (await local.request("POST", "/", ask)).status == 401  # there is no operator yet
    await make_operator(one_engine)

    assert (await local.request("POST", "/", ask)).json()["username"] == USER
    elsewhere = replace(local, address="10.0.0.7")
    assert (await elsewhere.request("POST", "/", ask)).status == 401
    for header in ("X-Forwarded-For", "Forwarded", "Via"):
        assert (await local.request("POST", "/", ask, headers={header: "127.0.0.1"})).status == 401
    assert (await otherwise(one_engine, workers).request("POST", "/", ask)).status == 401


async def test_a_page_elsewhere_is_not_this_machine_though_its_browser_is(
    one_engine: Instance, workers: PasswordWorkers
) -> None:
    local = otherwise(one_engine, workers, authorizes_local=True)
    await make_operator(one_engine)

    async def status(**headers: str) -> int:
        return (await local.request("POST", "/", {"operation": "user_info"}, headers=headers)).status

    for host in ("localhost:9925", "127.0.0.1:9925", "127.0.0.1", "[::1]:9925"):
        assert await status(Host=host) == await status(Host=host, Origin=f"http://{host}") == 200
    for origin in ("https://evil.test", "null", "http://localhost:3000"):
        assert await status(Origin=origin) == 401
    # A name of theirs that leads here.
    for host in ("evil.test:9925", "evil.test", "127.0.0.1.evil.test", "localhost.evil.test:9925"):
        assert await status(Host=host) == await status(Host=host, Origin=f"http://{host}") == 401


async def test_who_comes_by_a_listener_that_is_trusted_is_that_user_too(
    one_engine: Instance, workers: PasswordWorkers
) -> None:
    client = otherwise(one_engine, workers, trusted_listeners=frozenset({"private"}))
    await make_operator(one_engine)
    ask = {"operation": "user_info"}

    assert (await client.request("POST", "/", ask)).status == 401
    private = replace(client, mount=replace(client.mount, listener="private"))
    assert (await private.request("POST", "/", ask)).json()["username"] == USER
    wrong = {"Authorization": "Basic bmFtZTpub25l"}
    assert (await private.request("POST", "/", ask, headers=wrong)).status == 401


@pytest.mark.parametrize("operation", ["login", "logout"])
async def test_without_sessions_nobody_logs_in(one_engine: Instance, workers: PasswordWorkers, operation: str) -> None:
    client = otherwise(one_engine, workers, has_sessions=False)

    reply = await client.request("POST", "/", {"operation": operation, "username": USER, "password": PASSWORD})

    assert (reply.status, reply.json()) == (401, {"error": "No session for login"})
    assert "set-cookie" not in reply.headers
