"""`harbor serve`: the server, with the worker in it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harbor.cli.local import data_option, database_option, refusing, run, settings_of
from harbor.cli.options import with_output
from harbor.cli.output import Output


@click.command()
@data_option
@click.option("--host", default=None, help="Address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=None, help="Main port; 0 takes a free one.  [default: 8000]"
)
@click.option(
    "--operations-port",
    metavar="PORT",
    default=None,
    help="Port of Harper's Operations API; 0 takes a free one, off opens none.  [default: 9925]",
)
@click.option("--apps-port", type=click.IntRange(0, 65535), default=None, help="Port of deployed applications.")
@click.option("--port-of", multiple=True, metavar="PRODUCT=PORT", help="A port of its own for a product.")
@database_option
@click.option(
    "--workers", type=click.IntRange(1, 64), default=None, help="Server processes (PostgreSQL only).  [default: 1]"
)
@click.option(
    "--tls-certificate",
    type=click.Path(path_type=Path),
    default=None,
    help="PEM file with the certificate and its chain.",
)
@click.option("--tls-key", type=click.Path(path_type=Path), default=None, help="PEM file with the certificate's key.")
@with_output
@refusing
def serve(out: Output, /, *, port_of: Sequence[str], **flags: Any) -> None:
    """Run Harbor until SIGTERM or Ctrl-C; then finish what is under way and exit 0.

    Prints the addresses when it is ready; with --json one line with them.

    \b
    Example:
      harbor serve --data ./harbor-data --port 8000
    """
    # Modules are no garbage. Looking for some in them took a tenth of a second of the start, and again at each full
    # collection afterwards, while requests wait.
    gc.disable()
    from harbor.cli.serving import serve_forever
    from harbor.cli.serving_many import serve_with_workers
    from harbor.kernel import logs

    gc.freeze()
    gc.enable()
    settings = settings_of({**flags, "port_of": ",".join(port_of) or None}, out)
    logs.configure(settings.log_level, settings.log_format, sys.stderr)
    if settings.workers > 1:
        serve_with_workers(settings, out)
    else:
        run(serve_forever(settings, out))
