"""Every route of the console, from its table: who sees it, who does not, and what each reply forbids the browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from tests.conftest import START, PostgresServer, SqliteTemplates
from tests.console.exhibition import MEMBER_SCOPES, ROUTES, Exhibition, exhibit
from tests.console.session import BASE, Browser, areas, open_console
from tests.harness import Reply

from harbor.console.explorer.model import api_of
from harbor.kernel.clock import ManualClock
from harbor.kernel.facts import Facts
from harbor.kernel.http.routes import Route
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.kernel.storage.sqlite import SqliteDatabase

pytestmark = pytest.mark.asyncio(loop_scope="module")

_DOCUMENT = Path(__file__).parents[2] / "openapi" / "harbor-1.json"
# What would be refused for its form before anybody asks whose the object is.
_FIELDS = {
    "harbor.event.send": {"type": "order.shipped", "payload": "{}"},
    "people.role": {"role": "member"},
    "harper.import.start": {"data": "id\n2"},
}
# It is refused in production, whatever it is about.
_SANDBOX_ONLY = frozenset({"explorer.key"})


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgres"])
async def exhibition(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Exhibition]:
    """One for each engine; nothing that succeeds is done to it."""
    clock, folder = ManualClock(START), tmp_path_factory.mktemp("exhibition")
    async with AsyncExitStack() as stack:
        database: SqliteDatabase | PostgresDatabase
        if request.param == "sqlite":
            templates: SqliteTemplates = request.getfixturevalue("sqlite_templates")
            template = templates.get(areas("sqlite"))
            database = SqliteDatabase(shutil.copy(template, folder / "harbor.db"), clock)
        else:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            copied = server.copy_template(areas("postgres"))
            stack.callback(server.drop_later, copied)
            database = PostgresDatabase(server.dsn(copied), clock, size=4)
        await database.open()
        stack.push_async_callback(database.close)
        facts = Facts(version="1.2.3", engine=database.engine, clock="manual", folder=folder)
        apis = [api_of("harbor", json.loads(_DOCUMENT.read_text()))]
        tools = {"facts": facts, "apis": lambda: apis}
        house = await stack.enter_async_context(open_console(database, clock, folder, tools=tools))
        yield await exhibit(house)


def every_route(which: Callable[[Route], bool]) -> pytest.MarkDecorator:
    """Runs a test for each route that `which` chooses."""
    return pytest.mark.parametrize("route", [pytest.param(each, id=each.name) for each in ROUTES if which(each)])


async def ask(route: Route, exhibition: Exhibition, browser: Browser, *, token: str | None = None) -> Reply:
    path = exhibition.path_of(route)
    if route.method == "GET":
        return await browser.get(path)
    return await browser.post(path, _FIELDS.get(route.name, {}), token=token)


def is_signed_in(route: Route) -> bool:
    return route.auth != "none"


def is_scoped(route: Route) -> bool:
    return bool(_scopes(route) - MEMBER_SCOPES) and route.auth != "none"


def is_for_members(route: Route) -> bool:
    return route.method == "GET" and not route.raw and is_signed_in(route) and not is_scoped(route)


def is_about_an_object(route: Route) -> bool:
    return any(word in route.path for word in ("_id}", "{name}", "{database}"))


def _scopes(route: Route) -> frozenset[str]:
    return frozenset(route.scopes)


@every_route(lambda route: route.method == "GET" and not route.raw)
async def test_a_page_forbids_whatever_is_not_its_own(route: Route, exhibition: Exhibition) -> None:
    reply = await ask(route, exhibition, exhibition.owner)

    assert reply.status in (200, 303) or "{token}" in route.path, reply.body.decode()[:2_000]
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-frame-options"] == "DENY"
    assert reply.headers["x-content-type-options"] == "nosniff"


@every_route(is_signed_in)
async def test_who_is_not_signed_in_is_led_to_the_sign_in(route: Route, exhibition: Exhibition) -> None:
    reply = await ask(route, exhibition, exhibition.nobody)

    assert "content-security-policy" in reply.headers
    if route.method == "GET":
        assert reply.status == 303
        assert reply.headers["location"].startswith(f"{BASE}/sign-in?next=")
    else:
        assert reply.status == 401


@every_route(lambda route: route.method == "POST" and is_signed_in(route))
@pytest.mark.parametrize("token", ["", "0" * 43], ids=["none", "wrong"])
async def test_a_form_without_the_token_of_its_session_is_refused(
    route: Route, token: str, exhibition: Exhibition
) -> None:
    reply = await ask(route, exhibition, exhibition.owner, token=token)

    assert reply.status == 403
    assert b"form_token_wrong" in reply.body
    assert "content-security-policy" in reply.headers


@every_route(is_scoped)
async def test_a_member_without_the_scope_is_refused(route: Route, exhibition: Exhibition) -> None:
    reply = await ask(route, exhibition, exhibition.member)

    assert reply.status == 403
    assert b"Your role does not allow this." in reply.body


@every_route(is_for_members)
async def test_a_member_sees_what_members_may_see(route: Route, exhibition: Exhibition) -> None:
    reply = await ask(route, exhibition, exhibition.member)

    assert reply.status in (200, 303), reply.body.decode()[:2_000]


@every_route(is_about_an_object)
async def test_what_belongs_to_another_organization_is_not_there(route: Route, exhibition: Exhibition) -> None:
    reply = await ask(route, exhibition, exhibition.foreigner)

    assert reply.status == 404, reply.body.decode()[:2_000]
    assert b"Default" not in reply.body.partition(b"<main")[2]


@every_route(lambda route: route.path.startswith("/{environment}") and is_about_an_object(route))
async def test_what_is_in_the_sandbox_is_not_in_production(route: Route, exhibition: Exhibition) -> None:
    there = replace(exhibition, parameters={**exhibition.parameters, "environment": "production"})
    reply = await ask(route, there, exhibition.owner)

    assert reply.status == (403 if route.name in _SANDBOX_ONLY else 404), reply.body.decode()[:2_000]
