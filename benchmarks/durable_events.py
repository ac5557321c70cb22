"""How fast are events taken, each answered after its synced commit?

POST /v1/events with a key, its scope, a rate limit that counts and never refuses, and one matching webhook, against the
bare limit: Falcon and a writer thread that commits an event and a delivery row. Then the same with an Idempotency-Key.

The webhook is throttled to one delivery a second: its rows are written as always, and sending them is asked about in
`deliveries`. What posting and sending at once come to is printed too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import load
from benchmarks.load import Poured, pour
from benchmarks.measuring import Options, Report, command, in_turn
from benchmarks.servers import Installation, Place, Program, place

PAYLOAD = {"order_id": "ord_77", "carrier": "dhl", "items": [1, 2, 3], "note": "x" * 200}
RATIO_MIN = 0.55
RATIO_MIN_IDEMPOTENT = 0.45
P99_MS_MAX = 25


@dataclass(frozen=True, slots=True)
class Timed:
    """One round of one of the two."""

    poured: Poured
    cpu_us: float


async def ask(options: Options) -> Report:
    """Durable POST /v1/events, with and without Idempotency-Key."""
    report = Report(
        "durable_events", "Durable POST /v1/events: key, scope, rate limit, one matching webhook", "bare Falcon"
    )
    with place(options.place) as here:
        limit = here.limit("durable_posts", str(here.folder / "limit.db"))
        await compare(report, options, here, here.install(), limit)
    return report


async def compare(
    report: Report, options: Options, here: Place, installation: Installation, limit: Program, *, is_target: bool = True
) -> None:
    """Measure an installation against a limit, and fill the report. Both engines are asked the same."""
    server, receiver = here.serve(installation), here.receiver()
    webhook = installation.webhook(server, f"http://127.0.0.1:{receiver.port}/x", rate_limit=1)
    count = options.size(16_000, 640)
    body = installation.event(PAYLOAD)
    plain, bare = installation.post(body), load.request("POST", "/v1/events", body=body)
    once = _with_keys(installation, body)

    await pour(server.port, lambda _: plain, count // 10)
    await pour(limit.port, lambda _: bare, count // 10)
    ours, other = await in_turn(
        options.rounds,
        lambda: timed(server, lambda _: plain, count),
        lambda: timed(limit, lambda _: bare, count),
    )
    _add(report, "events", ours, other, RATIO_MIN, is_target=is_target)
    with_key, other = await in_turn(
        options.rounds, lambda: timed(server, once, count), lambda: timed(limit, lambda _: bare, count)
    )
    _add(report, "events with Idempotency-Key", with_key, other, RATIO_MIN_IDEMPOTENT, is_target=is_target)

    installation.change(server, webhook, rate_limit=None)
    busy = await timed(server, lambda _: plain, count)
    report.value("events while deliveries are sent", busy.poured.per_second, unit="1/s")
    report.value("  p99", busy.poured.quantile_ms(0.99), unit="ms")
    report.notes.append(f"{options.rounds} rounds of {count} requests each, over {load.CONNECTIONS} connections")


async def timed(server: Program, make: Callable[[int], bytes], count: int) -> Timed:
    """One load, and the processor time a request took the server."""
    cpu_s = server.cpu_s
    poured = await pour(server.port, make, count)
    return Timed(poured, (server.cpu_s - cpu_s) / count * 1e6)


def _with_keys(installation: Installation, body: bytes) -> Callable[[int], bytes]:
    # Twenty digits stand for the key of each request.
    head, _, tail = installation.post(body, b"Idempotency-Key: %020d\r\n" % 0).partition(b"%020d" % 0)
    sent = iter(range(1 << 60))
    return lambda _: b"%b%020d%b" % (head, next(sent), tail)


def _add(report: Report, what: str, ours: list[Timed], other: list[Timed], at_least: float, *, is_target: bool) -> None:
    report.against(
        what,
        [each.poured.per_second for each in ours],
        [each.poured.per_second for each in other],
        unit="1/s",
        at_least=at_least if is_target else None,
    )
    for part, target in ((0.5, None), (0.99, P99_MS_MAX)):
        p_ours, p_other = (sorted(each.poured.quantile_ms(part) for each in all_) for all_ in (ours, other))
        middle = len(p_ours) // 2
        report.value(
            f"  p{part * 100:g}", p_ours[middle], unit="ms", other=p_other[middle], below=target if is_target else None
        )
    cpu, cpu_other = (sorted(each.cpu_us for each in all_) for all_ in (ours, other))
    report.value("  processor time", cpu[len(cpu) // 2], unit="us each", other=cpu_other[len(cpu_other) // 2])


if __name__ == "__main__":
    command(ask)
