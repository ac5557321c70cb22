"""A Harbor server that loads rows in bulk and sweeps when it is told to, for `background_load`.

It is `harbor serve` but for its standard input: `fill N` adds N events that are past their term, each with a delivery and
an attempt; `load N` writes N rows of eight fields through the background lane, 2,000 rows or 50 ms a step, beside the
sweep of those events. After each a line is printed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import click
import uvloop

from benchmarks.filling import fill, home_of
from harbor.app import Harbor
from harbor.app.listening import listeners
from harbor.cli.output import Output
from harbor.cli.serving import announce, bounds
from harbor.kernel.bounds import BACKGROUND_STEP_ROWS_MAX, BACKGROUND_STEP_S_MAX
from harbor.kernel.http.server import serve
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import SYSTEM_ACCOUNT
from harbor.kernel.retention.jobs import EVENTS
from harbor.kernel.settings import load
from harbor.kernel.storage.database import Lane, Tx

_PAST_TERM_MS = 100 * 86_400_000  # ten days more than the default term
_CHUNK_ROWS = 100
_TABLE = """
CREATE TABLE IF NOT EXISTS benchmark_records (account_id TEXT NOT NULL, id BIGINT NOT NULL,
    a TEXT, b TEXT, c TEXT, d TEXT, e BIGINT, f BIGINT, g BIGINT, h BIGINT, PRIMARY KEY (account_id, id))
"""
_RECORD = """
INSERT INTO benchmark_records (account_id, id, a, b, c, d, e, f, g, h)
VALUES ('acc_benchmark', :id, :text, :text, :text, :text, :id, :id, :id, :id)
"""


class Orders:
    """What the benchmark asks for, one order after another."""

    def __init__(self, harbor: Harbor, workspace_id: str) -> None:
        self._harbor = harbor
        self._workspace_id = workspace_id
        self._filled = 0
        self._loaded = 0

    async def follow(self) -> None:
        """Follow orders until standard input ends."""
        await self._harbor.database.write(lambda tx: tx.run(_TABLE))
        while line := await asyncio.to_thread(sys.stdin.readline):
            order, _, count = line.partition(" ")
            began = time.perf_counter()
            if order == "fill":
                await self._fill(int(count))
            else:
                await asyncio.gather(self._load(int(count)), self._sweep())
            print(time.perf_counter() - began, flush=True)

    async def _fill(self, count: int) -> None:
        database = self._harbor.database
        home = await database.read(lambda tx: home_of(tx, self._workspace_id))
        from_ms = int(time.time() * 1_000) - _PAST_TERM_MS
        await fill(database, home, count, first=self._filled, from_ms=from_ms, with_deliveries=True)
        self._filled += count

    async def _load(self, count: int) -> None:
        end = self._loaded + count
        while self._loaded < end:
            self._loaded = await self._harbor.database.write(
                lambda tx, first=self._loaded: _step(tx, first, end),  # type: ignore[misc]
                lane=Lane.BACKGROUND,
            )

    async def _sweep(self) -> None:
        database = self._harbor.database
        job_id = self._harbor.faculties.ids.next("job_")
        await database.write(lambda tx: queue.enqueue(tx, SYSTEM_ACCOUNT, EVENTS, {}, job_id=job_id))
        while (await database.read(lambda tx: queue.get(tx, SYSTEM_ACCOUNT, job_id))).is_open:
            await asyncio.sleep(0.05)


def _step(tx: Tx, first: int, end: int) -> int:
    until = time.monotonic() + BACKGROUND_STEP_S_MAX
    at = first
    while at < min(end, first + BACKGROUND_STEP_ROWS_MAX) and time.monotonic() < until:
        following = min(end, at + _CHUNK_ROWS)
        tx.run_many(_RECORD, [{"id": number, "text": f"value {number}"} for number in range(at, following)])
        at = following
    return at


@click.command()
@click.argument("word")
@click.option("--data", type=click.Path(path_type=Path))
@click.option("--port", type=int)
@click.option("--json", "as_json", is_flag=True)
def _main(word: str, data: Path, port: int, as_json: bool) -> None:
    assert word == "serve", word
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_answer(data, port, Output(as_json)))


async def _answer(data: Path, port: int, out: Output) -> None:
    settings, _ = load(flags={"data": data, "port": port}, environ=os.environ, data_dir=data)
    harbor = Harbor(settings)
    await harbor.open()
    orders = asyncio.create_task(Orders(harbor, os.environ["BENCHMARK_WORKSPACE"]).follow())
    try:
        await serve(
            harbor.application(),
            listeners(settings),
            bounds(settings),
            settings.drain_seconds,
            lambda listening: announce(listening, "development", harbor.calendar.mode, out),
            on_drain=harbor.draining.set,
        )
    finally:
        orders.cancel()
        await harbor.close()


if __name__ == "__main__":
    _main()
