"""Every operation of Harper: who may, of whom it speaks, what it takes, and that a refusal changes nothing.

One installation for all: the owner walks through the story of the exhibit, then others ask for the same things.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.conftest import START
from tests.examinations.harper_exhibit import (
    FURNITURE,
    NEVER,
    OF_THE_MOMENT,
    OPEN,
    PASSWORD,
    REFUSED,
    STORY,
    WITHOUT_CREDENTIAL,
    never,
)
from tests.harness import Reply
from tests.products.harper_tables.admin_ops.conftest import make_operator
from tests.products.harper_tables.conftest import PASSWORD as OWNERS
from tests.products.harper_tables.conftest import USER, Instance, basic, hash_of, open_instance
from tests.products.harper_tables.fuzzing.world import SECRET, State, World, layout

from harbor.kernel.bounds import BODY_BYTES_BEFORE_CREDENTIAL
from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.products.harper_tables.access import users
from harbor.products.harper_tables.product import harper_operations

pytestmark = pytest.mark.asyncio(loop_scope="module")
OPERATIONS = {each.name: each for each in harper_operations().known}
ASKED = {name: OPERATIONS[name] for name, _ in STORY if name in OPERATIONS}
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class Told:
    """What the owner was told of one operation, and whether the same question was answered in the same way."""

    reply: Reply
    has_changed: bool
    is_same_again: bool


@dataclass(slots=True)
class Place:
    """The owner's world, and those who are not the owner."""

    owner: World
    stranger: Instance
    nobody: Instance
    lister: Instance
    known: dict[str, Any]
    told: dict[str, Told] = field(default_factory=dict)

    def body(self, name: str) -> dict[str, Any]:
        """The request of the story, with what the owner was told before."""
        asked = dict(STORY)[name]
        return {"operation": name, **{key: self._filled(value) for key, value in asked.items()}}

    def _filled(self, value: Any) -> Any:
        return self.known.get(value[1:], value) if isinstance(value, str) and value.startswith("$") else value

    async def walk(self) -> None:
        """The story, with fields that nobody knows or that must not count."""
        more = {"no_such_field": [1], "bypass_auth": True, "hdb_user": {"role": "super_user"}, "parsed_sql_object": {}}
        for name, _ in STORY:
            before = self.owner.state
            # Roles name databases by their fields, configurations settings: none of them is unknown.
            is_strict = name.endswith(("_role", "set_configuration"))
            reply = await self.owner.ask(self.body(name) | ({} if is_strict else more))
            has_changed = self.owner.state != before
            again = reply
            if not OPERATIONS[name].writes and not has_changed and name not in WITHOUT_CREDENTIAL:
                again = await self.owner.ask(self.body(name))
            self.told[name] = Told(reply, has_changed, again.body == reply.body)
            self._remember(reply)

    async def furnish(self) -> None:
        """What others are not to see."""
        for name in FURNITURE:
            body = self.body(name)
            if name == "insert":
                body["records"] = [{"id": 9, "name": SECRET}]
            if name in ("set_component_file", "set_secret", "set_ssh_known_hosts"):
                body |= {key: SECRET for key in ("payload", "value", "known_hosts") if key in body}
            reply = await self.owner.ask(body, may_tell=True)
            assert reply.status == 200, (name, reply.body)
            if name != "package_component":  # its answer holds a file that others are to be kept from
                self._remember(reply)

    async def as_seen_by_the_stranger(self) -> World:
        """The stranger's world, in which the owner is the neighbour whose rows and secrets are watched."""
        database, account = self.owner.instance.house.database, self.owner.instance.organization.production.id
        tables, ids = await database.read(lambda tx: layout(tx, account))
        world = World(self.stranger, self.nobody, tables, ids, State(Counter(), Counter()))
        world.state = await world.look()
        return world

    async def is_as_before(self) -> bool:
        """Whether nothing was changed but by the owner."""
        return await self.owner.look() == self.owner.state

    def _remember(self, reply: Reply) -> None:
        if reply.headers.get("content-type", "").startswith("application/json"):
            answer = reply.json()
            if isinstance(answer, dict):
                self.known |= {key: value for key, value in answer.items() if isinstance(value, str | float)}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgres"])
async def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """The place after the story, furnished again."""
    folder: Path = tmp_path_factory.mktemp("harper")
    async with AsyncExitStack() as ends:
        database: SqliteDatabase | PostgresDatabase
        if request.param == "sqlite":
            template: Path = request.getfixturevalue("sqlite_template")
            database = SqliteDatabase(shutil.copy(template, folder / "harbor.db"), ManualClock(START))
        else:
            server = request.getfixturevalue("postgres_server")
            name = server.copy_template()
            ends.callback(server.drop_later, name)
            database = PostgresDatabase(server.dsn(name), ManualClock(START), size=2)
        await database.open()
        ends.push_async_callback(database.close)
        owner = await ends.enter_async_context(open_instance(database, ManualClock(START), folder))
        await make_operator(owner)
        other = await owner.house.organization("Others")
        await owner.house.write(other.production, lambda call: users.set_up(call, "nils", hash_of(PASSWORD)))
        stranger = replace(owner, organization=other, client=owner.house.client("harper", basic("nils", PASSWORD)))
        nobody = await owner.user("nobody", {"super_user": False})
        lister = await owner.user("lister", {"super_user": False, "operations": ["user_info"]})
        tables, strangers = await database.read(lambda tx: layout(tx, other.production.id))
        world = World(owner, nobody, tables, strangers, State(Counter(), Counter()))
        world.state = await world.look()
        found = Place(world, stranger, nobody, lister, {"owner": USER, "password": OWNERS})
        await found.walk()
        await found.furnish()
        yield found


