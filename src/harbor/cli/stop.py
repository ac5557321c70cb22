"""`harbor stop`: tell the server to finish and end."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import click

from harbor.cli.local import data_option, refusing, settings_of
from harbor.cli.options import with_output
from harbor.cli.output import Failure, Output


@click.command()
@data_option
@click.option("--apps", is_flag=True, help="End deployed applications too.")
@click.option(
    "--timeout", type=click.FloatRange(0, 600), default=60.0, show_default=True, help="Seconds to wait for its end."
)
@with_output
@refusing
def stop(out: Output, /, *, data: Path | None, apps: bool, timeout: float) -> None:  # noqa: ARG001
    """Send SIGTERM to the server of a data directory and wait until it has drained.

    \b
    Example:
      harbor stop --data ./harbor-data
    """
    from harbor.kernel.datadir import DataDir

    folder = DataDir(settings_of({"data": data}, out).data)
    try:
        pid = int(folder.pid.read_text())
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        raise Failure(
            f"No Harbor process owns {folder.path}.", hint="Name the right directory with --data.", code="not_running"
        ) from None
    until = time.monotonic() + timeout
    while folder.pid.exists() and _lives(pid):
        if time.monotonic() > until:
            raise Failure(
                f"Process {pid} has not ended after {timeout:g} s.",
                hint="It may still be draining; wait or look at its log.",
            )
        time.sleep(0.05)
    if out.as_json:
        out.record({"stopped": pid})
    else:
        click.echo(f"Stopped process {pid}.")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
