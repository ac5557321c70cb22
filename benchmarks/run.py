"""All benchmarks, one after the other, each in a process of its own: what `make bench` runs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import click

from benchmarks.measuring import PLACE, ROOT

QUESTIONS = (
    "durable_events",
    "deliveries",
    "dead_endpoint",
    "background_load",
    "deep_pages",
    "harper_operations",
    "harvest_time",
    "console_pages",
    "start",
    "memory",
    "postgres_events",
    "processes",
    "deploy",
    "router",
)


@click.command()
@click.option("--quick", is_flag=True, help="Small sizes and two rounds: to see that all of them work.")
@click.option("--json", "as_json", is_flag=True, help="Print lines of JSON instead of tables.")
@click.option("--place", type=click.Path(path_type=Path), default=PLACE, help="Where data directories lie.")
def main(quick: bool, as_json: bool, place: Path) -> None:
    """Measure Harbor's speed. Exit code 1 if a benchmark could not be run; a missed target is no failure."""
    flags = [*(["--quick"] if quick else []), *(["--json"] if as_json else []), "--place", str(place)]
    failed = []
    for name in QUESTIONS:
        began = time.monotonic()
        ended = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *flags], cwd=ROOT, check=False)
        if ended.returncode:
            failed.append(name)
        click.echo(f"{name}: {time.monotonic() - began:.0f} s\n", err=True)
    if failed:
        raise click.ClickException(f"could not be run: {', '.join(failed)}")


if __name__ == "__main__":
    main()
