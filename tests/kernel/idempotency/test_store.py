"""Records of requests that are done once: kept for a day, freed, blanked and swept."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from harbor.kernel.bounds import IDEMPOTENCY_WINDOW_S
from harbor.kernel.clock import ManualClock
from harbor.kernel.idempotency import store
from harbor.kernel.idempotency.store import RUNNING_S_MAX, Record, Slot
from harbor.kernel.storage.database import Database, Tx

SLOT = Slot(account_id="acc_1", workspace_id="ws_1", route="events.create", key="k")
DONE = Record(digest="d", is_running=False, status=201, reply="sealed")


def keep(tx: Tx, slot: Slot = SLOT) -> None:
    store.remember(tx, slot, digest="d", status=201, reply="sealed")


def start(tx: Tx) -> None:
    store.remember(tx, SLOT, digest="d", status=0, reply=None, is_running=True)


async def find(database: Database, slot: Slot = SLOT) -> Record | None:
    return await database.write(lambda tx: store.find(tx, slot))


async def count(database: Database) -> int:
    row = await database.read(lambda tx: tx.row("SELECT count(*) AS n FROM idempotency"))
    assert row is not None
    return int(row["n"])


async def test_what_is_remembered_is_found(database: Database) -> None:
    assert await find(database) is None

    await database.write(keep)

    assert await find(database) == DONE


@pytest.mark.parametrize("field", ["account_id", "workspace_id", "route", "key"])
async def test_another_slot_is_empty(database: Database, field: str) -> None:
    await database.write(keep)

    assert await find(database, replace(SLOT, **{field: "other"})) is None


async def test_a_record_lasts_a_day_to_the_microsecond(database: Database, clock: ManualClock) -> None:
    await database.write(keep)

    clock.advance(IDEMPOTENCY_WINDOW_S)
    at_the_end = await find(database)
    clock.advance(1e-6)

    assert at_the_end == DONE
    assert await find(database) is None


async def test_a_running_journey_is_a_lease_in_real_time(database: Database, clock: ManualClock) -> None:
    await database.write(start)
    clock.advance(10 * RUNNING_S_MAX)  # the calendar of a test is no reason to begin a second one
    running = await find(database)

    await database.write(
        lambda tx: tx.run("UPDATE idempotency SET created_at = created_at - :s", s=(RUNNING_S_MAX + 1) * 1_000_000)
    )

    assert running == Record(digest="d", is_running=True, status=0, reply=None)
    assert await find(database) is None


async def test_the_end_of_a_journey_replaces_its_beginning(database: Database) -> None:
    await database.write(start)
    await database.write(keep)

    assert await find(database) == DONE
    assert await count(database) == 1


async def test_a_record_that_is_over_makes_room(database: Database, clock: ManualClock) -> None:
    await database.write(keep)
    clock.advance(IDEMPOTENCY_WINDOW_S + 1)
    await database.write(lambda tx: store.remember(tx, SLOT, digest="new", status=200, reply="new"))

    found = await find(database)

    assert found is not None
    assert found.digest == "new"


async def test_a_forgotten_key_is_free_and_others_are_not(database: Database) -> None:
    await database.write(start)
    await database.write(lambda tx: keep(tx, replace(SLOT, key="other")))

    await database.write(lambda tx: store.forget(tx, SLOT))

    assert await find(database) is None
    assert await find(database, replace(SLOT, key="other")) == DONE


async def test_replies_about_a_subject_are_blanked(database: Database) -> None:
    def act(tx: Tx) -> int:
        for key, subject in (("a", "7"), ("b", "8"), ("c", "7")):
            slot = replace(SLOT, key=key, account_id="acc_2" if key == "c" else "acc_1")
            keep(tx, slot)
            store.about(tx, slot, "harvest", subject)
        return store.blank(tx, "acc_1", "harvest", "7")

    assert await database.write(act) == 1
    assert await find(database, replace(SLOT, key="a")) is None
    assert await find(database, replace(SLOT, key="b")) == DONE
    assert await find(database, replace(SLOT, key="c", account_id="acc_2")) == DONE


async def test_what_is_over_is_swept_in_steps(database: Database, clock: ManualClock) -> None:
    for key in "abc":
        await database.write(lambda tx, key=key: keep(tx, replace(SLOT, key=key)))  # type: ignore[misc]
    clock.advance(IDEMPOTENCY_WINDOW_S + 1)
    await database.write(keep)

    assert [await database.write(lambda tx: store.sweep(tx, 2)) for _ in range(3)] == [2, 1, 0]
    assert await find(database) == DONE


async def test_of_many_that_look_at_once_one_finds_nothing(database: Database) -> None:
    def once(tx: Tx) -> bool:
        if store.find(tx, SLOT) is not None:
            return False
        keep(tx)
        return True

    first = await asyncio.gather(*(database.write(once) for _ in range(10)))

    assert first.count(True) == 1
