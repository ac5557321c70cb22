"""One key sent to two processes in the same moment: the second hears of the first, or does what the first left undone."""

from __future__ import annotations

import pytest
from tests.racing import overlapping, together

from harbor.kernel.errors import Denied
from harbor.kernel.idempotency import store
from harbor.kernel.idempotency.store import Record, Slot
from harbor.kernel.storage.database import Database, Tx

SLOT = Slot(account_id="acc_1", workspace_id="ws_1", route="events.create", key="k")


def answering(tx: Tx) -> Record | None:
    """A request: what it finds; it does its work and is remembered if that is nothing."""
    found = store.find(tx, SLOT)
    if found is None:
        store.remember(tx, SLOT, digest="d", status=201, reply="sealed")
    return found


def starting(tx: Tx) -> Record | None:
    """The first half of a journey."""
    found = store.find(tx, SLOT)
    if found is None:
        store.remember(tx, SLOT, digest="d", status=0, reply=None, is_running=True)
    return found


def refused(tx: Tx) -> None:
    """A request that fails after it was remembered."""
    answering(tx)
    raise Denied("no")


async def test_the_second_request_gets_the_reply_of_the_first(database: Database) -> None:
    first, second = await together(database, answering, answering)

    assert first is None
    assert second == Record(digest="d", is_running=False, status=201, reply="sealed")


async def test_the_second_journey_sees_that_the_first_is_under_way(database: Database) -> None:
    first, second = await together(database, starting, starting)

    assert first is None
    assert second == Record(digest="d", is_running=True, status=0, reply=None)


@pytest.mark.parametrize("second", [answering, starting])
async def test_what_the_first_request_left_undone_the_second_does(database: Database, second: object) -> None:
    failed, found = await overlapping(database, refused, second)  # type: ignore[arg-type]

    assert isinstance(failed, Denied)
    assert found is None
    assert await database.write(lambda tx: store.find(tx, SLOT)) is not None


async def test_two_keys_do_not_wait_for_each_other(database: Database) -> None:
    def other(tx: Tx) -> Record | None:
        return store.find(tx, Slot(account_id="acc_1", workspace_id="ws_1", route="events.create", key="other"))

    assert await together(database, answering, other) == (None, None)
