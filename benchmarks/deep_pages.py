"""Is a page of events as cheap deep in the list as at its head, and with a million events as with ten thousand?

GET /v1/events?limit=100 with a cursor at the head, in the middle and at the end, against the same page of the same table
by SQL in this process: fetched, with no HTTP, no key and no JSON.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import apsw

from benchmarks import load
from benchmarks.filling import Home, fill_stopped, letters
from benchmarks.load import pour
from benchmarks.measuring import Options, Report, command, in_turn
from benchmarks.servers import Installation, Program, place

P99_MS_MAX = 20
_LIMIT = 100
_PAGE = """
SELECT * FROM events WHERE account_id = ? AND workspace_id = ? AND product = '' AND id < ?
ORDER BY id DESC LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Timed:
    """One round of pages from one cursor."""

    p50_ms: float
    p99_ms: float


async def ask(options: Options) -> Report:
    """Pages of 100 events, with cursors at any depth of 10k, 100k and 1M events."""
    report = Report("deep_pages", "GET /v1/events?limit=100 at any depth", "SQL alone")
    sizes = options.size((10_000, 100_000, 1_000_000), (2_000, 10_000))
    pages = options.size(200, 20)
    from_ms, there = int(time.time() * 1_000) - 2 * max(sizes), 0
    at_the_end = {}
    with place(options.place) as here:
        installation = here.install()
        file = installation.folder / "harbor.db"
        for size in sizes:
            home = await fill_stopped(file, installation.workspace_id, size - there, first=there, from_ms=from_ms)
            there = size
            server = here.serve(installation)
            p50 = {}
            for where, number in (("head", size - 1), ("middle", size // 2), ("end", _LIMIT + 1)):
                cursor = f"evt_{letters(number, from_ms)}"
                what = f"{size:,} events, cursor at the {where}"
                p50[where] = await _compare(report, options, what, server, installation, home, file, cursor, pages)
            at_the_end[size] = p50["end"]
            report.value("  time at the end, as part of that at the head", p50["end"] / p50["head"], unit="of 1")
            if size == sizes[-1]:
                await _crowd(report, server, installation, f"evt_{letters(_LIMIT + 1, from_ms)}", pages)
            server.stop()
    growth = at_the_end[sizes[-1]] / at_the_end[sizes[0]]
    report.value(f"time at the end, {sizes[-1]:,} events as part of {sizes[0]:,}", growth, unit="of 1")
    report.notes.append(f"{options.rounds} rounds of {pages} pages over one connection")
    return report


async def _compare(
    report: Report,
    options: Options,
    what: str,
    server: Program,
    installation: Installation,
    home: Home,
    file: Path,
    cursor: str,
    pages: int,
) -> float:
    request = _request(installation, cursor)
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    await pour(server.port, lambda _: request, 5, connections=1, status=200)
    ours, other = await in_turn(
        options.rounds, lambda: _pages(server, request, pages), _by_sql(connection, home, cursor, pages)
    )
    connection.close()
    report.against(
        what, [each.p50_ms for each in ours], [each.p50_ms for each in other], unit="ms", less_is_better=True
    )
    report.value(
        "  p99",
        median(each.p99_ms for each in ours),
        unit="ms",
        other=median(each.p99_ms for each in other),
        below=P99_MS_MAX,
    )
    return median(each.p50_ms for each in ours)


def _request(installation: Installation, cursor: str) -> bytes:
    target = f"/v1/events?workspace_id={installation.workspace_id}&limit={_LIMIT}&starting_after={cursor}"
    return load.request("GET", target, key=installation.key)


async def _pages(server: Program, request: bytes, pages: int) -> Timed:
    poured = await pour(server.port, lambda _: request, pages, connections=1, status=200)
    return Timed(poured.quantile_ms(0.5), poured.quantile_ms(0.99))


def _by_sql(connection: apsw.Connection, home: Home, cursor: str, pages: int) -> Callable[[], Awaitable[Timed]]:
    async def fetch() -> Timed:
        taken = []
        for _ in range(pages):
            began = time.perf_counter()
            rows = connection.execute(_PAGE, (home.account_id, home.workspace_id, cursor, _LIMIT + 1)).fetchall()
            taken.append((time.perf_counter() - began) * 1e3)
            assert len(rows) >= _LIMIT, len(rows)
        taken.sort()
        return Timed(taken[len(taken) // 2], taken[int(len(taken) * 0.99)])

    return fetch


async def _crowd(report: Report, server: Program, installation: Installation, cursor: str, pages: int) -> None:
    request = _request(installation, cursor)
    poured = await pour(server.port, lambda _: request, pages * load.CONNECTIONS // 4, status=200)
    report.value(f"pages over {load.CONNECTIONS} connections", poured.per_second, unit="1/s")
    report.value("  p99", poured.quantile_ms(0.99), unit="ms")


if __name__ == "__main__":
    command(ask)
