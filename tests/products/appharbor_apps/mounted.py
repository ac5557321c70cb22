"""AppHarbor as `app` mounts it, at the front door of an installation in memory, with a person of `init`."""

from __future__ import annotations

from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness import Client, House, open_house

from harbor.app import appharbor
from harbor.app.appharbor import AppHarbor
from harbor.kernel.blobs.local import LocalBlobs
from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.http.front import Door, Front
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.identity import people
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import system
from harbor.kernel.identity.passwords import PasswordWorkers, hash_password
from harbor.kernel.identity.people_model import Role
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.outbound import OutboundPolicy
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.storage.migrate import migrate
from harbor.kernel.writebehind import WriteBehind


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The settings as their defaults are."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = "https://harbor.example.test"
    apps_domain: str = "apps.localhost"
    apps_host: str = "127.0.0.1"
    apps_port: int | None = None
    appharbor_builders: int = 2
    appharbor_allow_unsandboxed: bool = False
    appharbor_package_index: str | None = None
    appharbor_applications_max: int | None = None
    appharbor_invitations: bool = True
    appharbor_password_login: bool = True
    appharbor_token_days: int | None = None
    appharbor_require_https: bool = False
    appharbor_rate_limit: str = "off"


@dataclass(slots=True)
class AtTheDoor:
    """What a client of the harness asks goes through the front door."""

    front: Front

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Any, send: Any, _path: str, _mount: object
    ) -> None:
        await self.front(scope, receive, send)


@dataclass(slots=True)
class Mounted:
    """The installation, and a client of its first person."""

    app: AppHarbor
    house: House
    given: dict[str, str]
    client: Client
    written: WriteBehind

    async def create(self, target: str, json: Any) -> str:
        """The last segment of the address of what was made."""
        reply = await self.client.request("POST", f"/appharbor{target}", json)
        assert reply.status == 201, (reply.status, reply.body)
        return reply.headers["location"].rpartition("/")[2]

    async def get(self, target: str) -> Any:
        """The body of a GET that succeeds."""
        reply = await self.client.request("GET", f"/appharbor{target}")
        assert reply.status == 200, (reply.status, reply.body)
        return reply.json()


@asynccontextmanager
async def mounted(database: Database, clock: ManualClock, folder: Path, **settings: Any) -> AsyncIterator[Mounted]:
    """An installation with one person, whose token `init` would print."""
    await migrate(database, [appharbor.AREA])
    blobs = LocalBlobs(folder / "blobs")
    chosen = Chosen(data=folder / "data", **settings)
    app = AppHarbor(settings=chosen, database=database, clock=clock, blobs=blobs, outbound=OutboundPolicy())
    await app.start()
    written = WriteBehind(database, appharbor.WRITES)
    product, passwords = app.product(written), PasswordWorkers(threads=1)
    async with open_house(
        database,
        clock,
        folder,
        [product],
        views=[app.view()],
        tools=lambda means: {
            **app.tools(),
            "blobs": blobs,
            "passwords": passwords,
            "sign_in_throttle": SignInThrottle(means.limiter),
        },
        kinds=app.kinds,
    ) as house:

        def call_of(tx: Tx, account_id: str) -> Call:
            account = identity.account(tx, account_id)
            assert account is not None, account_id
            return house.services.call(tx, system(account.id, account.organization_id, account.environment))

        app.follow(call_of)
        pipeline = app.pipeline(product, house.services)
        root = Door(pipeline=Pipeline(product, house.services))
        front = Front(doors=[appharbor.door(pipeline), root], services={}, production_hosts=frozenset({"desk.test"}))
        organization = await house.organization()
        given = await house.write(organization.production, _join)
        pipe: Any = AtTheDoor(front)
        client = Client(pipe, {"Authorization": f"BEARER {given['access_token']}"})
        try:
            yield Mounted(app, house, given, client, written)
        finally:
            passwords.close()
            await app.close()


def _join(call: Call) -> dict[str, str]:
    person = people.add(
        call.tx,
        call.new_id,
        organization_id=call.principal.organization_id,
        email="admin@localhost.localdomain",
        name="Administrator",
        role=Role.OWNER,
        password_hash=_HASH,
    )
    return appharbor.open_account(call, person_id=person.id)


_HASH = hash_password("a harbour in a storm")
