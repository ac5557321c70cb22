"""What every benchmark shares: two things measured in turn, medians of ratios, a table, and a line of JSON in results/.

Single figures of a shared machine vary by a factor of two. A ratio of neighbours in time varies far less, so it is what
a target is about; the absolute figures stand beside it for information.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, TypeVar
from urllib.parse import urlsplit

import apsw
import click
import psutil
import uvloop
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
PLACE = ROOT / ".cache" / "benchmarks"
ROUNDS = 5
ROUNDS_QUICK = 2

_LIBRARIES = ("harbor-platform", "falcon", "uvicorn", "uvloop", "aiohttp", "msgspec", "apsw", "psycopg")
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A program on this machine that somebody else started. Its `path` takes the requests; the pair is sent as Basic."""

    port: int
    path: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """How thorough a run is. A quick one shows that the benchmark works; its figures mean little."""

    is_quick: bool = False
    # Data directories lie here while a benchmark runs. It must be a real disk, since every answer waits for one.
    place: Path = PLACE
    # How many records a question is asked about, where that is no part of the question.
    records: int | None = None
    # Another program that answers the same requests, measured in turn with ours.
    peer: Peer | None = None

    @property
    def rounds(self) -> int:
        """How many times each of the two is measured."""
        return ROUNDS_QUICK if self.is_quick else ROUNDS

    def size(self, full: T, quick: T) -> T:
        """`full`, or `quick` in a quick run."""
        return quick if self.is_quick else full


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of the table. `ratio` is ours against the other, larger is better; `met` says whether the target is."""

    what: str
    unit: str
    ours: float | None
    other: float | None = None
    ratio: float | None = None
    ratios: Sequence[float] = ()
    target: str | None = None
    met: bool | None = None


@dataclass(slots=True)
class Report:
    """The figures of one question."""

    name: str
    question: str
    other: str
    notes: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)

    def against(
        self,
        what: str,
        ours: Sequence[float],
        other: Sequence[float],
        *,
        unit: str,
        at_least: float | None = None,
        less_is_better: bool = False,
    ) -> float:
        """Add the median of the ratios of neighbours, and return it; 1.0 means as good as the other."""
        assert len(ours) == len(other) > 0, (what, ours, other)
        ratios = [theirs / own if less_is_better else own / theirs for own, theirs in zip(ours, other, strict=True)]
        ratio = median(ratios)
        self.figures.append(
            Figure(
                what=what,
                unit=unit,
                ours=median(ours),
                other=median(other),
                ratio=ratio,
                ratios=[round(each, 3) for each in ratios],
                target=None if at_least is None else f"ratio >= {at_least:g}",
                met=None if at_least is None else ratio >= at_least,
            )
        )
        return ratio

    def value(
        self,
        what: str,
        ours: float,
        *,
        unit: str,
        other: float | None = None,
        below: float | None = None,
        at_least: float | None = None,
        exactly: float | None = None,
    ) -> None:
        """Add an absolute figure."""
        target, met = None, None
        if below is not None:
            target, met = f"< {below:g}", ours < below
        elif at_least is not None:
            target, met = f">= {at_least:g}", ours >= at_least
        elif exactly is not None:
            target, met = f"= {exactly:g}", ours == exactly
        self.figures.append(Figure(what=what, unit=unit, ours=ours, other=other, target=target, met=met))


Question = Callable[[Options], Awaitable[Report]]


async def in_turn(
    rounds: int, ours: Callable[[], Awaitable[T]], other: Callable[[], Awaitable[U]]
) -> tuple[list[T], list[U]]:
    """A B A B: what both give in each round."""
    mine, theirs = [], []
    for _ in range(rounds):
        mine.append(await ours())
        theirs.append(await other())
    return mine, theirs


def command(question: Question, *, takes_records: bool = False, takes_peer: bool = False) -> None:
    """Answer the command line."""
    made_command(question, takes_records=takes_records, takes_peer=takes_peer)()


def made_command(question: Question, *, takes_records: bool = False, takes_peer: bool = False) -> click.Command:
    """`python -m benchmarks.<name> [--quick] [--json] [--place DIR]`, for some with `--records N` or `--peer URL`."""

    @click.command(help=(question.__doc__ or "").splitlines()[0])
    @click.option("--quick", is_flag=True, help="Small sizes and two rounds: to see that it works.")
    @click.option("--json", "as_json", is_flag=True, help="Print the line of JSON instead of the table.")
    @click.option("--place", type=click.Path(path_type=Path), default=PLACE, help="Where data directories lie.")
    def main(quick: bool, as_json: bool, place: Path, records: int | None = None, **peer: str | None) -> None:
        options = Options(is_quick=quick, place=place, records=records, peer=_peer(**peer))
        report = run(question, options)
        line = as_line(report, options)
        if not quick:  # the figures of a quick run are worth nothing tomorrow
            keep(report.name, line)
        if as_json:
            click.echo(line)
        else:
            show(report)

    if takes_records:
        main = click.option("--records", type=click.IntRange(100), help="Other than the usual 100,000.")(main)
    if takes_peer:
        for option in _PEER_OPTIONS:
            main = option(main)
    return main


_PEER_OPTIONS = (
    click.option("--peer", "url", envvar="BENCH_PEER", help="Where the original answers, on this machine; else none."),
    click.option("--peer-user", "user", envvar="BENCH_PEER_USER", help="Its user."),
    click.option("--peer-password", "password", envvar="BENCH_PEER_PASSWORD", help="The password of that user."),
)


def _peer(url: str | None = None, user: str | None = None, password: str | None = None) -> Peer | None:
    if not url:
        return None
    found = urlsplit(url)
    # What runs elsewhere has another machine's speed, and the load is for loopback only.
    if found.scheme != "http" or found.hostname not in ("127.0.0.1", "localhost") or found.port is None:
        raise click.UsageError(f"--peer is {url}; it must be http://127.0.0.1:PORT/ with a path, if it has one.")
    if not user or password is None:
        raise click.UsageError("--peer needs --peer-user and --peer-password.")
    return Peer(port=found.port, path=found.path or "/", user=user, password=password)


def run(question: Question, options: Options) -> Report:
    """Ask one question on the fast loop."""

    async def ask() -> Report:
        return await question(options)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(ask())


def show(report: Report) -> None:
    """Print the table."""
    table = Table(title=report.question, title_justify="left")
    for name in ("", "unit", "Harbor", report.other, "ratio", "target", ""):
        table.add_column(name, justify="left" if name in ("", "unit", "target") else "right")
    for each in report.figures:
        met = "" if each.met is None else "met" if each.met else "MISSED"
        table.add_row(
            each.what, each.unit, _number(each.ours), _number(each.other), _ratio(each.ratio), each.target or "", met
        )
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(table)
    for note in report.notes:
        console.print(f"  {note}", markup=False, highlight=False)


def as_line(report: Report, options: Options) -> str:
    """All of it with date, machine and versions, as one line of JSON."""
    return json.dumps(
        {
            "benchmark": report.name,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "quick": options.is_quick,
            "rounds": options.rounds,
            "question": report.question,
            "against": report.other,
            "machine": machine(),
            "versions": versions(),
            "figures": [asdict(figure) for figure in report.figures],
            "notes": report.notes,
        }
    )


def keep(name: str, line: str) -> None:
    """Append a line to `results/<name>.jsonl`."""
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{name}.jsonl").open("a") as file:
        file.write(line + "\n")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "cores": os.cpu_count(),
        "cpu": _cpu(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": platform.release(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    """What was measured."""
    found = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return {"python": platform.python_version(), "sqlite": apsw.sqlite_lib_version(), "commit": commit, **found}


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
