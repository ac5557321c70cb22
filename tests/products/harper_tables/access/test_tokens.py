"""Tokens: signed for one account and one purpose, good while the user is as they were, and never for long."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness import House
from tests.products.harper_tables.access.conftest import library, on_article, second_process, with_headers
from tests.products.harper_tables.conftest import PASSWORD, USER, Instance, hash_of

from harbor.kernel.call import Call
from harbor.kernel.identity.passwords import PasswordWorkers
from harbor.products.harper_tables.access import tokens, users
from harbor.products.harper_tables.access.tokens import Lifetimes, Purpose

READ = {"database": "press", "table": "article", "ids": [1], "get_attributes": ["title"]}
INVALID = (401, "invalid token")


def bearer(instance: Instance, token: str) -> Instance:
    """The instance as who has a token calls it."""
    return with_headers(instance, {"Authorization": f"Bearer {token}"})


def stranger(instance: Instance) -> Instance:
    """The instance as nobody calls it."""
    return with_headers(instance, {})


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, whoever signed it."""
    part = token.split(".")[1]
    found: dict[str, Any] = msgspec.json.decode(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


async def test_a_token_stands_for_its_user(instance: Instance, workers: PasswordWorkers) -> None:
    found = await stranger(instance).do("create_authentication_tokens", username=USER, password=PASSWORD)

    assert list(found) == ["operation_token", "refresh_token"]
    claims = claims_of(found["operation_token"])
    assert (claims["username"], claims["super_user"], claims["sub"]) == (USER, True, "operation")
    assert claims["exp"] - claims["iat"] == 86_400
    assert claims_of(found["refresh_token"])["exp"] - claims["iat"] == 30 * 86_400
    assert jwt.get_unverified_header(found["operation_token"])["alg"] == "RS256"
    for process in (instance, second_process(instance, workers)):
        assert (await bearer(process, found["operation_token"]).do("user_info"))["username"] == USER


async def test_an_older_line_tells_of_users_for_clustering(v4: Instance, one_engine: Instance) -> None:
    older = claims_of((await v4.do("create_authentication_tokens"))["operation_token"])
    newer = claims_of((await one_engine.do("create_authentication_tokens"))["operation_token"])

    assert older["cluster_user"] is False
    assert "cluster_user" not in newer


async def test_a_caller_gets_tokens_without_a_password(instance: Instance) -> None:
    found = await instance.do("create_authentication_tokens")

    again = await bearer(instance, found["operation_token"]).do("create_authentication_tokens", expires_in="90s")

    claims = claims_of(again["operation_token"])
    assert claims["exp"] - claims["iat"] == 90


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({}, 401, "Must login"),
        ({"username": USER}, 401, "invalid credentials"),
        ({"password": PASSWORD}, 401, "invalid credentials"),
        ({"username": USER, "password": "wrong"}, 401, "invalid credentials"),
        ({"username": "nobody", "password": PASSWORD}, 401, "invalid credentials"),
        ({"username": "", "password": PASSWORD}, 400, "'username' is not allowed to be empty"),
        ({"username": USER, "password": ""}, 400, "'password' is not allowed to be empty"),
        ({"username": 5, "password": PASSWORD}, 400, "'username' must be a string"),
        ({"username": USER, "password": PASSWORD, "expires_in": "soon"}, 400, "'expires_in' must be a duration like 30m or 1d"),
        ({"username": USER, "password": PASSWORD, "role": 5}, 400, "'role' must be a string or an object with a permission"),
    ],
)  # fmt: skip
async def test_tokens_are_not_for_everybody(
    one_engine: Instance, fields: dict[str, Any], status: int, message: str
) -> None:
    assert await stranger(one_engine).refused("create_authentication_tokens", **fields) == (status, message)


async def test_a_role_counts_at_once_also_for_a_token_that_was_issued_before(
    instance: Instance, workers: PasswordWorkers
) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article("read"))
    token = (await tor.do("create_authentication_tokens"))["operation_token"]
    processes = [bearer(instance, token), bearer(second_process(instance, workers), token)]
    for process in processes:
        await process.do("search_by_id", **READ)

    await instance.do("alter_role", id="tor_role", permission=on_article("insert"))
    for process in processes:
        assert (await process.ask("search_by_id", **READ)).status == 403
    await instance.do("alter_user", username="tor", active=False)
    for process in processes:
        assert await process.refused("user_info") == (401, "Cannot complete request: User is inactive")
    await instance.do("alter_user", username="tor", active=True, password="other-pine-7")
    for process in processes:
        assert await process.refused("user_info") == INVALID
    await instance.do("drop_user", username="tor")
    for process in processes:
        assert await process.refused("user_info") == INVALID


async def test_a_token_ends_with_its_time(instance: Instance) -> None:
    found = await instance.do("create_authentication_tokens", expires_in=60)
    caller = bearer(instance, found["operation_token"])
    instance.house.clock.advance(59)
    await caller.do("user_info")

    instance.house.clock.advance(1)

    assert await caller.refused("user_info") == (401, "token expired")
    instance.house.clock.advance(31 * 86_400)
    assert await instance.refused("refresh_operation_token", refresh_token=found["refresh_token"]) == (
        401,
        "token expired",
    )


