"""Harbour as an installation mounts it: from a key of `init`, through the front door, to a signed webhook and SQL."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.harness import CallOf, Client, open_house
from tests.products.harbour_agreements.office import IDENTITY, checked
from tests.receiver import listening

from harbor.app import harbour
from harbor.app.harbour import Harbour
from harbor.kernel import instance_store as instance
from harbor.kernel.blobs import LocalBlobs
from harbor.kernel.clock import ManualClock
from harbor.kernel.http.front import Door, Front
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.outbound import OutboundClient, OutboundPolicy
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import migrate
from harbor.products.harbour_agreements.api_keys.jobs import EXPOSED
from harbor.products.harbour_agreements.limits.shared import FORGET
from harbor.products.harbour_agreements.organizations.model import public_id


@dataclass(frozen=True, slots=True)
class Chosen:
    """The settings with their defaults."""

    public_url: str | None = "https://harbor.example"
    harbour_public_url: str | None = None
    harbour_hosts: tuple[str, ...] = ("harbour.example",)
    harbour_plain_loopback: str = "auto"
    harbour_rate_limit_per_minute: int = 100
    harbour_default_version: str = "2.2"
    harbour_provider: str = "sandbox"
    harbour_catalogue_edition: str = "standard-5"
    harbour_sandbox_step_ms: int = 0
    harbour_applicant_days: int = 30
    harbour_webhook_timeout_s: int = 15


class AtTheDoor:
    """The front door in the place of a pipeline."""

    def __init__(self, front: Front) -> None:
        self.front = front

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Any, send: Any, _path: str, _mount: object
    ) -> None:
        await self.front(scope, receive, send)


async def test_a_key_of_init_starts_a_check_through_the_front_door(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    await migrate(database, harbour.harbour_areas(database.engine))
    client = OutboundClient(OutboundPolicy())
    app = Harbour(
        settings=Chosen(), database=database, clock=clock, blobs=LocalBlobs(tmp_path / "blobs"), client=client
    )
    await app.start()
    kinds: list[JobKind] = []

    def kept(call_of: CallOf) -> list[JobKind]:
        kinds.extend(app.kinds(call_of))
        return kinds

    house_of = open_house(
        database,
        clock,
        tmp_path,
        [app.product()],
        views=[app.view()],
        kinds=kept,
        tools=lambda _means: app.tools(),
    )
    async with listening() as receiver, house_of as house:
        pipeline = app.pipeline(house.services)
        root = Door(pipeline=Pipeline(app.product(), house.services))
        front = Front(doors=[app.door(pipeline), root], services={}, production_hosts=frozenset({"desk.test"}))
        organization = await house.organization()
        opened = await house.write(organization.production, harbour.open_account)
        pipe: Any = AtTheDoor(front)
        caller = Client(pipe, {"x-api-key": opened.api_key}, address="127.0.0.1")

        hooked = await caller.request("POST", "/harbour/v2/webhook", {"destination_url": receiver.url("/in")})
        made = await caller.request("POST", "/harbour/verification", checked(IDENTITY))
        older = await caller.request("GET", "/harbour/v2.1/verifications")
        elsewhere = await replace(caller, address="203.0.113.9").request("GET", "/harbour/verifications")
        nobody = await replace(caller, headers={}).request("GET", "/harbour/verifications")
        page = await replace(caller, headers={}).request("GET", "/harbour/knowledge/errors/2001")
        await house.settle()
        told = await database.read(lambda tx: tx.rows("SELECT type FROM events WHERE type LIKE 'harbour.api_key.%'"))
        seen = await database.read(
            lambda tx: [tx.rows(view.select, account_id=organization.production.id) for view in harbour.VIEWS]
        )
    await client.close()

    assert front.known_hosts == {"desk.test", "harbour.example"}
    assert opened.organization_id == public_id(organization.production.id)
    assert (hooked.status, made.status, older.status, page.status) == (201, 201, 200, 200)
    assert made.headers["location"].startswith("http://desk.test/harbour/verifications/VERIFICATION-")
    assert made.json()["verification_details"]["catalogue_edition"] == "standard-5"
    assert made.headers["ratelimit-remaining"] == "98"
    assert older.headers["harbour-version"] == "2.1"
    assert (elsewhere.status, elsewhere.json()["error"]) == (403, 2004)
    assert nobody.json()["more_info"] == "https://harbor.example/harbour/knowledge/errors/2001"
    assert {row["type"] for row in told} == {"harbour.api_key.created", "harbour.api_key.exposed_plaintext"}
    assert [len(rows) for rows in seen] == [1, 1]
    for view, rows in zip(harbour.VIEWS, seen, strict=True):
        assert tuple(rows[0]) == view.names
    assert {EXPOSED, FORGET} <= {kind.name for kind in kinds}
    assert {schedule.kind for schedule in harbour.SCHEDULES} <= {kind.name for kind in kinds}


async def test_in_production_this_machine_needs_tls_as_well(
    sqlite_database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    client, blobs = OutboundClient(OutboundPolicy()), LocalBlobs(tmp_path / "blobs")

    async def taken(mode: str, choice: str) -> bool:
        await sqlite_database.write(lambda tx: instance.put(tx, instance.MODE, mode))
        settings = Chosen(harbour_plain_loopback=choice)
        app = Harbour(settings=settings, database=sqlite_database, clock=clock, blobs=blobs, client=client)
        await app.start()
        return bool(app.manners().plain_http_from)

    assert [await taken("production", choice) for choice in ("auto", "on", "off")] == [False, True, False]
    assert [await taken("development", choice) for choice in ("auto", "on", "off")] == [True, True, False]
    await client.close()
