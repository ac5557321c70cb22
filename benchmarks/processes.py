"""What do further server processes bring on one PostgreSQL, and is anything done twice because of them?

Events accepted per second with one, two and four server processes behind one port, each with deliveries under way; and
jobs claimed and ended per second by as many workers. Client and PostgreSQL share the cores, so on two of them more
processes bring little; the count of cores stands in the result.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from benchmarks.claimer import queue_jobs
from benchmarks.load import pour
from benchmarks.measuring import Options, Report, command
from benchmarks.postgres import Postgres, postgres
from benchmarks.servers import Place, Program, place
from harbor.app import apply_schema
from harbor.kernel.clock import SystemClock
from harbor.kernel.storage.postgres import PostgresDatabase

_PAYLOAD = {"order_id": "ord_77", "note": "x" * 200}
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Group:
    """Server processes behind one port, and who receives their deliveries."""

    server: Program
    receiver: Program
    post: bytes


async def ask(options: Options) -> Report:
    """Events and jobs per second with 1, 2 and 4 processes on PostgreSQL."""
    report = Report("processes", "Several processes on one PostgreSQL", "one process")
    counts = options.size((1, 2, 4), (1, 2))
    with place(options.place) as here, postgres(here.folder) as server:
        try:
            await _events(report, options, here, server, counts)
            here.close()
            await _jobs(report, options, here, server, counts)
        finally:
            here.close()  # before PostgreSQL ends
    return report


async def _events(report: Report, options: Options, here: Place, server: Postgres, counts: tuple[int, ...]) -> None:
    count = options.size(4_000, 320)
    groups = {number: _serve(here, server, number) for number in counts}
    for group in groups.values():
        await pour(group.server.port, lambda _, post=group.post: post, count // 10)  # type: ignore[misc]
    rates: dict[int, list[float]] = {number: [] for number in counts}
    for _ in range(options.rounds):
        for number, group in groups.items():
            poured = await pour(group.server.port, lambda _, post=group.post: post, count)  # type: ignore[misc]
            rates[number].append(poured.per_second)
            # The others rest while one is measured, so its deliveries end first.
            await _until(group.receiver, count * len(rates[number]) + count // 10)
    for number in counts:
        what = f"events, {number} process{'es' if number > 1 else ''}"
        report.against(what, rates[number], rates[counts[0]], unit="1/s")
        told = groups[number].receiver.ask("GET", "/")
        report.value("  delivered twice", told["got"] - told["distinct"], unit="of all", exactly=0)
        missing = count * options.rounds + count // 10 - told["distinct"]
        report.value("  not delivered", missing, unit="of all", exactly=0)


def _serve(here: Place, server: Postgres, processes: int) -> Group:
    installation, receiver = here.install(database=server.database()), here.receiver()
    flags = ("--workers", str(processes)) if processes > 1 else ()
    program = here.serve(installation, *flags)
    installation.webhook(program, f"http://127.0.0.1:{receiver.port}/x")
    return Group(program, receiver, installation.post(installation.event(_PAYLOAD)))


async def _until(receiver: Program, count: int) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while receiver.ask("GET", "/")["distinct"] < count:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)  # one that comes twice has the time to


async def _jobs(report: Report, options: Options, here: Place, server: Postgres, counts: tuple[int, ...]) -> None:
    count = options.size(4_000, 100)
    databases = {number: await _database(server) for number in counts}
    groups = {
        number: [here.start("benchmarks.claimer", database.dsn) for _ in range(number)]
        for number, database in databases.items()
    }
    for program in (each for group in groups.values() for each in group):
        await asyncio.to_thread(program.line)
    rates: dict[int, list[float]] = {number: [] for number in counts}
    ran = dict.fromkeys(counts, 0)
    for _ in range(options.rounds):
        for number, group in groups.items():
            await queue_jobs(databases[number].database, count)
            began = time.perf_counter()
            for program in group:
                program.tell("go")
            ended = await asyncio.gather(*(asyncio.to_thread(program.line) for program in group))
            rates[number].append(count / (time.perf_counter() - began))
            ran[number] += sum(map(int, ended))
    for number in counts:
        what = f"jobs, {number} process{'es' if number > 1 else ''}"
        report.against(what, rates[number], rates[counts[0]], unit="1/s")
        report.value("  run twice", ran[number] - count * options.rounds, unit="of all", exactly=0)
    for database in databases.values():
        await database.database.close()


@dataclass(frozen=True, slots=True)
class _Opened:
    dsn: str
    database: PostgresDatabase


async def _database(server: Postgres) -> _Opened:
    dsn = server.database()
    database = PostgresDatabase(dsn, SystemClock(), size=2)
    await database.open()
    await apply_schema(database)
    return _Opened(dsn, database)


if __name__ == "__main__":
    command(ask)
