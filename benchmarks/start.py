"""How long from starting the server to its first answer, on a data directory that is already made?

The answer is a list of events, asked for with a key. Against the start of the bare limit: Python, Falcon and uvicorn,
an empty database, the first reply of any kind.
"""

from __future__ import annotations

import time
from statistics import median

from benchmarks.measuring import Options, Report, command, in_turn
from benchmarks.servers import place

SECONDS_MAX = 1.0


async def ask(options: Options) -> Report:
    """Start to first answer on an existing data directory."""
    report = Report("start", "Start to first answer, existing data directory", "bare Falcon")
    with place(options.place) as here:
        installation = here.install()
        target = f"/v1/events?workspace_id={installation.workspace_id}"
        databases = iter(range(1_000))

        async def ours() -> float:
            began = time.perf_counter()
            server = here.serve(installation)
            server.ask("GET", target, key=installation.key)
            seconds = time.perf_counter() - began
            server.stop()
            return seconds

        async def other() -> float:
            began = time.perf_counter()
            bare = here.limit("durable_posts", str(here.folder / f"{next(databases)}.db"))
            bare.ask("POST", "/v1/events", {"type": "order.shipped", "payload": {}})
            seconds = time.perf_counter() - began
            bare.stop()
            return seconds

        await ours()
        await other()
        mine, theirs = await in_turn(options.rounds, ours, other)
    report.against("start to first answer", mine, theirs, unit="s", less_is_better=True)
    report.value("  median", median(mine), unit="s", below=SECONDS_MAX)
    report.value("  slowest", max(mine), unit="s")
    return report


if __name__ == "__main__":
    command(ask)
