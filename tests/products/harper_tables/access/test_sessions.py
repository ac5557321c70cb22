"""Sessions: a cookie that counts for one origin, until it is logged out or the password changes."""

from __future__ import annotations

import pytest
from tests.products.harper_tables.access.conftest import with_headers
from tests.products.harper_tables.conftest import PASSWORD, USER, Instance

STUDIO = "https://studio.press.test"


async def logged_in(instance: Instance, origin: str | None = STUDIO) -> dict[str, str]:
    """The headers of a browser after its login."""
    headers = {} if origin is None else {"Origin": origin}
    reply = await with_headers(instance, headers).ask("login", username=USER, password=PASSWORD)
    assert (reply.status, reply.json()) == (200, {"message": "Login successful"})
    assert reply.headers["x-hdb-session"] == "Secure"
    return {**headers, "Cookie": "other=1; " + reply.headers["set-cookie"].partition(";")[0]}


async def test_a_login_is_a_cookie_named_after_the_page(instance: Instance) -> None:
    reply = await with_headers(instance, {"Origin": STUDIO}).ask("login", username=USER, password=PASSWORD)

    name, _, rest = reply.headers["set-cookie"].partition("=")
    assert name == "studio_press_test-hdb-session"
    assert "; Path=/; Expires=" in rest
    assert rest.endswith("; HttpOnly")


async def test_a_session_stands_for_its_user_until_the_logout(instance: Instance) -> None:
    browser = with_headers(instance, await logged_in(instance))
    assert (await browser.do("user_info"))["username"] == USER

    reply = await browser.ask("logout")

    assert reply.json() == {"message": "Logout successful"}
    assert "Expires=Thu, 01 Jan 1970 00:00:00 GMT" in reply.headers["set-cookie"]
    assert await browser.refused("user_info") == (401, "Must login")
    assert await browser.refused("logout") == (401, "No session for login")


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "https://studio-press.test", "http://studio.press.test", "null", None]
)
async def test_a_session_counts_for_no_other_page(one_engine: Instance, origin: str | None) -> None:
    headers = await logged_in(one_engine)
    cookie = headers["Cookie"].rpartition("=")[2]
    names = ("studio_press_test-hdb-session", "evil_test-hdb-session", "null-hdb-session", "hdb-session")
    cookies = "; ".join(f"{name}={cookie}" for name in names)
    stranger = with_headers(one_engine, {"Cookie": cookies, **({"Origin": origin} if origin else {})})

    assert await stranger.refused("user_info") == (401, "Must login")
    assert await stranger.refused("logout") == (401, "No session for login")


async def test_programs_without_a_page_have_sessions_too(one_engine: Instance) -> None:
    headers = await logged_in(one_engine, origin=None)

    assert headers["Cookie"].startswith("other=1; hdb-session=")
    await with_headers(one_engine, headers).do("user_info")


@pytest.mark.parametrize(
    ("operation", "fields", "message"),
    [
        ("alter_user", {"password": "other-pine-7"}, "Must login"),
        ("alter_user", {"active": False}, "Cannot complete request: User is inactive"),
        ("drop_user", {}, "Must login"),
    ],
)
async def test_a_session_ends_with_what_it_stood_on(
    instance: Instance, operation: str, fields: dict[str, object], message: str
) -> None:
    await instance.do("add_user", role="super_user", username="una", password="oak-tree-1", active=True)
    browser = with_headers(instance, await logged_in(instance))
    await browser.do("user_info")

    await instance.as_user("una", "oak-tree-1").do(operation, username=USER, **fields)

    assert await browser.refused("user_info") == (401, message)


async def test_a_session_ends_after_fourteen_days(instance: Instance) -> None:
    browser = with_headers(instance, await logged_in(instance))
    instance.house.clock.advance(14 * 86_400 - 1)
    await browser.do("user_info")

    instance.house.clock.advance(1)

    assert await browser.refused("user_info") == (401, "Must login")
    await logged_in(instance)
    rows = await instance.house.database.read(lambda tx: tx.rows("SELECT digest FROM harper_sessions"))
    assert len(rows) == 1  # what has ended does not stay


async def test_the_secret_of_a_session_is_kept_nowhere(instance: Instance) -> None:
    headers = await logged_in(instance)

    rows = await instance.house.database.read(lambda tx: tx.rows("SELECT * FROM harper_sessions"))

    assert headers["Cookie"].rpartition("=")[2] not in str(rows)


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"username": USER, "password": "wrong"}, 401, "Login failed"),
        ({"username": "nobody", "password": "wrong"}, 401, "Login failed"),
        ({"username": USER}, 400, "'password' is required"),
        ({"username": [], "password": "x"}, 400, "'username' must be a string"),
    ],
)
async def test_a_login_may_fail(one_engine: Instance, fields: dict[str, object], status: int, message: str) -> None:
    assert await with_headers(one_engine, {}).refused("login", **fields) == (status, message)


async def test_a_cookie_is_for_encrypted_ways_or_this_machine(one_engine: Instance) -> None:
    local = await with_headers(one_engine, {"Host": "localhost:9925"}).ask("login", username=USER, password=PASSWORD)

    assert local.headers["set-cookie"].endswith("; HttpOnly; SameSite=None; Secure")


async def test_a_session_sends_large_bodies_as_other_callers_do(one_engine: Instance) -> None:
    browser = with_headers(one_engine, await logged_in(one_engine))
    await one_engine.table()

    record = {"id": 1, "text": "x" * 100_000}
    assert (await browser.do("insert", database="press", table="article", records=[record]))["inserted_hashes"] == [1]
