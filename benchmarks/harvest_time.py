"""Is Harvest quick with a year of time: creating entries, lists of 2,000, every report, and fetching what has changed?

Entries are created over HTTP and, in turn, by the bare transaction of entry, counter, event and audit row. Lists, reports and
the sync of 26,000 entries are asked for over one connection at 10k, 100k and 1M entries, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks import load
from benchmarks.bare_time import Bare
from benchmarks.filling_time import PEOPLE, Desk, fill, furnish
from benchmarks.load import pour
from benchmarks.measuring import Options, Report, command, in_turn
from benchmarks.postgres import Postgres, postgres
from benchmarks.servers import Installation, Place, Program, place
from harbor.kernel.clock import SystemClock
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.kernel.storage.sqlite import SqliteDatabase

CREATE_RATIO_MIN = 0.4
LIST_MS_MAX, REPORT_MS_MAX, SYNC_S_MAX = 60, 300, 2
SYNCED = 26_000
_NEXT = re.compile(rb'"next_page":(\d+)')
# Processor time is told in hundredths of a second; less, over some requests, is nothing.
TICK_MS = 1.0
_YEAR_S = 365 * 86_400
_SETTINGS = {"HARBOR_HARVEST_RATE_LIMIT": "off", "HARBOR_HARVEST_REPORTS_RATE_LIMIT": "off"}
_REPORTS = (
    *(f"time/{by}" for by in ("clients", "projects", "tasks", "team")),
    *(f"expenses/{by}" for by in ("clients", "projects", "categories", "team")),
    "uninvoiced",
    "project_budget",
)


class Homes:
    """Where offices of one engine come from."""

    def __init__(self, here: Place, engine: str, server: Postgres) -> None:
        self.engine = engine
        self._here = here
        self._server = server

    def office(self) -> Office:
        """A fresh one."""
        return Office(self._here, self.engine, self._server.database() if self.engine == "PostgreSQL" else None)


class Taken(NamedTuple):
    """Milliseconds of a request: as it was waited for, and of the server's processors, which hardly vary with others' work."""

    waited_ms: float
    processor_ms: float


class Office:
    """A server with an account of Harvest, and how it is asked."""

    def __init__(self, here: Place, engine: str, dsn: str | None) -> None:
        self._here = here
        self._dsn = dsn
        self.engine = engine
        self.installation: Installation = here.install(database=dsn, **_SETTINGS)
        self.server: Program | None = None
        self.number = int(self.installation.harvest["account_id"])

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """Its database, while no server runs."""
        opened: SqliteDatabase | PostgresDatabase
        if self._dsn is None:
            opened = SqliteDatabase(Path(self.installation.folder) / "harbor.db", SystemClock())
        else:
            opened = PostgresDatabase(self._dsn, SystemClock(), size=4)
        await opened.open()
        try:
            yield opened
        finally:
            await opened.close()

    def serve(self) -> Program:
        """The server, running."""
        self.server = self._here.serve(self.installation)
        return self.server

    def stop(self) -> None:
        """End it."""
        if self.server is not None:
            self.server.stop()

    def request(self, method: str, target: str, body: bytes = b"") -> bytes:
        """The bytes of a request of the administrator's."""
        headers = f"Harvest-Account-Id: {self.number}\r\nUser-Agent: Benchmark (benchmark@example.com)\r\n".encode()
        token = str(self.installation.harvest["access_token"])
        return load.request(method, f"/harvest/v2/{target}", key=token, body=body, headers=headers)

    async def taken(self, target: str, times: int) -> Taken:
        """What a request takes over one connection, and the server's processors for it."""
        assert self.server is not None
        asked = self.request("GET", target)
        await pour(self.server.port, lambda _: asked, 2, connections=1, status=200)
        began_s = self.server.cpu_s
        poured = await pour(self.server.port, lambda _: asked, times, connections=1, status=200)
        return Taken(poured.quantile_ms(0.5), (self.server.cpu_s - began_s) * 1e3 / times)

    async def body(self, target: str) -> bytes:
        """One reply."""
        assert self.server is not None
        asked, bodies = self.request("GET", target), list[bytes]()
        await pour(
            self.server.port, lambda _: asked, 1, connections=1, status=200, seen=lambda _, body: bodies.append(body)
        )
        return bodies[0]


