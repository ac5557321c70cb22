"""AppHarbor as `app` mounts it: below its prefix at the front door, with its jobs, its tools and what it hands over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.products.appharbor_apps.mounted import Chosen, mounted

from harbor.app import appharbor
from harbor.app.appharbor import AppHarbor
from harbor.kernel.blobs.local import LocalBlobs
from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Missing, StartRefused
from harbor.kernel.outbound import OutboundPolicy
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.storage.migrate import migrate
from harbor.products.appharbor_apps.builder.port import Kept, Refused, Task
from harbor.products.appharbor_apps.product import RACING_INDEXES

TIDES = {"name": "Tide Tables"}


async def test_a_person_of_init_makes_an_application_through_the_front_door(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    async with mounted(database, clock, tmp_path) as place:
        me = await place.get("/user")
        made = await place.client.request("POST", "/appharbor//applications/", TIDES)
        listed = await place.get("/applications")
        preflight = await place.client.request(
            "OPTIONS",
            "/appharbor/applications",
            headers={"Origin": "https://pages.example", "Access-Control-Request-Method": "PUT"},
        )
        await place.written.flush()
        used = await database.read(_uses)
        views = await database.read(_views)

    assert place.given["username"] == "admin"
    assert me["username"] == "admin"
    assert (made.status, made.headers["location"]) == (201, "http://desk.test/appharbor/applications/tidetables")
    assert listed[0]["url"] == "http://desk.test/appharbor/applications/tidetables"
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert used == 1
    assert views == {"applications": 1, "builds": 0, "tests": 0, "releases": 0, "hostnames": 0, "errors": 0}


async def test_a_token_is_given_to_nobody_who_is_not_there(one: Any) -> None:
    with pytest.raises(Missing):
        await one.act(one.ada, lambda call: appharbor.open_account(call, person_id="ppl_nobody"))
    with pytest.raises(Missing):
        await one.act(one.ada, lambda call: appharbor.open_account(call, person_id=one.grace.person.id))


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