async def test_the_newest_refresh_token_fetches_tokens_and_nothing_else_does(instance: Instance) -> None:
    first = await instance.do("create_authentication_tokens")
    assert set(await bearer(instance, first["refresh_token"]).do("refresh_operation_token")) == {"operation_token"}

    second = await instance.do("create_authentication_tokens")
    nobody = stranger(instance)

    fresh = await nobody.do("refresh_operation_token", refresh_token=second["refresh_token"])
    await bearer(instance, fresh["operation_token"]).do("user_info")
    assert await nobody.refused("refresh_operation_token", refresh_token=first["refresh_token"]) == INVALID
    assert await nobody.refused("refresh_operation_token", refresh_token=second["operation_token"]) == INVALID
    assert await bearer(instance, second["refresh_token"]).refused("user_info") == INVALID
    assert await nobody.refused("refresh_operation_token") == (400, "'refresh_token' is required")


async def test_a_token_for_a_part_of_the_rights_is_for_components_alone(instance: Instance) -> None:
    await library(instance)
    tor = await instance.user("tor", on_article("read"))
    scoped = await instance.do("create_authentication_tokens", role={"permission": {"super_user": False}})

    assert list(scoped) == ["operation_token"]
    assert await bearer(instance, scoped["operation_token"]).refused("user_info") == INVALID
    assert await tor.refused("create_authentication_tokens", role={"permission": {}}) == (
        403,
        "Only super_user can create a token with an inline role",
    )
    assert list(await tor.do("create_authentication_tokens", role="reporting")) == ["operation_token"]


def _forged(house: House, token: str) -> list[str]:
    head, body, signature = token.split(".")
    public, private = tokens.new_pair()
    claims = {**claims_of(token), "super_user": True}
    key_id = str(jwt.get_unverified_header(token)["kid"])
    none = urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return [
        "x",
        "a.b.c",
        f"{head}.{body}.",
        f"{none}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        tokens.sign(private, key_id, claims),
        tokens.sign(private, "hpk_none", claims),
        jwt.encode(claims, public.replace("PUBLIC", "SECRET"), algorithm="HS256", headers={"kid": key_id}),
        jwt.encode(claims, "x" * 32, algorithm="HS256"),
    ]


async def test_what_we_did_not_sign_is_no_token(instance: Instance) -> None:
    found = await instance.do("create_authentication_tokens")

    for forged in _forged(instance.house, found["operation_token"]):
        assert await bearer(instance, forged).refused("user_info") == INVALID, forged
        assert await stranger(instance).refused("refresh_operation_token", refresh_token=forged) == INVALID


async def test_a_key_signs_for_the_users_of_its_account_alone(instance: Instance) -> None:
    other = await instance.house.organization("Other")

    def add(call: Call) -> str:
        return users.set_up(call, "una", hash_of(PASSWORD)).seed

    seed = await instance.house.write(other.production, add)
    services = instance.house.services
    key = await instance.access.keys.signing(
        instance.organization.production.id, services.faculties.vault, services.faculties.ids.next
    )
    now_s = int(services.clock.now().timestamp())
    claims = {"username": "una", "sub": "operation", "iat": now_s, "exp": now_s + 60, "seed": seed}

    assert await bearer(instance, tokens.sign(key.private_key, key.id, claims)).refused("user_info") == INVALID


async def test_the_private_key_lies_sealed(instance: Instance) -> None:
    await instance.do("create_authentication_tokens")

    rows = await instance.house.database.read(lambda tx: tx.rows("SELECT * FROM harper_token_keys"))

    assert len(rows) == 1
    assert "PRIVATE KEY" not in str(rows)
    assert "PUBLIC KEY" in rows[0]["public_key"]


async def test_reading_a_token_again_costs_no_signature(one_engine: Instance) -> None:
    token = (await one_engine.do("create_authentication_tokens"))["operation_token"]
    await one_engine.access.keys.read(token)
    began = time.perf_counter()

    for _ in range(1_000):
        assert await one_engine.access.keys.read(token) is not None

    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1d", 86_400), ("30d", 2_592_000), ("15m", 900), ("2h", 7_200), ("1w", 604_800), ("1y", 31_557_600), ("60", 60), (60, 60), ("5 s", 5)],
)  # fmt: skip
def test_durations_are_read(text: object, seconds: int) -> None:
    assert tokens.duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "0", 0, -1, "-1d", "d", "1x", "1.5h", True, None, 1.5, [], "9" * 13, "101y"])
def test_what_is_no_duration_is_none(text: object) -> None:
    assert tokens.duration_s(text) is None


def test_lifetimes_are_settings() -> None:
    assert Lifetimes.parsed("2h", "7d") == Lifetimes(operation_s=7_200, refresh_s=604_800)
    with pytest.raises(ValueError, match="durations"):
        Lifetimes.parsed("soon", "7d")


@pytest.fixture(scope="module")
def pair() -> tuple[str, str]:
    """A pair of keys."""
    return tokens.new_pair()


@given(username=st.text(max_size=50), seed=st.text(max_size=20), expires_s=st.integers(0, 2**60))
def test_what_was_signed_is_read(pair: tuple[str, str], username: str, seed: str, expires_s: int) -> None:
    claims = {"username": username, "sub": "refresh", "iat": 0, "exp": expires_s, "seed": seed}

    found = tokens.read(tokens.sign(pair[1], "k", claims), pair[0])

    assert found is not None
    assert (found.username, found.seed, found.expires_s, found.purpose) == (username, seed, expires_s, Purpose.REFRESH)


@given(
    st.one_of(st.text(max_size=200), st.from_regex(r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}"))
)
def test_any_text_is_no_token(pair: tuple[str, str], text: str) -> None:
    assert tokens.read(text, pair[0]) is None
    tokens.key_id_of(text)
