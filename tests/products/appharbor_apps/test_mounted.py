"""AppHarbor as `app` mounts it: below its prefix at the front door, with its jobs, its tools and what it hands over."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.harness import Client, open_house

from harbor.app import appharbor
from harbor.app.appharbor import AppHarbor
from harbor.kernel.blobs.local import LocalBlobs
from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Missing, StartRefused
from harbor.kernel.http.front import Door, Front
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.identity import people
from harbor.kernel.identity.passwords import PasswordWorkers, hash_password
from harbor.kernel.identity.people_model import Role
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.outbound import OutboundPolicy
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.storage.migrate import migrate
from harbor.kernel.writebehind import WriteBehind
from harbor.products.appharbor_apps.builder.port import Kept, Refused, Task
from harbor.products.appharbor_apps.product import RACING_INDEXES

TIDES = {"name": "Tide Tables"}


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
    product: Any = field(default=None)

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Any, send: Any, _path: str, _mount: object
    ) -> None:
        await self.front(scope, receive, send)


async def test_a_person_of_init_makes_an_application_through_the_front_door(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    await migrate(database, [appharbor.AREA])
    blobs = LocalBlobs(tmp_path / "blobs")
    app = AppHarbor(
        settings=Chosen(data=tmp_path / "data"),
        database=database,
        clock=clock,
        blobs=blobs,
        outbound=OutboundPolicy(),
    )
    await app.start()
    written = WriteBehind(database, appharbor.WRITES)
    product, passwords = app.product(written), PasswordWorkers(threads=1)
    async with open_house(
        database,
        clock,
        tmp_path,
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
        pipeline = app.pipeline(product, house.services)
        root = Door(pipeline=Pipeline(product, house.services))
        front = Front(doors=[appharbor.door(pipeline), root], services={}, production_hosts=frozenset({"desk.test"}))
        organization = await house.organization()

        def join(call: Call) -> dict[str, str]:
            person = people.add(
                call.tx,
                call.new_id,
                organization_id=organization.id,
                email="admin@localhost.localdomain",
                name="Administrator",
                role=Role.OWNER,
                password_hash=hash_password("a harbour in a storm"),
            )
            with pytest.raises(Missing):
                appharbor.open_account(call, person_id="ppl_nobody")
            return appharbor.open_account(call, person_id=person.id)

        given = await house.write(organization.production, join)
        pipe: Any = AtTheDoor(front)
        client = Client(pipe, {"Authorization": f"BEARER {given['access_token']}"})
        me = await client.request("GET", "/appharbor/user")
        made = await client.request("POST", "/appharbor//applications/", TIDES)
        listed = await client.request("GET", "/appharbor/applications")
        preflight = await client.request(
            "OPTIONS",
            "/appharbor/applications",
            headers={"Origin": "https://pages.example", "Access-Control-Request-Method": "PUT"},
        )
        await written.flush()
        used = await house.database.read(_uses)
        views = await house.database.read(_views)
        passwords.close()
        await app.close()

    assert given["username"] == "admin"
    assert me.json()["username"] == "admin"
    assert (made.status, made.headers["location"]) == (201, "http://desk.test/appharbor/applications/tidetables")
    assert listed.json()[0]["url"] == "http://desk.test/appharbor/applications/tidetables"
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert used == 1
    assert views == {"applications": 1, "builds": 0, "tests": 0, "releases": 0, "hostnames": 0, "errors": 0}


async def test_artefacts_and_archives_that_wait_are_named_to_the_sweep(one: Any) -> None:
    slug = await one.application()
    build = await one.ada.ask("PUT", f"/applications/{slug}/builds/upload", body=b"an archive")
    assert build.status == 201
    keys = {blob.key for blob in one.blobs.stored()} | {"0" * 32}
    account = one.ada.organization.production.id
    waiting = await one.house.database.read(lambda tx: appharbor.NAMING(tx, account, keys))

    await one.work()
    kept = await one.house.database.read(lambda tx: appharbor.NAMING(tx, account, keys | {_artefact(tx)}))

    assert waiting == keys
    assert len(kept) == 1
    assert not kept & keys


async def test_an_installation_without_a_sandbox_refuses_builds_and_starts(tmp_path: Path) -> None:
    works = _of(tmp_path).works

    with pytest.raises(Refused, match="sandbox"):
        await works.builder.build(_task(), _say)
    refused = await works.deployer.deploy(None, _say)  # type: ignore[arg-type]
    assert not refused.is_live


def test_a_rate_limit_that_cannot_be_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="rate limit"):
        _ = _of(tmp_path, appharbor_rate_limit="often").setup


async def test_every_index_whose_violation_is_a_race_is_there(database: Database) -> None:
    await migrate(database, [appharbor.AREA])

    names = await database.read(_indexes)

    assert names >= RACING_INDEXES


async def _say(message: str, details: str | None = None) -> None:
    del message, details


def _of(folder: Path, **fields: Any) -> AppHarbor:
    unused: Any = None
    return AppHarbor(
        settings=Chosen(data=folder, **fields),
        database=unused,
        clock=unused,
        blobs=LocalBlobs(folder / "blobs"),
        outbound=OutboundPolicy(),
    )


def _task() -> Task:
    return Task(
        account_id="acc_1", application_id=1, slug="tides", build_id=1, commit_id="", source=Kept("0"), environment={}
    )


def _uses(tx: Tx) -> int:
    row = tx.row("SELECT count(*) AS n FROM appharbor_tokens WHERE last_used_at IS NOT NULL")
    assert row is not None
    return int(row["n"])


def _views(tx: Tx) -> dict[str, int]:
    accounts = tx.rows("SELECT DISTINCT account_id FROM appharbor_tokens")
    return {
        view.name: len(tx.rows(f"SELECT * FROM ({view.select}) AS v", account_id=accounts[0]["account_id"]))
        for view in appharbor.VIEWS
    }


def _artefact(tx: Tx) -> str:
    row = tx.row("SELECT artefact_key FROM appharbor_builds WHERE artefact_key IS NOT NULL")
    assert row is not None
    return str(row["artefact_key"])


def _indexes(tx: Tx) -> set[str]:
    if tx.engine == "sqlite":
        return {row["name"] for row in tx.rows("SELECT name FROM sqlite_master WHERE type = 'index'")}
    return {row["indexname"] for row in tx.rows("SELECT indexname FROM pg_indexes")}