async def ask(options: Options) -> Report:
    """Entries created, lists, reports and a sync, at three sizes and on both engines."""
    report = Report("harvest_time", "Harvest with a year of time", "bare transaction")
    sizes = options.size((10_000, 100_000, 1_000_000), (2_000, 10_000))
    if options.records is not None:
        sizes = (*(size for size in sizes if size < options.records), options.records)
    with place(options.place) as here, postgres(here.folder) as server:
        try:
            for engine in ("SQLite", "PostgreSQL"):
                homes = Homes(here, engine, server)
                await _create(report, options, homes)
                await _read(report, options, homes.office(), sizes)
        finally:
            here.close()  # before PostgreSQL ends
    report.notes.append(f"{options.rounds} rounds; lists and reports are medians over one connection")
    return report


async def _create(report: Report, options: Options, homes: Homes) -> None:
    """Creating over HTTP and bare, in turn; the bare one in a database of its own."""
    office, spare = homes.office(), homes.office()
    async with office.database() as database:
        desk = await furnish(database, office.number)
        await fill(database, desk, first=0, until=options.size(10_000, 1_000))
    port, count, day = office.serve().port, options.size(2_000, 100), desk.last.isoformat()

    def make(number: int) -> bytes:
        person = number % PEOPLE
        facts = {"user_id": 1000 + person, "project_id": 1000 + person % 50, "task_id": 1 + number % 4}
        return office.request("POST", "time_entries", json.dumps({**facts, "spent_date": day, "hours": 1.5}).encode())

    async with spare.database() as database:
        bare = Bare(database, await furnish(database, spare.number))
        await pour(port, make, count // 10)
        await bare.pour(count // 10, at_once=load.CONNECTIONS)

        async def created() -> float:
            return (await pour(port, make, count)).per_second

        async def written() -> float:
            return await bare.pour(count, at_once=load.CONNECTIONS)

        ours, other = await in_turn(options.rounds, created, written)
    office.stop()
    at_least = CREATE_RATIO_MIN if homes.engine == "SQLite" else None
    report.against(f"{homes.engine}: entries created", ours, other, unit="1/s", at_least=at_least)


async def _read(report: Report, options: Options, office: Office, sizes: tuple[int, ...]) -> None:
    taken: dict[str, list[float]] = {}
    there = 0
    async with office.database() as database:
        desk = await furnish(database, office.number)
    for size in sizes:
        async with office.database() as database:
            await fill(database, desk, first=there, until=size)
        there = size
        office.serve()
        what = f"{office.engine}, {size:,}"
        for name, found, below in await _reads(office, options, desk, size):
            report.value(f"{what}: {name}", found.waited_ms, unit="ms", below=below)
            report.value("  processor time of the server", found.processor_ms, unit="ms")
            taken.setdefault(name, []).append(found.processor_ms)
        seconds = await _sync_s(office, size)
        report.value(f"{what}: sync of {min(SYNCED, size):,} that changed", seconds, unit="s", below=SYNC_S_MAX)
        office.stop()
    for name, each in taken.items():
        times = f"times, with {sizes[-1] // sizes[0]} times the entries"
        report.value(f"{office.engine}, growth of processor time: {name}", each[-1] / max(each[0], TICK_MS), unit=times)


async def _reads(office: Office, options: Options, desk: Desk, size: int) -> list[tuple[str, Taken, float]]:
    times = options.size(11, 3)
    last_page = max(1, size // 2 // 2_000)
    lists = {
        "2,000 entries, newest": "time_entries",
        "2,000 entries, half way": f"time_entries?page={last_page}",
        "2,000 entries of a client": "time_entries?client_id=1003",
        "2,000 entries not billed": "time_entries?is_billed=false",
    }
    found = [(name, await office.taken(target, times), float(LIST_MS_MAX)) for name, target in lists.items()]
    for name in _REPORTS:
        target = f"reports/{name}" + ("" if name == "project_budget" else f"?{desk.span}")
        found.append((f"report {name}", await office.taken(target, max(3, times // 2)), float(REPORT_MS_MAX)))
    return found


async def _sync_s(office: Office, size: int) -> float:
    """All that changed lately, page after page, as clients walk."""
    part = min(1.0, SYNCED / size)
    since = datetime.fromtimestamp(time.time() - part * _YEAR_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    began, page, got = time.perf_counter(), 1, 0
    while page:
        body = await office.body(f"time_entries?updated_since={since}&page={page}")
        got += body.count(b'"spent_date":')
        found = _NEXT.search(body)
        page = int(found[1]) if found else 0
    assert got >= size * part * 0.8, (got, size)
    return time.perf_counter() - began


if __name__ == "__main__":
    command(ask, takes_records=True)
