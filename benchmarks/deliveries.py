"""How fast do waiting events reach one fast receiver, and how soon does a single one arrive?

50,000 events of 1 KB wait behind a webhook that is throttled to one a second. Each round takes the throttle off until a
tenth of them has arrived, then puts it on again; between the rounds the bare limit, a loop of signed posts with aiohttp,
sends as many to the same receiver. Speeds are taken from the receiver's own moments. At the end the receiver must have
every event, and none twice.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from statistics import median

from benchmarks.load import pour
from benchmarks.measuring import Options, Report, command, in_turn
from benchmarks.receiver import Receiver
from benchmarks.servers import Installation, Place, Program, free_port, place

PAYLOAD = {"order_id": "ord_77", "note": "x" * 900}
RATIO_MIN = 0.4
RECEIPT_MS_MAX = 15
_WAITING = 50_000
# So many of a round's receipts are not timed: the change of the throttle is read by the next claim only.
_UNTIMED = 100
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Timed:
    """One round of one of the two."""

    per_second: float
    cpu_us: float


async def ask(options: Options) -> Report:
    """Webhook deliveries of 1 KB to one fast receiver, and the time from accepting to receipt."""
    waiting = options.size(_WAITING, 4_000)  # a round takes what was claimed already along: some hundreds
    report = Report("deliveries", f"Webhook deliveries, 1 KB, one fast receiver, {waiting:,} waiting", "bare aiohttp")
    with place(options.place) as here:
        installation = here.install()
        server = here.serve(installation)
        await _drain(report, options, here, installation, server, waiting)
        await _receipt(report, options, installation, server)
    return report


async def _drain(
    report: Report, options: Options, here: Place, installation: Installation, server: Program, waiting: int
) -> None:
    receiver = here.receiver()
    bare = here.limit("signed_posts", str(receiver.port))
    webhook = installation.webhook(server, f"http://127.0.0.1:{receiver.port}/x", rate_limit=1)
    body = installation.post(installation.event(PAYLOAD))
    await pour(server.port, lambda _: body, waiting)
    size = waiting // (2 * options.rounds)

    async def ours() -> Timed:
        return await _open_for(installation, server, receiver, webhook["id"], size)

    async def other() -> Timed:
        return await _bare(bare, receiver, size)

    mine, theirs = await in_turn(options.rounds, ours, other)
    report.against(
        "deliveries",
        [each.per_second for each in mine],
        [each.per_second for each in theirs],
        unit="1/s",
        at_least=RATIO_MIN,
    )
    report.value(
        "  processor time",
        median(each.cpu_us for each in mine),
        unit="us each",
        other=median(each.cpu_us for each in theirs),
    )
    installation.change(server, webhook, rate_limit=None)
    sent = len(theirs) * (size // 8 * 8)
    came = await _until(receiver, waiting + sent)
    report.value("events that did not arrive", waiting + sent - came["distinct"], unit="of all", exactly=0)
    report.value("receipts beyond the first", came["got"] - came["distinct"], unit="of all", exactly=0)
    installation.change(server, webhook, status="disabled")


async def _open_for(
    installation: Installation, server: Program, receiver: Program, webhook_id: str, size: int
) -> Timed:
    first, cpu_s = await _settled(receiver), server.cpu_s
    installation.change(server, {"id": webhook_id}, rate_limit=None)
    await _until(receiver, first + size)
    installation.change(server, {"id": webhook_id}, rate_limit=1)
    last = await _settled(receiver)
    cpu_us = (server.cpu_s - cpu_s) / (last - first) * 1e6
    return Timed(_speed(receiver, first + min(_UNTIMED, size // 4), first + size - 1), cpu_us)


async def _bare(bare: Program, receiver: Program, size: int) -> Timed:
    first, cpu_s = await _settled(receiver), bare.cpu_s
    bare.tell(str(size))
    sent = int(await asyncio.to_thread(bare.line))
    cpu_us = (bare.cpu_s - cpu_s) / sent * 1e6
    return Timed(_speed(receiver, first + min(_UNTIMED, sent // 4), first + sent - 1), cpu_us)


def _speed(receiver: Program, first: int, last: int) -> float:
    span = receiver.ask("GET", f"/span/{first}/{last}")
    return float((last - first) / (span["last"] - span["first"]))


async def _until(receiver: Program, count: int) -> dict[str, int]:
    """What the receiver has, once it has `count`, or when nothing more comes."""
    quiet_since, seen = time.monotonic(), -1
    while True:
        told: dict[str, int] = receiver.ask("GET", "/")
        if told["got"] != seen:
            quiet_since, seen = time.monotonic(), told["got"]
        if told["got"] >= count or time.monotonic() - quiet_since > _PATIENCE_S:
            return told
        await asyncio.sleep(0.02)


async def _settled(receiver: Program) -> int:
    """How many the receiver has, once fewer than a handful come in half a second."""
    before = -100
    while True:
        now = int(receiver.ask("GET", "/")["got"])
        if now - before <= 2:
            return now
        before = now
        await asyncio.sleep(0.5)


async def _receipt(report: Report, options: Options, installation: Installation, server: Program) -> None:
    receiver, port = Receiver(), free_port()
    await receiver.listen(port)
    installation.webhook(server, f"http://127.0.0.1:{port}/x")
    body = installation.post(installation.event(PAYLOAD))
    from_post, from_reply = [], []
    for _ in range(options.size(200, 10)):
        posted_at, replied_at, event = await _post_one(server, body)
        async with asyncio.timeout(_PATIENCE_S):
            while event not in receiver.events:
                receiver.changed.clear()
                await receiver.changed.wait()
        from_post.append((receiver.events[event] - posted_at) * 1e3)
        from_reply.append((receiver.events[event] - replied_at) * 1e3)
        await asyncio.sleep(0.02)  # idle again: the attempt is recorded
    receiver.close()
    report.value("accepted to receipt, idle, median", median(from_reply), unit="ms", below=RECEIPT_MS_MAX)
    report.value("  p99", sorted(from_reply)[int(len(from_reply) * 0.99)], unit="ms")
    report.value("posted to receipt, idle, median", median(from_post), unit="ms")


async def _post_one(server: Program, body: bytes) -> tuple[float, float, bytes]:
    """When it was sent, when it was answered, and the id of the event."""
    replies: list[bytes] = []
    poured = await pour(server.port, lambda _: body, 1, seen=lambda _, reply: replies.append(reply))
    replied_at = time.monotonic()
    return replied_at - poured.seconds, replied_at, replies[0].partition(b'"id":"')[2].partition(b'"')[0]


if __name__ == "__main__":
    command(ask)
