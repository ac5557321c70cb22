"""How long do posters wait while much is written in the background?

POST /v1/events while a million rows of eight fields are loaded and a sweep deletes events past their term, against the
same server at rest. There is no Harper yet, so the rows go the way its loads will go: through the background lane of the
store, in steps of at most 2,000 rows or 50 ms.
"""

from __future__ import annotations

import asyncio
from array import array
from dataclasses import dataclass
from statistics import median

from benchmarks.load import Poured, pour
from benchmarks.measuring import Options, Report, command, in_turn
from benchmarks.servers import Installation, Program, place

P99_MS_MAX = 50
_PAYLOAD = {"order_id": "ord_77", "note": "x" * 200}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A round under load, and how many rows a second were loaded beside it."""

    poured: Poured
    rows_per_second: float


async def ask(options: Options) -> Report:
    """POST /v1/events while 1,000,000 rows load and a retention sweep runs."""
    report = Report("background_load", "POST /v1/events while a bulk load and a retention sweep run", "at rest")
    rows = options.size(1_000_000, 20_000) // options.rounds
    old = options.size(100_000, 2_000) // options.rounds
    count = options.size(8_000, 320)
    with place(options.place) as here:
        installation = here.install()
        installation.environ["BENCHMARK_WORKSPACE"] = installation.workspace_id
        server, receiver = here.serve(installation, module="benchmarks.loaded_server"), here.receiver()
        installation.webhook(server, f"http://127.0.0.1:{receiver.port}/x", rate_limit=1)
        post = installation.post(installation.event(_PAYLOAD))

        async def under_load() -> Loaded:
            server.tell(f"fill {old}")
            await asyncio.to_thread(server.line)
            return await _beside(server, installation, rows, post, count // 4)

        async def at_rest() -> Poured:
            return await pour(server.port, lambda _: post, count)

        await at_rest()
        ours, other = await in_turn(options.rounds, under_load, at_rest)
    for part, target in ((0.5, None), (0.99, P99_MS_MAX)):
        mine = [each.poured.quantile_ms(part) for each in ours]
        theirs = [each.quantile_ms(part) for each in other]
        report.against(f"p{part * 100:g}", mine, theirs, unit="ms", less_is_better=True)
        if target is not None:
            report.value("  p99, target", median(mine), unit="ms", below=target)
    report.against("events", [each.poured.per_second for each in ours], [each.per_second for each in other], unit="1/s")
    report.value("rows loaded meanwhile", median(each.rows_per_second for each in ours), unit="1/s")
    report.notes.append(f"each round loads {rows:,} rows and sweeps {old:,} events with their deliveries and attempts")
    return report


async def _beside(server: Program, installation: Installation, rows: int, post: bytes, count: int) -> Loaded:
    """Post until the load is over."""
    server.tell(f"load {rows}")
    loading = asyncio.create_task(asyncio.to_thread(server.line))
    seconds, latencies = 0.0, array("d")
    while not loading.done():
        poured = await pour(server.port, lambda _: post, count)
        seconds += poured.seconds
        latencies.extend(poured.latencies_s)
    return Loaded(Poured(seconds, array("d", sorted(latencies))), rows / float(await loading))


if __name__ == "__main__":
    command(ask)