async def test_the_story_asks_every_operation() -> None:
    assert {name for name, _ in STORY} == set(OPERATIONS), "say in the exhibit's STORY how it is asked"
    assert len(STORY) == len(OPERATIONS)


async def test_what_is_asked_rightly_is_answered_whatever_else_is_sent(place: Place) -> None:
    said = {
        name: told.reply.headers.get("harper-error-code", "")
        for name, told in place.told.items()
        if told.reply.status != 200
    }

    assert said == REFUSED


async def test_what_only_reads_changes_nothing_and_answers_the_same_again(place: Place) -> None:
    read = {
        name: told for name, told in place.told.items() if not (OPERATIONS[name].writes or OPERATIONS[name].journey)
    }
    keeps = {"create_backup"}  # it answers by itself, and keeps what it made

    assert {name for name, told in read.items() if told.has_changed} == keeps
    assert {name for name, told in read.items() if not told.is_same_again} <= OF_THE_MOMENT


async def test_without_a_credential_nothing_is_answered(place: Place) -> None:
    for headers, sentence in (({}, "Must login"), ({"Authorization": "Bearer x"}, "invalid token")):
        client = place.owner.instance.house.client("harper", headers)
        wrong = {}
        for name in ASKED.keys() - WITHOUT_CREDENTIAL:
            reply = await client.request("POST", "/", place.body(name))
            if (reply.status, reply.json()) != (401, {"error": sentence}):
                wrong[name] = reply.body
        assert wrong == {}
    assert await place.is_as_before()
    assert {name for name, each in OPERATIONS.items() if each.auth == "none"} == WITHOUT_CREDENTIAL


async def test_a_role_without_rights_is_shown_nothing_and_changes_nothing(place: Place) -> None:
    wrong = {}
    for name, operation in ASKED.items():
        if name in WITHOUT_CREDENTIAL:
            continue
        reply = await place.owner.ask(place.body(name), by="walker")
        if operation.only is not None and name != "cleanup_orphan_blobs":
            is_good = reply.status == 403 and f"'{operation.only}' is restricted" in str(reply.json())
        else:
            is_good = reply.status in (400, 403, 404) or name in OPEN
        if not is_good or SECRET.encode() in reply.body:
            wrong[name] = (reply.status, reply.body)

    assert wrong == {}


async def test_a_list_of_operations_lets_no_other_through(place: Place) -> None:
    replies = {
        name: await place.lister.client.request("POST", "/", place.body(name))
        for name in ASKED
        if name not in WITHOUT_CREDENTIAL
    }

    assert [name for name, reply in replies.items() if reply.status != 403] == ["user_info"]
    assert await place.is_as_before()


async def test_what_is_anothers_is_as_missing_as_what_never_was(place: Place) -> None:
    world = await place.as_seen_by_the_stranger()
    wrong = {}
    # From the end: what is asked for and dropped comes before it is made, so nothing of that name is the stranger's.
    for name, _ in reversed(STORY):
        if name in WITHOUT_CREDENTIAL or name == "add_user":  # a user's name is one in the whole installation
            continue
        body = place.body(name)
        theirs, nobodys = [await world.ask(asked) for asked in (body, never(_other_ids(body)))]
        if (theirs.status, _said(theirs)) != (nobodys.status, _said(nobodys)):
            wrong[name] = (theirs.status, theirs.body[:300], nobodys.status, nobodys.body[:300])

    assert wrong == {}


async def test_a_field_of_another_kind_is_the_callers_fault(place: Place) -> None:
    place.owner.state = await place.owner.look()
    for name in ASKED:
        body = place.body(name)
        for key, value in body.items():
            if key != "operation" and name not in WITHOUT_CREDENTIAL:
                await place.owner.ask({**body, key: "x" if isinstance(value, list | dict) else [7]}, may_tell=True)

    assert place.owner.statuses[400] > 150


async def test_before_a_credential_a_body_is_small(place: Place) -> None:
    client = place.owner.instance.house.client("harper")
    padding = "x" * BODY_BYTES_BEFORE_CREDENTIAL

    said = {
        name: (await client.request("POST", "/", {**place.body(name), "padding": padding})).status for name in ASKED
    }

    assert said == dict.fromkeys(ASKED, 413)


def _other_ids(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with ids that nobody has, where they were made for the owner."""
    ids = {"get_job": "id", "get_deployment": "deployment_id", "get_deployment_payload": "deployment_id"}
    key = {**ids, "delete_deployment_payload": "deployment_id"}.get(str(body["operation"]))
    return {
        name: f"{value[:-1]}{'1' if value[-1] != '1' else '2'}" if name == key else value
        for name, value in body.items()
    }


def _said(reply: Reply) -> object:
    """A refusal in words in which what was asked for has no name."""
    if reply.status == 200:
        return None
    text = reply.body.decode()
    for name, other in NEVER.items():
        text = text.replace(other, name)
    return _ID.sub("ID", text)
