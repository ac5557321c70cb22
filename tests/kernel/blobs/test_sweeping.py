"""The recurring sweep takes what no product names, and nothing that one of them does."""

from __future__ import annotations

import os
import time
from collections.abc import Set
from pathlib import Path

from harbor.kernel.blobs import LocalBlobs
from harbor.kernel.blobs.sweeping import OLDER_THAN_H, SCHEDULE, Naming, sweep_kind
from harbor.kernel.clock import ManualClock
from harbor.kernel.ids import IdMint
from harbor.kernel.jobs.model import State, kinds_by_name
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.sqlite import SqliteDatabase

ACCOUNT, OTHER = "acc_one", "acc_two"


def naming(account: str, *named: str) -> Naming:
    """A product whose rows name some blobs of an account."""
    return lambda _tx, account_id, keys: keys & set(named) if account_id == account else set()


async def test_once_a_day_goes_what_no_product_names(
    sqlite_database: SqliteDatabase, clock: ManualClock, tmp_path: Path
) -> None:
    blobs = LocalBlobs(tmp_path / "blobs")
    receipt, artefact, orphan, foreign = (
        blobs.put(account, b"x" * 10).key for account in (ACCOUNT, ACCOUNT, ACCOUNT, OTHER)
    )
    old = time.time() - (OLDER_THAN_H + 1) * 3600
    for file in (tmp_path / "blobs").glob("*/*/*"):
        os.utime(file, (old, old))
    new = blobs.put(ACCOUNT, b"new").key  # a request may be about to name it
    # What one account names is another's orphan, though the key be the same.
    namings = [naming(ACCOUNT, receipt, foreign), naming(ACCOUNT, artefact)]
    kind = sweep_kind(blobs, namings)
    worker = Worker(sqlite_database, kinds_by_name(kind), clock, IdMint(lambda: 1).next, schedules=[SCHEDULE])

    (done,) = await worker.run_due(clock.now())
    again = await worker.run_due(clock.now())

    assert (done.state, done.result) == (State.DONE, {"blobs": 2, "size_bytes": 20, "leftovers": 0})
    assert {(blob.account_id, blob.key) for blob in blobs.stored()} == {
        (ACCOUNT, receipt),
        (ACCOUNT, artefact),
        (ACCOUNT, new),
    }
    assert orphan not in {blob.key for blob in blobs.stored()}
    assert again == []


async def test_a_product_that_cannot_answer_loses_nothing(
    sqlite_database: SqliteDatabase, clock: ManualClock, tmp_path: Path
) -> None:
    blobs = LocalBlobs(tmp_path / "blobs")
    blobs.put(ACCOUNT, b"x")
    for file in (tmp_path / "blobs").glob("*/*/*"):
        os.utime(file, (0, 0))

    def broken(_tx: Tx, _account_id: str, _keys: Set[str]) -> Set[str]:
        raise RuntimeError("a table is not there")

    kind = sweep_kind(blobs, [lambda _tx, _account_id, _keys: set(), broken])
    worker = Worker(sqlite_database, kinds_by_name(kind), clock, IdMint(lambda: 1).next, schedules=[SCHEDULE])

    (failed,) = await worker.run_due(clock.now())

    assert failed.state is State.QUEUED  # to be tried again
    assert len(list(blobs.stored())) == 1
