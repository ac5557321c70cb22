"""A rotation ends with one key that opens everything, wherever it was broken off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harbor.kernel import instance_store as instance
from harbor.kernel.clock import ManualClock
from harbor.kernel.idempotency import store as idempotency
from harbor.kernel.idempotency.store import Slot
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Environment
from harbor.kernel.jobs import claims
from harbor.kernel.jobs import store as jobs
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import Abandon, Job, JobKind, kinds_by_name
from harbor.kernel.rotation import state
from harbor.kernel.rotation import store as sealed_store
from harbor.kernel.rotation.job import STEP_ROWS, rotation_kind
from harbor.kernel.rotation.vault import FollowingVault
from harbor.kernel.sealed import SEALED
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.vault import KEYS_MAX, Vault

ACCOUNT = "acc_1"
REPLIES = STEP_ROWS + 7
REAL_US = 1_900_000_000_000_000


class PowerCut(BaseException):
    """The machine stops here."""


class Moments:
    """Counts what a rotation does outside its own memory, and acts before the one with a given number."""

    def __init__(self, number: int = -1, act: Callable[[], None] | None = None) -> None:
        self.left = number
        self.act = act

    def pass_by(self) -> None:
        self.left -= 1
        if self.left == -1:
            if self.act is None:
                raise PowerCut
            self.act()


class Watched(FollowingVault):
    """A vault whose changes of the file are moments."""

    moments = Moments()

    def add_key(self) -> str:
        self.moments.pass_by()
        key_id = super().add_key()
        self.moments.pass_by()
        return key_id

    def remove_key(self, key_id: str) -> None:
        self.moments.pass_by()
        super().remove_key(key_id)
        self.moments.pass_by()


class WatchedContext(JobContext):
    """A job whose commits are moments."""

    moments = Moments()

    async def step(self, work: Any, **more: Any) -> Any:
        self.moments.pass_by()
        result = await super().step(work, **more)
        self.moments.pass_by()
        return result


class House:
    """A database with sealed things, and its key file."""

    def __init__(self, database: Database, path: Path) -> None:
        self.database = database
        self.path = path
        self._rotations = 0

    async def fill(self) -> None:
        """Some replies and two endpoints, of which one has headers."""
        vault = Vault.create(self.path)

        def write(tx: Tx) -> None:
            identity.insert_account(tx, identity.Account(ACCOUNT, "org_1", Environment.SANDBOX))
            instance.put(tx, instance.KEY_FINGERPRINT, vault.fingerprint)
            for number in range(REPLIES):
                reply = vault.seal(ACCOUNT, "idempotency.reply", f"reply {number}") if number % 5 else None
                idempotency.remember(tx, slot(number), digest="d", status=200, reply=reply)
            for number in range(2):
                insert_endpoint(tx, vault, number)

        await self.database.write(write)

    async def begin(self) -> Job:
        """A rotation, claimed."""

        self._rotations += 1
        job_id = f"job_{self._rotations:03}"
        kinds = kinds_by_name(self.kind(Vault.from_file(self.path)))

        def claim(tx: Tx) -> Job:
            state.start(tx, job_id)
            return claims.claim(tx, kinds, now_us=tx.now_us, real_us=REAL_US, token="run_1", limit=1)[0]

        return await self.database.write(claim)

    def kind(self, vault: Vault) -> JobKind:
        return rotation_kind(vault, SEALED, settle_s=0)

    async def run(self, job: Job, moments: Moments | None = None) -> Any:
        """Go on with it as a process that has just started would."""
        vault = Watched.from_file(self.path)
        vault.moments = moments or Moments()
        present = await self.database.read(lambda tx: jobs.find(tx, job.account_id, job.id))
        assert present is not None
        kind = self.kind(vault)
        context = WatchedContext(self.database, kind, present)
        context.moments = vault.moments
        return await kind.run(context)

    async def end(self, job: Job) -> None:
        """Let another rotation begin."""
        await self.database.write(lambda tx: jobs.cancel(tx, job.account_id, job.id))

    async def texts(self) -> list[str]:
        """All that is sealed, opened with the keys in the file, as a start would have it."""
        vault = Vault.from_file(self.path)
        stored = await self.database.read(lambda tx: instance.get(tx, instance.KEY_FINGERPRINT))
        assert stored is not None
        vault.check_fingerprint(stored)
        found = []
        for column in SEALED:
            rows = await self.database.read(lambda tx, column=column: sealed_store.after(tx, column, None, 1_000))
            found += [vault.open(ACCOUNT, column.purpose, row["sealed"]) for row in rows if row["sealed"]]
        return sorted(found)

    async def used(self) -> set[str]:
        """The keys that sealed what is there."""
        found: set[str] = set()
        for column in SEALED:
            found |= await self.database.read(lambda tx, column=column: sealed_store.key_ids(tx, column))
        return found


def slot(number: int) -> Slot:
    return Slot(account_id=ACCOUNT, workspace_id="ws_1", route="events.create", key=f"key {number:03}")


def insert_endpoint(tx: Tx, vault: Vault, number: int) -> None:
    tx.run(
        """
        INSERT INTO subscriptions (account_id, id, workspace_id, view, url, entries, metadata, headers, ordering,
            signature_format, secrets, status, created_at, updated_at)
        VALUES (:account_id, :id, 'ws_1', 'harbor', 'https://a.test', '[]', '{}', :headers, 'none', 'v1', :secrets, 'active', 1, 1)
        """,
        account_id=ACCOUNT,
        id=f"wh_{number}",
        headers=vault.seal(ACCOUNT, "webhook.headers", f"headers {number}") if number else None,
        secrets=vault.seal(ACCOUNT, "webhook.secrets", f"secrets {number}"),
    )


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> House:
    house = House(database, tmp_path / "instance.key")
    await house.fill()
    return house


async def test_afterwards_one_new_key_opens_everything(house: House) -> None:
    before, old = await house.texts(), Vault.from_file(house.path).current
    token = await house.database.read(lambda tx: identity.tokens(tx, ACCOUNT)["subscriptions"])

    result = await house.run(await house.begin())

    vault = Vault.from_file(house.path)
    assert vault.key_ids == (result["key_id"],)
    assert result["key_id"] != old
    assert (result["removed"], result["resealed"], result["unreadable"]) == ([old], len(before), 0)
    assert await house.texts() == before
    assert await house.used() == {vault.current}
    # Processes remember endpoints with their sealed secrets: they have to read them again.
    assert await house.database.read(lambda tx: identity.tokens(tx, ACCOUNT)["subscriptions"]) != token


@pytest.mark.slow
async def test_a_power_cut_at_any_moment_loses_nothing(house: House) -> None:
    before = await house.texts()
    number = 0
    while True:
        job = await house.begin()
        try:
            await house.run(job, Moments(number))
        except PowerCut:
            assert await house.texts() == before
            await house.run(job)
        else:
            break
        finally:
            await house.end(job)
        assert len(Vault.from_file(house.path).key_ids) == 1
        assert await house.texts() == before
        number += 1

    assert number > 10


async def test_an_old_text_that_somebody_writes_back_is_sealed_again_before_the_old_key_goes(house: House) -> None:
    before = await house.texts()
    vault = Vault.from_file(house.path)
    old = vault.seal(ACCOUNT, "webhook.secrets", "secrets 0")
    wrote: list[int] = []

    class Writing(WatchedContext):
        async def step(self, work: Any, **more: Any) -> Any:
            result = await super().step(work, **more)
            walk = (more.get("position") or {}).get("walk")
            if walk and walk["column"] == len(SEALED) and not wrote:  # the first walk is through
                wrote.append(1)
                await house.database.write(
                    lambda tx: tx.run("UPDATE subscriptions SET secrets = :old WHERE id = 'wh_0'", old=old)
                )
            return result

    job = await house.begin()
    kind = house.kind(FollowingVault.from_file(house.path))
    await kind.run(Writing(house.database, kind, job))

    assert wrote
    assert await house.texts() == before


async def test_another_process_that_seals_all_the_while_loses_nothing(house: House) -> None:
    hurried = partial(FollowingVault, house.path, dict(Vault.from_file(house.path)._keys))
    mine, other = (hurried(stopwatch=lambda: time.monotonic() * 50) for _ in range(2))  # looks each 20 ms
    wrote: list[int] = []
    is_over = asyncio.Event()

    async def keep_sealing() -> None:
        while not is_over.is_set():
            number = 1_000 + len(wrote)
            sealed = other.seal(ACCOUNT, "idempotency.reply", f"reply {number}")
            await house.database.write(
                lambda tx, number=number, sealed=sealed: idempotency.remember(  # type: ignore[misc]
                    tx, slot(number), digest="d", status=200, reply=sealed
                )
            )
            wrote.append(number)
            await asyncio.sleep(0.002)

    before = await house.texts()
    job = await house.begin()
    kind = rotation_kind(mine, SEALED, settle_s=0.2)
    sealing = asyncio.create_task(keep_sealing())
    result = await kind.run(JobContext(house.database, kind, job))
    is_over.set()
    await sealing

    assert await house.texts() == sorted([*before, *(f"reply {number}" for number in wrote)])
    assert await house.used() == {result["key_id"]}


async def test_what_no_key_opens_is_counted_and_left_as_it_is(house: House) -> None:
    lost = "aaaaaaaa.bm8ga2V5"
    await house.database.write(lambda tx: idempotency.remember(tx, slot(999), digest="d", status=200, reply=lost))

    result = await house.run(await house.begin())

    assert result["unreadable"] == 1
    assert await house.used() == {"aaaaaaaa", result["key_id"]}


async def test_a_file_full_of_keys_takes_no_more(house: House) -> None:
    vault = Vault.from_file(house.path)
    for _ in range(KEYS_MAX - 1):
        vault.add_key()

    with pytest.raises(Abandon, match="16 keys"):
        await house.run(await house.begin())

    assert len(Vault.from_file(house.path).key_ids) == KEYS_MAX


async def test_a_key_file_that_was_replaced_on_the_way_ends_the_rotation(house: House) -> None:
    kept = house.path.read_bytes()
    job = await house.begin()
    with pytest.raises(PowerCut):
        await house.run(job, Moments(6))
    house.path.write_bytes(kept)

    with pytest.raises(Abandon, match="replaced"):
        await house.run(job)


async def test_there_is_one_rotation_at_a_time(database: Database, clock: ManualClock) -> None:
    first, second = await database.write(lambda tx: (state.start(tx, "job_1"), state.start(tx, "job_2")))

    assert first.id == second.id == "job_1"
    newest = await database.read(state.newest)
    assert newest is not None
    assert newest.id == "job_1"
