"""`harbor demo`: Harbor at work in front of a person, in about ten seconds."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from harbor.cli.local import refusals
from harbor.cli.options import translated, with_output
from harbor.cli.output import Exit, Output

DATA_DEFAULT: Final = "harbor-demo"


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(DATA_DEFAULT),
    help=f"The demo's own directory. What an earlier demo left in it is removed.  [default: ./{DATA_DEFAULT}]",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=None,
    help="Port of the server; 0 takes a free one.  [default: 8000, or a free one when that is taken]",
)
@click.option("--exit-after", is_flag=True, help="End after the summary instead of staying up.")
@with_output
def demo(out: Output, /, *, data: Path, port: int | None, exit_after: bool) -> None:
    """Set Harbor up, deliver webhooks, fail and retry, fill tables, bill hours, kill the server, and show that nothing was lost.

    Then it stays up until Ctrl-C, with keys and addresses to try. Ends with 1 if anything was not as promised.

    \b
    Example:
      harbor demo
      harbor demo --exit-after --json
    """
    with refusals(), translated(), _signals_interrupt():
        is_good = _show(out, data.expanduser().absolute(), port, stays=not exit_after)
    if not is_good:
        click.get_current_context().exit(Exit.REFUSED)


def _show(out: Output, data: Path, port: int | None, *, stays: bool) -> bool:
    from harbor.cli.demo_show import checks, ending, hours, killing, story, tables
    from harbor.cli.demo_show.place import prepare
    from harbor.cli.demo_show.screen import Screen
    from harbor.cli.demo_show.server import choose_port

    started = time.monotonic()
    chosen, note = choose_port(port)
    with story.Stage(prepare(data), chosen, Screen(is_quiet=out.as_json)) as stage:
        story.set_up(stage, note)
        story.deliver(stage)
        story.fail_and_retry(stage)
        tables.fill_and_ask(stage)
        hours.track_and_bill(stage)
        checks.verify_a_person(stage)
        killed = killing.kill_and_count(stage)
        seconds = time.monotonic() - started
        ending.summarize(stage, seconds)
        if out.as_json:
            out.record(ending.document(stage, killed, note=note, seconds=seconds))
        if stays:
            ending.stay_up(stage)
        return stage.findings.all_hold


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """SIGTERM and SIGHUP mean the same as Ctrl-C: the server is stopped, not left behind."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
