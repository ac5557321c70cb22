"""Does an endpoint that never answers slow down the others?

Fifty endpoints get every event. In each round the same number of events is posted twice: once while one of the fifty
times out, once while that one is disabled. What counts is how soon the other forty-nine have everything.
"""

from __future__ import annotations

import asyncio
import time

from benchmarks.load import pour
from benchmarks.measuring import Options, Report, command, in_turn
from benchmarks.servers import Program, place

ENDPOINTS = 50
RATIO_MIN = 0.9
_PAYLOAD = {"order_id": "ord_77", "note": "x" * 200}
_PATIENCE_S = 120.0


async def ask(options: Options) -> Report:
    """Deliveries to 49 endpoints beside one that times out."""
    report = Report("dead_endpoint", "Deliveries of 49 endpoints while a fiftieth times out", "without it")
    events = options.size(200, 8)
    with place(options.place) as here:
        installation, receiver = here.install(), here.receiver()
        server = here.serve(installation)
        for number in range(1, ENDPOINTS):
            installation.webhook(server, f"http://127.0.0.1:{receiver.port}/e/{number}")
        dead = installation.webhook(server, f"http://127.0.0.1:{receiver.port}/dead")
        body = installation.post(installation.event(_PAYLOAD))

        async def deliver() -> float:
            before, began = receiver.ask("GET", "/")["got"], time.perf_counter()
            await pour(server.port, lambda _: body, events)
            await _until(receiver, before + events * (ENDPOINTS - 1))
            return events * (ENDPOINTS - 1) / (time.perf_counter() - began)

        async def beside_it() -> float:
            installation.change(server, dead, status="active")
            return await deliver()

        async def without_it() -> float:
            installation.change(server, dead, status="disabled")
            return await deliver()

        await without_it()
        ours, other = await in_turn(options.rounds, beside_it, without_it)
        report.against("deliveries to the others", ours, other, unit="1/s", at_least=RATIO_MIN)
        told = receiver.ask("GET", "/")
        report.value("attempts at the dead one", told["dead"], unit="posts")
        report.value("receipts beyond the first", told["got"] - told["distinct"], unit="of all", exactly=0)
        report.notes.append(f"{events} events a round; the dead endpoint holds its connections until the time limit")
    return report


async def _until(receiver: Program, count: int) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while receiver.ask("GET", "/")["got"] < count:
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    command(ask)
