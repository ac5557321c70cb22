"""How fast is Harper's Operations API, over HTTP, with 100,000 records of eight fields?

Each line is measured in turn against two limits that run the same statements and know no features: `bare` is Falcon over
them, `store` is a loop over them without HTTP. Harper's own figures were taken on a quiet machine that answered 15,000 bare
durable posts a second; the same posts are asked for here, and what we did is printed at that machine's speed too. SQLite,
then PostgreSQL; `--records` for other sizes.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from benchmarks import load
from benchmarks.books import LINES, TABLE, Line, books
from benchmarks.load import Poured, pour
from benchmarks.measuring import Options, Peer, Report, command
from benchmarks.postgres import postgres
from benchmarks.servers import Installation, Program, place

BARE_POSTS_OF_THE_ORIGINAL = 15_000
STORE_RATIO_MIN = 0.5
DISK_BYTES_MAX = 545
MEMORY_MB_MAX = 200
_REQUEST = 1_000
_LOADERS = 4
_ON_POSTGRES = 30_000
_REPORTS_UP_TO = 100_000
_WAIT_S, _FILLED_PER_S_MIN = 30, 1_000  # how long the bare limit may fill its tables
_PART_ON_POSTGRES = 4  # a quarter of the requests: its lines are there to be seen, not to be compared
_GROUPS_CONNECTIONS = 1  # a report is asked for by one who waits for it


@dataclass(slots=True)
class Counted:
    """Requests a second of each round, by who answered; processor time of ours; latencies of the last round."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    store: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    last: Poured | None = None


async def ask(options: Options) -> Report:
    """The Operations API, line by line, against bare limits and Harper's own figures."""
    report = Report("harper_operations", "Harper's Operations API over HTTP", "bare")
    records = options.records or options.size(100_000, 2_000)
    with place(options.place) as here:
        wait_s = _WAIT_S + records / _FILLED_PER_S_MIN
        limit = here.limit("harper_records", str(here.folder / "limit.db"), str(records), wait_s=wait_s)
        installation = here.install()
        server = here.serve(installation)
        ours = await _load(report, server.port, _sending(installation), records)
        _disk(report, installation, records)
        theirs = None if options.peer is None else await _load_peer(report, options.peer, records)
        posts = here.limit("durable_posts", str(here.folder / "posts.db"))
        speeds = [await _bare_posts(options, installation, posts)]
        measured = []
        try:
            for line in LINES:
                measured.append((line, await _measure(options, line, server, limit, ours, theirs, records)))
                speeds.append(await _bare_posts(options, installation, posts))
        finally:
            if theirs is not None:
                await _drop(theirs)
        report.value("bare durable posts, now and then", median(speeds), unit="1/s", other=BARE_POSTS_OF_THE_ORIGINAL)
        for (line, counted), before, after in zip(measured, speeds, speeds[1:], strict=False):
            speed = (before + after) / 2 / BARE_POSTS_OF_THE_ORIGINAL
            _add(report, line, counted, speed, has_targets=records == options.size(100_000, 2_000))
        report.value("server memory after the run", server.memory_mb, unit="MB", below=MEMORY_MB_MAX)
    if options.records is None:
        await _on_postgres(report, options, options.size(_ON_POSTGRES, 1_000))
    report.notes.append(
        f"{records:,} records; {options.rounds} rounds; {load.CONNECTIONS} connections, one for reports; targets are "
        "multiples of the best figures of Harper 5.0 pre-release"
    )
    return report


async def _bare_posts(options: Options, installation: Installation, posts: Program) -> float:
    """How many durable posts a bare Falcon answers a second, now."""
    post = load.request("POST", "/v1/events", body=installation.event({"order_id": "ord_77", "note": "x" * 200}))
    return (await pour(posts.port, lambda _: post, options.size(4_000, 320))).per_second


async def _on_postgres(report: Report, options: Options, records: int) -> None:
    with place(options.place) as here, postgres(here.folder) as engine:
        installation = here.install(database=engine.database())
        server = here.serve(installation)
        try:
            ours = await _load(report, server.port, _sending(installation), records, where="PostgreSQL: ")
            for line in LINES:
                counted = [
                    await _pour(options, line, ours, records, each, part=_PART_ON_POSTGRES)
                    for each in range(options.rounds)
                ]
                report.value(f"PostgreSQL: {line.what}", median(each.per_second for each in counted), unit="1/s")
        finally:
            here.close()  # before PostgreSQL ends
    report.notes.append(f"PostgreSQL: {records:,} records, without a bare limit")


