"""`harbor work`: one more worker."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harbor.cli.local import data_option, database_option, refusing, run, settings_of
from harbor.cli.options import with_output
from harbor.cli.output import Output


@click.command()
@data_option
@database_option
@with_output
@refusing
def work(out: Output, /, *, data: Path | None, database: str | None) -> None:
    """Send deliveries and run jobs, without answering requests, until SIGTERM or Ctrl-C. Needs PostgreSQL.

    Any number may run, beside servers on the same or other machines; each needs the same instance.key and blobs.

    \b
    Example:
      harbor work --database postgresql://harbor@db.example.com/harbor
    """
    from harbor.cli.work_process import work_until_stopped
    from harbor.kernel import logs

    settings = settings_of({"data": data, "database": database}, out)
    logs.configure(settings.log_level, settings.log_format, sys.stderr)
    run(work_until_stopped(settings, out))
