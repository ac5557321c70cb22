"""What a person sees: chapters, facts, deliveries as they arrive, progress, and the table at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from harbor.cli.demo_show.findings import Check

if TYPE_CHECKING:
    from harbor.cli.demo_show.receiver import Arrival

WIDTH_WITHOUT_TERMINAL: Final = 100
NAME_WIDTH: Final = 11
# Together 80 columns, the width of a terminal that nobody has resized. An event id has 30 letters.
ROW: Final = " {:14} {:30} {:>7} {:9} {:>7} {:>5}"
STYLES: Final[Mapping[str, str]] = {"ok": "green", "allowed": "yellow", "FAILED": "bold red"}


class Bars(Protocol):
    """Progress: how far each of the named counts is."""

    def __call__(self, **done: int) -> None:
        """Show the counts."""


class Screen:
    """Standard output. A quiet one shows nothing: then a program reads the JSON at the end."""

    def __init__(self, *, is_quiet: bool) -> None:
        is_terminal = sys.stdout.isatty()
        self._console = Console(
            file=sys.stdout,
            quiet=is_quiet,
            width=None if is_terminal else WIDTH_WITHOUT_TERMINAL,
            markup=False,
            highlight=False,
            emoji=False,
        )
        self._is_moving = is_terminal and not is_quiet
        self._chapter = 0

    def chapter(self, title: str, sentence: str) -> None:
        """Begin the next chapter."""
        self._chapter += 1
        self.line(f"\n{self._chapter} {title}", "bold cyan")
        self.line(f"  {sentence}", "dim")

    def line(self, text: str, style: str = "") -> None:
        """A line, which a terminal wraps by itself, so that what is in it can be copied whole."""
        self._console.print(Text(text, style=style), soft_wrap=True)

    def fact(self, name: str, text: str, style: str = "") -> None:
        """A named fact."""
        self._console.print(Text.assemble(f"  {name:{NAME_WIDTH}} ", (text, style)), soft_wrap=True)

    def arrivals_begin(self) -> None:
        """The head over lines of deliveries."""
        self.line(ROW.format("event type", "event id", "attempt", "signature", "latency", "reply"), "bold")

    def arrival(self, arrival: Arrival) -> None:
        """A delivery."""
        latency = "-" if arrival.latency_ms is None else f"{arrival.latency_ms:.0f} ms"
        signature = "holds" if arrival.is_genuine else "WRONG"
        text = ROW.format(
            arrival.event_type, arrival.event_id, arrival.attempt or "-", signature, latency, arrival.status
        )
        self.line(text, "green" if arrival.status == 200 else "yellow")

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show that something takes its time."""
        if not self._is_moving:
            yield
            return
        with self._console.status(Text(f"  {text}", style="dim"), spinner="line"):
            yield

    @contextmanager
    def progress(self, **totals: int) -> Iterator[Bars]:
        """A bar for each name, from 0 to its total."""
        columns = (TextColumn("  {task.description:11}"), BarColumn(bar_width=36), MofNCompleteColumn())
        with Progress(*columns, console=self._console, disable=not self._is_moving) as progress:
            tasks = {name: progress.add_task(name.replace("_", " "), total=total) for name, total in totals.items()}

            def show(**done: int) -> None:
                for name, count in done.items():
                    progress.update(tasks[name], completed=count)

            yield show

    def table(self, checks: Iterable[Check]) -> None:
        """The summary."""
        table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=True)
        for name, justify in (("what", "left"), ("expected", "right"), ("seen", "right"), ("verdict", "left")):
            table.add_column(name, justify=justify)  # type: ignore[arg-type]  # a list of words, not of their type
        for check in checks:
            table.add_row(check.what, check.expected, check.seen, Text(check.verdict, style=STYLES[check.verdict]))
        self._console.print(table)
