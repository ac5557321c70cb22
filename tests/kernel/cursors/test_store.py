"""Cursors are good for a day after they were last handed out; one nobody knows of is accepted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.cursors import store
from harbor.kernel.cursors.store import CURSOR_S_MAX, PER_CREDENTIAL_MAX, Issued
from harbor.kernel.storage.database import Database, Lane, Tx


@pytest.fixture
def issued(clock: ManualClock) -> Issued:
    """A cursor handed out just now."""
    return Issued(
        account_id="acc_1",
        workspace_id="ws_1",
        route="events.list",
        position="evt_1",
        credential_id="key_1",
        issued_at=micros(clock.now()),
    )


async def note(database: Database, *cursors: Issued) -> None:
    await database.write(lambda tx: store.note(tx, list(cursors)))


async def is_expired(database: Database, cursor: Issued) -> bool:
    return await database.read(
        lambda tx: store.is_expired(
            tx, cursor.account_id, workspace_id=cursor.workspace_id, route=cursor.route, position=cursor.position
        )
    )


async def test_a_cursor_lasts_a_day_to_the_microsecond(database: Database, clock: ManualClock, issued: Issued) -> None:
    await note(database, issued)

    clock.advance(CURSOR_S_MAX)
    at_the_end = await is_expired(database, issued)
    clock.advance(1e-6)

    assert not at_the_end
    assert await is_expired(database, issued)


@pytest.mark.parametrize("field", ["account_id", "workspace_id", "route", "position"])
async def test_a_cursor_of_another_place_is_unknown_and_accepted(
    database: Database, clock: ManualClock, issued: Issued, field: str
) -> None:
    await note(database, issued)
    clock.advance(CURSOR_S_MAX + 1)

    elsewhere: Any = {field: "other"}
    assert not await is_expired(database, replace(issued, **elsewhere))


async def test_a_cursor_handed_out_again_lasts_from_then_on(
    database: Database, clock: ManualClock, issued: Issued
) -> None:
    await note(database, issued)
    clock.advance(CURSOR_S_MAX)
    await note(database, replace(issued, issued_at=micros(clock.now()), credential_id="key_2"))
    clock.advance(CURSOR_S_MAX)

    assert not await is_expired(database, issued)
    assert await database.read(lambda tx: tx.row("SELECT credential_id FROM cursors")) == {"credential_id": "key_2"}


async def test_within_a_minute_nothing_is_written_again(database: Database, issued: Issued) -> None:
    await note(database, issued, replace(issued, issued_at=issued.issued_at + 60_000_000, credential_id="key_2"))
    assert await database.read(lambda tx: tx.row("SELECT credential_id FROM cursors")) == {"credential_id": "key_1"}

    await note(database, replace(issued, issued_at=issued.issued_at + 60_000_001, credential_id="key_2"))
    assert await database.read(lambda tx: tx.row("SELECT credential_id FROM cursors")) == {"credential_id": "key_2"}


async def test_a_late_note_does_not_make_a_cursor_older(database: Database, issued: Issued) -> None:
    await note(database, issued, replace(issued, issued_at=issued.issued_at - 10**12))

    assert await database.read(lambda tx: tx.row("SELECT issued_at FROM cursors")) == {"issued_at": issued.issued_at}


async def test_a_credential_keeps_its_newest_ten_thousand(database: Database, issued: Issued) -> None:
    def fill(tx: Tx) -> None:
        store.note(
            tx,
            [
                replace(issued, position=f"evt_{n}", issued_at=issued.issued_at + n)
                for n in range(PER_CREDENTIAL_MAX + 3)
            ],
        )
        store.note(tx, [replace(issued, position="other", credential_id="key_2")])

    await database.write(fill, lane=Lane.BACKGROUND)

    assert await database.write(lambda tx: store.trim(tx, "acc_1", "key_1")) == 3
    assert await database.write(lambda tx: store.trim(tx, "acc_1", "key_1")) == 0
    left = await database.read(
        lambda tx: tx.rows("SELECT credential_id, count(*) AS n, min(issued_at) AS first FROM cursors GROUP BY 1"),
        long=True,
    )
    assert {row["credential_id"]: (row["n"], row["first"] - issued.issued_at) for row in left} == {
        "key_1": (PER_CREDENTIAL_MAX, 3),
        "key_2": (1, 0),
    }
