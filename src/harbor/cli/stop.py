"""`harbor stop`: tell the server to finish and end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import click

from harbor.cli.local import data_option, refusing, settings_of
from harbor.cli.options import with_output
from harbor.cli.output import Failure, Output

_ELSEWHERE = "Name the right directory with --data."
_RUN_ON = "Its deployed applications run on; end them with harbor stop --apps."


@click.command()
@data_option
@click.option("--apps", is_flag=True, help="End deployed applications too.")
@click.option(
    "--timeout", type=click.FloatRange(0, 600), default=60.0, show_default=True, help="Seconds to wait for its end."
)
@with_output
@refusing
def stop(out: Output, /, *, data: Path | None, apps: bool, timeout: float) -> None:
    """Send SIGTERM to the server of a data directory and wait until it has drained.

    Deployed applications run on, unless --apps says otherwise; the next server starts those again that have ended.

    \b
    Example:
      harbor stop --data ./harbor-data
    """
    from harbor.kernel.datadir import DataDir

    folder = DataDir(settings_of({"data": data}, out).data)
    until = time.monotonic() + timeout
    pid = _stop_server(folder.pid, until, timeout)
    run_on = asyncio.run(_applications(folder.path / "run", until, ends=apps))
    if pid is None and not (apps and run_on is False):
        raise Failure(
            f"No Harbor process owns {folder.path}.", hint=_RUN_ON if run_on else _ELSEWHERE, code="not_running"
        )
    if out.as_json:
        out.record({"stopped": pid} if run_on is None else {"stopped": pid, "applications_run_on": run_on})
        return
    if pid is not None:
        click.echo(f"Stopped process {pid}.")
    if run_on is not None:
        click.echo("Deployed applications run on; --apps ends them." if run_on else "Ended deployed applications.")


def _stop_server(path: Path, until: float, timeout: float) -> int | None:
    """The server's pid, once it has ended; None if there is none."""
    try:
        pid = int(path.read_text())
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        return None
    while path.exists() and _lives(pid):
        if time.monotonic() > until:
            raise Failure(
                f"Process {pid} has not ended after {timeout:g} s.",
                hint="It may still be draining; wait or look at its log.",
            )
        time.sleep(0.05)
    return pid


async def _applications(run: Path, until: float, *, ends: bool) -> bool | None:
    """Whether applications run on; None if none ran. `ends` ends them, and the router."""
    from harbor.products.appharbor_apps.runner.helpers import ROUTER_SOCKET, RUNNER_SOCKET, ask, hello

    if await hello(run / RUNNER_SOCKET) is None:
        return None
    if not ends:
        return True
    if "trouble" in (await ask(run / RUNNER_SOCKET, {"do": "end"}) or {}):
        raise Failure("The runner is of an older version and cannot end applications.", hint="Start the server once.")
    await ask(run / ROUTER_SOCKET, {"do": "leave"})
    while await hello(run / RUNNER_SOCKET) is not None:
        if time.monotonic() > until:
            raise Failure("Deployed applications have not ended in time.", hint="Look at run/runner.log.")
        await asyncio.sleep(0.05)
    return False


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
