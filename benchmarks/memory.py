"""How much memory does the server take at rest, and after work?

Resident memory of the process a few seconds after its start, and again after some thousands of events with their
deliveries, against the bare limit after as many posts.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from benchmarks import load
from benchmarks.load import pour
from benchmarks.measuring import Options, Report, command, in_turn
from benchmarks.servers import Program, place

AT_REST_MB_MAX = 150
_PAYLOAD = {"order_id": "ord_77", "note": "x" * 900}
_SETTLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Taken:
    """Megabytes at rest, before and after some work."""

    before: float
    after: float


async def ask(options: Options) -> Report:
    """Resident memory of the server at rest."""
    report = Report("memory", "Resident memory of the server process", "bare Falcon")
    count = options.size(20_000, 320)
    settle_s = options.size(_SETTLE_S, 0.2)
    with place(options.place) as here:
        receiver, databases = here.receiver(), iter(range(1_000))
        installation = here.install()
        post = installation.post(installation.event(_PAYLOAD))
        bare_post = load.request("POST", "/v1/events", body=installation.event(_PAYLOAD))
        first = here.serve(installation)
        installation.webhook(first, f"http://127.0.0.1:{receiver.port}/x")
        first.stop()

        async def ours() -> Taken:
            return await _measure(here.serve(installation), post, count, settle_s)

        async def other() -> Taken:
            return await _measure(
                here.limit("durable_posts", str(here.folder / f"{next(databases)}.db")), bare_post, count, settle_s
            )

        mine, theirs = await in_turn(options.rounds, ours, other)
    before, after = [each.before for each in mine], [each.after for each in mine]
    report.against("at rest", before, [each.before for each in theirs], unit="MB", less_is_better=True)
    report.value("  most", max(before), unit="MB", below=AT_REST_MB_MAX)
    report.against(f"after {count:,} events", after, [each.after for each in theirs], unit="MB", less_is_better=True)
    report.value("  most", max(after), unit="MB")
    return report


async def _measure(program: Program, post: bytes, count: int, settle_s: float) -> Taken:
    await asyncio.sleep(settle_s)
    before = program.memory_mb
    await pour(program.port, lambda _: post, count)
    await asyncio.sleep(settle_s)
    taken = Taken(before, program.memory_mb)
    program.stop()
    return taken


if __name__ == "__main__":
    command(ask)
