"""Every route of AppHarbor: who may, of whom it speaks, what it takes, and that a refusal changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from tests.examinations.appharbor_exhibit import (
    CHANGING,
    DELETING,
    MAKING,
    OPEN,
    READING,
    SECRET,
    STORY,
    TOLD_ELSEWHERE,
    Step,
)
from tests.harness import Client, Reply
from tests.products.appharbor_apps.conftest import Harbor, join

from harbor.kernel.http.routes import Route, bind
from harbor.kernel.identity.secrets import digest
from harbor.kernel.storage.database import Tx
from harbor.products.appharbor_apps.access import service as access
from harbor.products.appharbor_apps.access.model import READ
from harbor.products.appharbor_apps.product import AREA
from harbor.products.appharbor_apps.routes import ROUTES
from harbor.products.appharbor_apps.test_results.model import Case, Group, Status

BY_NAME: Mapping[str, Route] = {route.name: route for route in ROUTES}
TABLES = sorted(
    {name for path in AREA.folder.glob("*.sql") for name in re.findall(r"CREATE TABLE (\w+)", path.read_text())}
)
# Moments of last use and the like are no changes.
_OPENED = frozenset({"appharbor_log_sessions"})


@dataclass(slots=True)
class Place:
    """The installation, and what the story has made."""

    harbor: Harbor
    known: dict[str, str] = field(default_factory=dict)

    async def ask(self, step: Step, client: Client, **more: Any) -> Reply:
        """The reply to a step."""
        target = step.target
        for name, value in self.known.items():
            target = target.replace(f"${name}", value)
        body = more.pop("body", step.body)
        method = more.pop("method", BY_NAME[step.route].method)
        if isinstance(body, bytes):
            return await client.request(method, target, body=body, media_type=_media_type(step), **more)
        return await client.request(method, target, **({} if body is None else {"json": body}), **more)

    async def walk(self, steps: Iterable[Step]) -> dict[str, object]:
        """Ask for these with fields that nobody knows, and keep what was made; what was not answered as it should be."""
        wrong: dict[str, object] = {}
        for step in steps:
            knows_all = step.route == "formation.edit"  # whose fields are the application's own words
            body = (
                {**step.body, "no_such_field": [1]} if isinstance(step.body, Mapping) and not knows_all else step.body
            )
            client = self.harbor.client() if step.role == "anybody" else self.harbor.ada.client
            reply = await self.ask(step, client, body=body)
            if reply.status != step.status:
                wrong[step.route] = (reply.status, reply.body[:300])
            if step.keeps is not None:
                self.known.setdefault(step.keeps, reply.headers.get("location", "").rpartition("/")[2])
        return wrong

    async def look(self) -> dict[str, list[str]]:
        """All that is kept."""

        def read(tx: Tx) -> dict[str, list[str]]:
            return {
                name: sorted(map(repr, tx.rows(f"SELECT * FROM {name}")))
                for name in (*TABLES, "events", "audit", "jobs")
                if name not in _OPENED
            }

        return await self.harbor.house.database.read(read)

    async def replies(self, steps: Iterable[Step], client: Client, **more: Any) -> dict[str, Reply]:
        """The replies to steps by their routes."""
        return {step.route: await self.ask(step, client, **more) for step in steps}


def test_the_story_asks_every_route() -> None:
    assert {step.route for step in STORY} | TOLD_ELSEWHERE == set(BY_NAME), "say in the exhibit how it is asked"
    assert {step.route for step in OPEN} == {route.name for route in ROUTES if route.auth == "none"}


async def test_every_route_is_for_those_who_may_and_takes_what_it_should(harbor: Harbor) -> None:
    case = Case(name="test_ebb", status=Status.PASSED, duration_us=1)
    harbor.builder.groups.append(Group(name="tides", items=(case,)))
    place = Place(harbor)
    assert await place.walk(MAKING) == {}
    await harbor.work()
    place.known["collaborator"] = await harbor.collaborator("tidetables")
    steps = [step for step in STORY if step.role != "anybody"]
    stranger = (await join(harbor.house, "nils@example.test", "Nils")).client
    before = await place.look()

    assert await place.walk((*OPEN, *READING)) == {}
    await _nothing_without_a_token(place, steps)
    await _strangers_see_nothing(place, steps, stranger)
    await _roles_are_kept_to(place, steps)
    await _tokens_that_read_do_not_write(place, steps)
    await _bodies_of_other_kinds_are_refused(place, steps)

    after = await place.look()
    assert {name: set(rows) ^ set(before[name]) for name, rows in after.items() if rows != before[name]} == {}
    assert await place.walk(CHANGING) == {}
    await harbor.work()
    assert await place.walk(DELETING) == {}


async def _nothing_without_a_token(place: Place, steps: list[Step]) -> None:
    for headers in ({}, {"Authorization": "BEARER 00000000-0000-4000-8000-000000000000"}, {"Authorization": "Basic x"}):
        replies = await place.replies(steps, place.harbor.client(headers))
        assert {name: reply.status for name, reply in replies.items()} == dict.fromkeys(replies, 401), headers


async def _strangers_see_nothing(place: Place, steps: list[Step], stranger: Client) -> None:
    """Somebody of another organization, before they are asked to the application: the same words as for one never made."""
    wrong = {}
    for step in steps:
        if "tidetables" not in step.target:
            continue
        theirs = await place.ask(step, stranger)
        nobodys = await place.ask(replace(step, target=step.target.replace("tidetables", "nosuchone")), stranger)
        if (theirs.status, theirs.body) != (nobodys.status, nobodys.body) or theirs.status != 404:
            wrong[step.route] = (theirs.status, theirs.body[:200], nobodys.body[:200])
    assert wrong == {}


async def _roles_are_kept_to(place: Place, steps: list[Step]) -> None:
    above = [step for step in steps if step.role in ("administrator", "owner")]
    replies = await place.replies(above, place.harbor.grace.client)

    assert {name: reply.status for name, reply in replies.items()} == dict.fromkeys(replies, 403)
    reading = [step for step in READING if step.role == "collaborator"]
    read = await place.replies(reading, place.harbor.grace.client)
    assert {name: reply.status for name, reply in read.items()} == dict.fromkeys(read, 200)
    hidden = {name for name, reply in read.items() if SECRET.encode() in reply.body}
    assert hidden == {"variables.list", "variables.retrieve"}


async def _tokens_that_read_do_not_write(place: Place, steps: list[Step]) -> None:
    person = place.harbor.ada.person

    def mint(call: Any) -> str:
        return access.mint(call, person=person, name="Reads", scopes=frozenset({READ}))[1]

    token = await place.harbor.house.write(place.harbor.ada.organization.production, mint)
    client = place.harbor.client({"Authorization": f"bearer {token}"})
    for step in steps:
        route = BY_NAME[step.route]
        if step.route == "log_sessions.create":
            continue  # it reads, and is kept
        reply = await place.ask(step, client)
        reads = route.scope == READ or step.route in ("git.refs", "git.pull")
        refused = 404 if step.route.startswith("builds.create") else 403
        assert reply.status == (200 if reads else refused), (step.route, reply.status, reply.body[:200])
    await place.harbor.house.database.write(_forget(token))


def _forget(token: str) -> Any:
    return lambda tx: tx.run("DELETE FROM appharbor_tokens WHERE digest = :digest", digest=digest(token))


async def _bodies_of_other_kinds_are_refused(place: Place, steps: list[Step]) -> None:
    wrong, asked = {}, 0
    for step in steps:
        body_type = bind(BY_NAME[step.route], frozenset()).body_type
        if body_type is None or not isinstance(step.body, Mapping):
            continue
        for each in msgspec.structs.fields(body_type):
            # A form has no numbers, so a number is taken for a text.
            # And however many lines are asked for, those that are kept are shown.
            numbers = [] if "str" in str(each.type) or each.encode_name == "limit" else [msgspec.Raw(b"1" + b"0" * 400)]
            objects = [] if each.encode_name == "exception" else [{"x": [1]}]
            for value in ([[1]], *objects, *numbers):
                body = msgspec.json.encode({**step.body, each.encode_name: value})
                reply = await place.ask(step, place.harbor.ada.client, body=body)
                asked += 1
                if reply.status != 400:
                    wrong[step.route, each.encode_name, str(value)[:9]] = (reply.status, reply.body[:200])
        for body in (b'{"a": 1', b'{"a": "\xff"}', b"[" * 100_000, b"[1]"):
            reply = await place.ask(step, place.harbor.ada.client, body=body)
            if reply.status not in (400, 413):
                wrong[step.route, "", str(body[:9])] = (reply.status, reply.body[:200])
    assert asked > 40
    assert wrong == {}


def _media_type(step: Step) -> str | None:
    if step.route.startswith("git."):
        return f"application/x-{BY_NAME[step.route].path.rpartition('/')[2]}-request"
    return "application/json"
