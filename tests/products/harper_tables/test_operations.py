"""Operations of every kind go through one path: those that go outside between two writes, and those that stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.harness import Client, open_house
from tests.products.harper_tables.conftest import USER, basic
from tests.products.harper_tables.test_rights import Few

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.work import RawStage, Stage
from harbor.kernel.identity.model import Environment
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.migrate import migrate
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.dialect import harper_dialect
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation, Operations, exchange
from harbor.products.harper_tables.product import harper_area, harper_product
from harbor.products.harper_tables.rights import EverythingAllowed, Rights, User


async def double(stage: Stage) -> Any:
    """A journey: what the first step read goes outside and comes back."""

    def first(call: Call, body: Fields, place: object) -> float:
        number = body.number("number", required=True)
        body.check()
        return number or 0

    number = await stage.first(first)
    return await stage.last(lambda call: {"doubled": 2 * number, "by": call.principal.actor})


async def stream(request: Request, stage: RawStage) -> Reply:
    """A raw one: it answers in its own form."""
    name = await stage.read(lambda call, _supply: call.principal.actor)
    return Reply(200, f"{name}: {exchange(request).values['text']}".encode(), {}, "application/octet-stream")


def say(body: Fields) -> str:
    """A text becomes a message."""
    return body.text("text", required=True)


KINDS = Operations(
    (
        Operation(name="double", handler=double, journey=True),
        Operation(name="stream", handler=stream, raw=True),
        Operation(name="say", handler=say, also=("tell",)),
        Operation(name="rule", handler=say, only="ruleAll"),
        Operation(name="build", handler=say, only="buildAll", structure=True),
    )
)


@pytest.fixture(params=[EverythingAllowed()])
async def client(
    sqlite_database: SqliteDatabase, clock: ManualClock, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Client]:
    """A caller of these operations with rights of the test's choice."""
    rights: Rights = request.param
    await migrate(sqlite_database, [harper_area("sqlite")])
    accounts: Mapping[str, str] = {}

    class Chosen:
        """One caller, whoever asks."""

        async def authenticate(self, request: Request) -> User:
            return User(
                account_id=accounts["id"],
                organization_id="",
                environment=Environment.PRODUCTION,
                actor=USER,
                username=USER,
                rights=rights,
            )

        def confirm(self, tx: Tx, request: Request, user: User) -> User:
            return user

    access = Chosen()
    product = replace(harper_product(access), dialect=harper_dialect(KINDS, access, Compat.V5), routes=KINDS.routes())
    async with open_house(sqlite_database, clock, tmp_path, [product]) as house:
        accounts = {"id": (await house.organization()).production.id}
        yield house.client("harper", basic(USER, "any"))


async def ask(client: Client, operation: str, **fields: Any) -> tuple[int, Any]:
    """Status and body."""
    reply = await client.request("POST", "/", {"operation": operation, **fields})
    return reply.status, reply.json()


async def test_a_text_is_a_message_under_every_name(client: Client) -> None:
    assert await ask(client, "say", text="hello") == (200, {"message": "hello"})
    assert await ask(client, "tell", text="hello") == (200, {"message": "hello"})


async def test_a_journey_gets_its_body_in_the_first_step(client: Client) -> None:
    assert await ask(client, "double", number=21) == (200, {"doubled": 42, "by": USER})
    assert await ask(client, "double") == (400, {"error": "'number' is required"})


async def test_a_raw_operation_answers_itself(client: Client) -> None:
    reply = await client.request("POST", "/", {"operation": "stream", "text": "bytes"})

    assert (reply.headers["content-type"], reply.body) == ("application/octet-stream", b"mira: bytes")


@pytest.mark.parametrize("client", [Few()], indirect=True)
async def test_operations_of_super_users_name_their_handler(client: Client) -> None:
    for operation, function in (("rule", "ruleAll"), ("build", "buildAll")):
        assert await ask(client, operation, text="x") == (
            403,
            {
                "error": "This operation is not authorized due to role restrictions and/or invalid database items",
                "unauthorized_access": [f"Operation '{function}' is restricted to 'super_user' roles"],
                "invalid_schema_items": [],
            },
        )
    assert (await ask(client, "say", text="x"))[0] == 200


class Structure(Few):
    """May make tables somewhere."""

    def may_structure(self, database: str | None) -> bool:
        return True


class Listed(Few):
    """Has a list of operations that names two."""

    def may_run(self, operation: str) -> bool:
        return operation in ("rule", "double")

    def is_listed(self, operation: str) -> bool:
        return self.may_run(operation)


@pytest.mark.parametrize("client", [Structure()], indirect=True)
async def test_structure_users_are_let_through_where_that_is_theirs(client: Client) -> None:
    assert (await ask(client, "build", text="x"))[0] == 200
    assert (await ask(client, "rule", text="x"))[0] == 403


@pytest.mark.parametrize("client", [Listed()], indirect=True)
async def test_a_list_of_operations_grants_what_it_names_and_nothing_else(client: Client) -> None:
    assert (await ask(client, "rule", text="x"))[0] == 200
    status, body = await ask(client, "say", text="x")
    assert (status, body["unauthorized_access"]) == (
        403,
        ["Operation 'say' is not permitted for this role's operations configuration"],
    )
