"""A program that invoices a thousand entries and is killed while it does, again and again; it prints what it found.

    python -m tests.products.harvest_timesheets.billing.killing FOLDER KILLS

Each life is a fork: it opens the database, says that it begins, and makes the invoice, or deletes the one that is there.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from tests.products.harvest_timesheets.billing.work import begin
from tests.products.harvest_timesheets.office import AREA, open_office

from harbor.kernel.call import Call, Faculties
from harbor.kernel.clock import ManualClock
from harbor.kernel.eventlog.model import Positions
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import system
from harbor.kernel.ids import IdMint
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.migrate import Area, migrate
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.kernel.vault import Vault
from harbor.kernel.webhooks.subscriptions.directory import Directory
from harbor.kernel.webhooks.view import Views
from harbor.products.harvest_timesheets.invoices import reading, service
from harbor.products.harvest_timesheets.invoices.import_rules import Import, TimeImport, TimeSummary
from harbor.products.harvest_timesheets.time_entries import store as time_store
from harbor.products.harvest_timesheets.time_entries.model import TimeEntry

ENTRIES = 1_000
NOW = datetime(2026, 5, 25, 12, tzinfo=UTC)


async def prepare(folder: Path, areas: list[Area]) -> dict[str, Any]:
    """A database with a thousand entries to bill; what a life needs to know."""
    clock = ManualClock(NOW)
    database = SqliteDatabase(folder / "harbor.db", clock)
    await database.open()
    try:
        await migrate(database, areas)
        async with open_office(database, clock, folder) as office:
            work = await begin(office)
            sample = await work.track("2026-05-04", 1)
            account_id = office.organization.production.id

            def fill(tx: Tx) -> None:
                first = time_store.find(tx, account_id, sample["id"])
                assert isinstance(first, TimeEntry)
                for number in range(1, ENTRIES):
                    time_store.insert(tx, account_id, msgspec.structs.replace(first, id=first.id + number))

            await database.write(fill)
            return {"account_id": account_id, "client_id": work.client_id, "project_id": work.id}
    finally:
        await database.close()


async def live(folder: Path, about: dict[str, Any], began: Callable[[], object]) -> float:
    """Make the invoice, or delete the one that is there; how many seconds that took."""
    clock = ManualClock(NOW)
    database = SqliteDatabase(folder / "harbor.db", clock)
    await database.open()
    faculties = Faculties(
        ids=IdMint(lambda: time.time_ns() // 1_000_000),
        positions=Positions(),
        directory=Directory(),
        views=Views({}),
        vault=Vault.create(folder / f"instance-{os.getpid()}.key"),
    )
    asked = Import(project_ids=(about["project_id"],), time=TimeImport(summary=TimeSummary.DETAILED))

    def act(tx: Tx) -> None:
        account = identity.account(tx, about["account_id"])
        assert account is not None
        call = Call(tx, system(account.id, account.organization_id, account.environment), faculties)
        there = tx.row("SELECT id FROM harvest_invoices WHERE account_id = :account_id", account_id=call.account_id)
        if there is None:
            service.add(call, service.NewInvoice(client_id=about["client_id"], import_=asked))
        else:
            service.delete(call, reading.find(call, there["id"]))

    began()
    start = time.monotonic()
    await database.write(act)
    lasted_s = time.monotonic() - start
    await database.close()
    return lasted_s


def found(folder: Path) -> dict[str, int]:
    """What stands in the database: invoices, their lines, billed entries, locks, and amounts that do not fit."""
    connection = sqlite3.connect(folder / "harbor.db")
    try:
        queries = {
            "invoices": "SELECT COUNT(*) FROM harvest_invoices",
            "lines": "SELECT COUNT(*) FROM harvest_bill_lines",
            "billed": "SELECT COUNT(*) FROM harvest_time_entries WHERE is_billed = 1 AND invoice_id IS NOT NULL",
            "locks": "SELECT COUNT(*) FROM harvest_period_locks",
            "wrong": """SELECT COUNT(*) FROM harvest_invoices i WHERE amount_e2 <>
                (SELECT SUM(amount_e2) FROM harvest_bill_lines l WHERE l.bill_id = i.id)""",
        }
        return {name: connection.execute(sql).fetchone()[0] for name, sql in queries.items()}
    finally:
        connection.close()


def kill(folder: Path, about: dict[str, Any], after_s: float) -> bool:
    """One life, killed so long after it began; whether it had ended before."""
    reading_end, writing_end = os.pipe()
    child = os.fork()
    if child == 0:
        asyncio.run(live(folder, about, lambda: os.write(writing_end, b"x")))
        os._exit(0)
    os.close(writing_end)
    os.read(reading_end, 1)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.close(reading_end)
    return os.WIFEXITED(os.waitpid(child, 0)[1])


def main(folder: Path, kills: int) -> None:
    """Prepare, measure one life, and kill the others at points spread over as long."""
    from tests.conftest import AREAS

    about = asyncio.run(prepare(folder, [*AREAS, AREA]))
    lasts_s = asyncio.run(live(folder, about, lambda: None))
    chance, ended = random.Random(7), 0
    for number in range(kills):
        ended += kill(folder, about, (number + chance.random()) / kills * lasts_s)
        print(msgspec.json.encode(found(folder)).decode(), flush=True)
    print(msgspec.json.encode({"ended": ended}).decode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