Send = Callable[[object], bytes]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Who answers with the records: a port, and what makes a request out of a body."""

    port: int
    send: Send


def _sending(installation: Installation) -> Send:
    return _sender("/harper/", installation.harper["username"], installation.harper["password"])


def _sender(path: str, user: str, password: str) -> Send:
    key = b"Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()) + b"\r\n"
    return lambda body: load.request("POST", path, body=json.dumps(body).encode(), headers=key)


async def _load(report: Report, port: int, send: Send, records: int, where: str = "") -> Loaded:
    """A table with its records."""
    made = send({"operation": "create_table", **TABLE, "primary_key": "id"})
    await pour(port, lambda _: made, 1, connections=1, status=200)
    parts = [
        send({"operation": "insert", **TABLE, "records": books(first, min(_REQUEST, records - first), records)})
        for first in range(0, records, _REQUEST)
    ]
    poured = await pour(port, lambda number: parts[number], len(parts), connections=_LOADERS, status=200)
    report.value(f"{where}load, {_REQUEST:,} a request", poured.per_second * _REQUEST, unit="records/s")
    return Loaded(port, send)


async def _load_peer(report: Report, peer: Peer, records: int) -> Loaded:
    send = _sender(peer.path, peer.user, peer.password)
    return await _load(report, peer.port, send, records, where="the peer: ")


async def _drop(theirs: Loaded) -> None:
    """Leave the peer as it was."""
    dropped = theirs.send({"operation": "drop_table", **TABLE})
    await pour(theirs.port, lambda _: dropped, 1, connections=1, status=200)


def _disk(report: Report, installation: Installation, records: int) -> None:
    file = installation.folder / "harbor.db"
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        pages, size = (connection.execute(f"PRAGMA {word}").fetchone()[0] for word in ("page_count", "page_size"))
    report.value("disk a record, indexes and audit log too", pages * size / records, unit="B", below=DISK_BYTES_MAX)


async def _measure(
    options: Options, line: Line, server: Program, limit: Program, ours: Loaded, theirs: Loaded | None, records: int
) -> Counted:
    counted, count = Counted(), _count(options, line, records)
    bare = Loaded(limit.port, ours.send)
    for each in (ours, bare, *([theirs] if theirs else [])):
        await _pour(options, line, each, records, options.rounds)
    for number in range(options.rounds):
        cpu_s = server.cpu_s
        counted.last = await _pour(options, line, ours, records, number)
        counted.cpu_us.append((server.cpu_s - cpu_s) / count * 1e6)
        counted.ours.append(counted.last.per_second)
        if theirs is not None:
            counted.peer.append((await _pour(options, line, theirs, records, number)).per_second)
        counted.bare.append((await _pour(options, line, bare, records, number)).per_second)
        limit.tell(f"{line.name} {count} {(options.rounds + 1 + number) * count}")
        counted.store.append(count / float(limit.line()))
    return counted


def _count(options: Options, line: Line, records: int) -> int:
    """How many requests a round sends; fewer reports the larger the table."""
    count = options.size(line.full, line.quick)
    return max(1, count * _REPORTS_UP_TO // max(records, _REPORTS_UP_TO)) if line.name == "groups" else count


async def _pour(options: Options, line: Line, loaded: Loaded, records: int, number: int, *, part: int = 1) -> Poured:
    """One round; each round of a line that inserts has keys of its own."""
    count = max(1, _count(options, line, records) // part)
    requests = [loaded.send(line.make(each, records)) for each in range(number * count, (number + 1) * count)]
    connections = _GROUPS_CONNECTIONS if line.name == "groups" else load.CONNECTIONS
    return await pour(loaded.port, lambda each: requests[each], count, connections=connections, status=200)


def _add(report: Report, line: Line, counted: Counted, speed: float, *, has_targets: bool) -> None:
    assert counted.last is not None
    target = line.original * line.times if has_targets else None
    report.value(line.what, median(counted.ours), unit="1/s", at_least=target)
    report.value("  at the original's machine", median(counted.ours) / speed, unit="1/s", at_least=target)
    if counted.peer:
        report.against("  of the peer", counted.ours, counted.peer, unit="1/s", at_least=line.times)
    report.against("  of bare Falcon", counted.ours, counted.bare, unit="1/s")
    report.against(
        "  of the store without HTTP",
        counted.ours,
        counted.store,
        unit="1/s",
        at_least=STORE_RATIO_MIN if has_targets else None,
    )
    report.value("  p99", counted.last.quantile_ms(0.99), unit="ms")
    report.value("  processor time", median(counted.cpu_us), unit="us each")


if __name__ == "__main__":
    command(ask, takes_records=True, takes_peer=True)
