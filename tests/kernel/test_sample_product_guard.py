"""The guard over units of work: what leaves a transaction is noticed."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.guard_plugin import LeftTheTransaction, take_seen, units_of_work_stay_inside

from harbor.kernel.storage.database import Database, Tx

__all__ = ["units_of_work_stay_inside"]


def _reads_a_file(tx: Tx) -> None:
    Path(__file__).read_text()


def _opens_a_socket(tx: Tx) -> None:
    socket.socket().close()


def _sleeps(tx: Tx) -> None:
    time.sleep(0)


@pytest.mark.parametrize("work", [_reads_a_file, _opens_a_socket, _sleeps])
async def test_a_unit_of_work_that_leaves_its_transaction_is_caught(
    database: Database, work: Callable[[Tx], None]
) -> None:
    with pytest.raises(LeftTheTransaction):
        await database.write(work)
    with pytest.raises(LeftTheTransaction):
        await database.read(work)

    assert len(take_seen()) == 2


async def test_what_happens_outside_of_a_unit_of_work_is_nobodys_business(database: Database) -> None:
    await database.write(lambda tx: tx.run("UPDATE instance SET value = 'x'"))

    _reads_a_file(None)  # type: ignore[arg-type]

    assert take_seen() == []
