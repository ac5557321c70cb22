"""Every route of Harvest: who may, of whom it speaks, what it takes, and that a refusal changes nothing.

One installation an engine: the administrator walks through the story of the exhibit, then others ask for the same things.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
import pytest_asyncio
from tests.conftest import START
from tests.examinations.harvest_exhibit import (
    CALLBACK,
    CHANGING,
    DELETING,
    MAKING,
    NEVER,
    OPEN,
    OPEN_TO_MEMBERS,
    READING,
    SECRET,
    STORY,
    Step,
)
from tests.harness import Reply
from tests.products.harvest_timesheets.expenses.test_receipts import send
from tests.products.harvest_timesheets.office import AGENT, AREA, Desk, Office, open_office

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.http.routes import Route, bind
from harbor.kernel.ratelimit.rules import Rule
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access import store as token_store
from harbor.products.harvest_timesheets.limits import Limits
from harbor.products.harvest_timesheets.oauth import service as oauth
from harbor.products.harvest_timesheets.opening import open_account
from harbor.products.harvest_timesheets.routes import ROUTES

pytestmark = pytest.mark.asyncio(loop_scope="module")
BY_NAME: Mapping[str, Route] = {route.name: route for route in ROUTES}
# Enough for all examinations, so that only who has used it up is over it.
LIMIT = Rule(quota=100_000, window_s=15)
TABLES = sorted(
    {name for path in AREA.folder.glob("*.sql") for name in re.findall(r"CREATE TABLE (\w+)", path.read_text())}
)
_EXTRA = {"no_such_field": [1], "account_id": "org_1", "is_admin": True}


@dataclass(slots=True)
class Place:
    """The account of the story, its administrator, a member, and the administrator of another account."""

    office: Office
    member: Desk
    stranger: Desk
    known: dict[str, Any]
    said: dict[str, Reply] = field(default_factory=dict)
    has_read_changed: bool = False

    async def ask(self, step: Step, desk: Desk, known: Mapping[str, Any] | None = None, **more: Any) -> Reply:
        """The reply to a step."""
        route, names = BY_NAME[step.route], self.known if known is None else known
        body = more.pop("body", None if step.body is None else _filled(step.body, names))
        query, method = _filled(step.query, names) | more.pop("query", {}), more.pop("method", route.method)
        path = route.path
        for name, value in step.path.items():
            path = path.replace("{" + name + "}", str(_filled(value, names)))
        target = f"{path}?{urlencode(query)}" if query else path
        if step.file is not None and isinstance(body, dict):
            return await send(desk, method, target, body, step.file, "tree.gif", step.part)
        if isinstance(body, bytes):
            return await desk.client.request(method, target, body=body, **more)
        return await desk.ask(method, target, body, **more)

    async def walk(self, steps: Iterable[Step], extra: Mapping[str, Any]) -> None:
        """Ask for these with fields and parameters that nobody knows, and keep what was made."""
        for step in steps:
            body = None if step.body is None else {**_filled(step.body, self.known), **extra}
            query = {"no_such_parameter": "1"} if extra else {}
            reply = self.said[step.route] = await self.ask(step, self.office.admin, body=body, query=query)
            if reply.status == step.status and step.keeps is not None:
                made = reply.json()
                self.known[step.keeps] = made["id"]
                self.known |= {name: made[key] for name, key in step.also.items()}

    async def look(self) -> dict[str, list[str]]:
        """All that is kept."""

        def read(tx: Tx) -> dict[str, list[str]]:
            return {name: sorted(map(repr, tx.rows(f"SELECT * FROM {name}"))) for name in (*TABLES, "events", "audit")}

        return await self.office.house.database.read(read)

    async def replies(self, desk: Desk, steps: Iterable[Step] = STORY, **more: Any) -> dict[str, Reply]:
        """The replies to steps by their routes."""
        return {step.route: await self.ask(step, desk, **more) for step in steps}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgres"])
async def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """The place after the story, with everything made once more."""
    folder: Path = tmp_path_factory.mktemp("harvest")
    clock = ManualClock(START)
    async with AsyncExitStack() as ends:
        database: SqliteDatabase | PostgresDatabase
        if request.param == "sqlite":
            template: Path = request.getfixturevalue("sqlite_template")
            database = SqliteDatabase(shutil.copy(template, folder / "harbor.db"), clock)
        else:
            server = request.getfixturevalue("postgres_server")
            name = server.copy_template()
            ends.callback(server.drop_later, name)
            database = PostgresDatabase(server.dsn(name), clock, size=2)
        await database.open()
        ends.push_async_callback(database.close)
        office = await ends.enter_async_context(
            open_office(database, clock, folder, limits=Limits(general=LIMIT, reports=LIMIT))
        )
        found = await _furnished(office)
        await found.walk(MAKING, _EXTRA)
        before = await found.look()
        await found.walk(READING, _EXTRA)
        found.has_read_changed = await found.look() != before
        await found.walk((*OPEN, *CHANGING, *DELETING), _EXTRA)
        await found.walk(MAKING, {})
        yield found


async def _furnished(office: Office) -> Place:
    """A member, another account, and an application."""
    member = await office.person("member")
    other = await office.house.organization("Others")
    opened = await office.house.write(
        other.production,
        lambda call: open_account(call, name="Others", first_name="Nils", last_name="O", email="nils@example.org"),
    )
    headers = {
        **AGENT,
        "Authorization": f"Bearer {opened.token}",
        "Harvest-Account-Id": str(opened.company.number),
    }
    admin = office.opened.administrator

    def register(call: Call) -> tuple[str, str]:
        owner = token_store.at_home(call.tx, call.account_id, admin.id)
        assert owner is not None
        application, secret = oauth.register(call, owner, name="App", redirect_url=CALLBACK, reaches_all=True)
        return application.id, secret

    application, secret = await office.write(register)
    known = {"member": member.id, "application": application, "application_secret": secret}
    return Place(office, member.desk, Desk(office.house.client("harvest", headers)), known)


async def test_the_story_asks_every_route() -> None:
    told = {step.route for step in (*STORY, *OPEN)}

    assert told == set(BY_NAME), "say in the exhibit how it is asked"
    assert {step.route for step in OPEN} == {route.name for route in ROUTES if route.auth == "none"}


async def test_what_is_asked_rightly_is_answered_whatever_else_is_sent(place: Place) -> None:
    wrong = {
        step.route: (reply.status, reply.body[:300])
        for step in (*STORY, *OPEN)
        if (reply := place.said[step.route]).status != step.status
    }

    assert wrong == {}


async def test_what_only_reads_changes_nothing_and_answers_the_same_again(place: Place) -> None:
    assert not place.has_read_changed
    first, again = [await place.replies(place.office.admin, READING) for _ in range(2)]
    heads = await place.replies(place.office.admin, READING, method="HEAD")

    assert [name for name, reply in first.items() if reply.body != again[name].body] == []
    assert [name for name, reply in first.items() if heads[name].status != 200] == []


async def test_without_a_token_or_an_agent_nothing_is_answered(place: Place) -> None:
    token = place.office.opened.token
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    account = {"Harvest-Account-Id": str(place.office.account)}
    before = await place.look()
    for headers, status in (
        ({**account, "Authorization": f"Bearer {token}"}, 400),
        ({**AGENT, **account}, 401),
        ({**AGENT, **account, "Authorization": f"Bearer {changed}"}, 401),
        ({**AGENT, **account, "Authorization": f"Basic {token}"}, 401),
    ):
        replies = await place.replies(Desk(place.office.house.client("harvest", headers)))

        assert {name: reply.status for name, reply in replies.items()} == dict.fromkeys(replies, status), headers
    assert await place.look() == before


async def test_a_member_is_shown_nothing_of_others_and_changes_nothing(place: Place) -> None:
    before = await place.look()
    wrong = {}
    for name, reply in (await place.replies(place.member)).items():
        is_good = reply.status == 200 if name in OPEN_TO_MEMBERS else reply.status in (403, 404, 422)
        if not is_good or SECRET.encode() in reply.body:
            wrong[name] = (reply.status, reply.body[:300])

    assert wrong == {}
    assert await place.look() == before


async def test_what_is_anothers_is_as_missing_as_what_never_was(place: Place) -> None:
    before = await place.look()
    never = {name: NEVER if isinstance(value, int) else "0" * len(value) for name, value in place.known.items()}
    wrong: dict[str, object] = {}
    for step in STORY:
        if "$" not in str((step.path, step.query, step.body)):
            continue
        theirs, nobodys = await place.ask(step, place.stranger), await place.ask(step, place.stranger, never)
        if (theirs.status, _said(theirs)) != (nobodys.status, _said(nobodys)):
            wrong[step.route] = (theirs.status, theirs.body[:300], nobodys.status, nobodys.body[:300])
        if theirs.status != (404 if step.path else 422):
            wrong[step.route] = (theirs.status, theirs.body[:300])

    assert wrong == {}
    assert await place.look() == before


async def test_a_body_that_cannot_be_read_is_refused(place: Place) -> None:
    before = await place.look()
    steps = [step for step in STORY if BY_NAME[step.route].method in ("POST", "PATCH") and step.body is not None]
    for body, status in ((b'{"a": 1', 400), (b'{"a": "\xff"}', 400), (b"[" * 100_000, 400), (b"[1]", 422)):
        replies = await place.replies(place.office.admin, steps, body=body)

        assert {name: reply.status for name, reply in replies.items()} == dict.fromkeys(replies, status), body[:20]
    assert await place.look() == before


async def test_a_field_of_another_kind_is_the_callers_fault(place: Place) -> None:
    before = await place.look()
    wrong, asked = {}, 0
    for step in STORY:
        body_type = bind(BY_NAME[step.route], frozenset()).body_type
        for each in msgspec.structs.fields(body_type) if body_type is not None else ():
            for value in _other_kinds(each):
                body = {**_filled(step.body or {}, place.known), each.encode_name: value}
                reply = await place.ask(step, place.office.admin, body=msgspec.json.encode(body))
                asked += 1
                if reply.status != 422:
                    wrong[step.route, each.encode_name, str(value)[:9]] = (reply.status, reply.body[:200])

    assert asked > 500
    assert wrong == {}
    assert await place.look() == before


async def test_a_method_that_a_path_has_not_is_missing(place: Place) -> None:
    wrong = {}
    for step in STORY:
        path = BY_NAME[step.route].path
        for method in {"POST", "PUT", "PATCH", "DELETE"} - {each.method for each in ROUTES if each.path == path}:
            reply = await place.ask(step, place.office.admin, method=method, body=b"")
            if reply.status != 404:
                wrong[method, step.route] = (reply.status, reply.body[:200])

    assert wrong == {}


async def test_a_list_gives_each_of_its_items_once_and_refuses_a_page_that_cannot_be(place: Place) -> None:
    for step in READING:
        route = BY_NAME[step.route]
        if not route.paged:
            continue
        key = route.key or "results"
        whole = (await place.ask(step, place.office.admin)).json()
        assert (len(whole[key]), whole["total_pages"]) == (whole["total_entries"], 1), step.route
        one_by_one = []
        for page in range(1, whole["total_entries"] + 1):
            reply = await place.ask(step, place.office.admin, query={"page": page, "per_page": 1})
            one_by_one += reply.json()[key]
        assert one_by_one == whole[key], step.route
        for query in ({"per_page": 0}, {"per_page": 2001}, {"per_page": "many"}, {"page": 0}, {"page": "one"}):
            assert (await place.ask(step, place.office.admin, query=query)).status == 422, (step.route, query)


async def test_over_the_limit_a_request_waits_and_is_told_how_long(place: Place) -> None:
    token = await place.office.token(place.office.opened.administrator.id)
    desk = place.office.desk(token)
    limiter, now = place.office.house.services.limiter, place.office.house.clock.now()
    first = await place.ask(READING[1], desk)
    assert first.headers["x-ratelimit-remaining"] == str(LIMIT.quota - 1)
    found = await place.office.read(lambda call: access.tokens_of(call, place.office.opened.administrator.id))
    newest = max(each.id for each in found)
    for kind in ("", "reports"):
        bucket = f"harvest:{place.office.organization.production.id}:{newest}:{kind}"
        await limiter.take_up_to(bucket, LIMIT, now, LIMIT.quota)

    replies = await place.replies(desk)

    waiting = {name: (reply.status, reply.headers.get("retry-after")) for name, reply in replies.items()}
    assert waiting == dict.fromkeys(replies, (429, "15"))


def _filled(value: Any, known: Mapping[str, Any]) -> Any:
    """A value with what was kept where it says so."""
    if isinstance(value, Mapping):
        return {name: _filled(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, known) for each in value]
    return known.get(value[1:], value) if isinstance(value, str) and value.startswith("$") else value


def _other_kinds(field: msgspec.structs.FieldInfo) -> list[object]:
    """What a field never is: a list in a list; a long number, where texts are not meant; an object, where none is."""
    found: list[object] = [[[1]]]
    if "str" not in str(field.type):
        found.append(msgspec.Raw(b"1" + b"0" * 400))
    if field.encode_name != "external_reference":
        found.append({"x": [1]})
    return found


def _said(reply: Reply) -> str:
    """A refusal in words in which what was asked for has no name."""
    return re.sub(r"\d+", "ID", reply.body.decode())
