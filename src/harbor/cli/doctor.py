"""`harbor doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import click

from harbor.cli.backup_remote import admin_key_option
from harbor.cli.local import data_option, database_option, refusing, run
from harbor.cli.options import host_option, with_output
from harbor.cli.output import Exit, Output


@click.command()
@click.option("--offline", is_flag=True, help="Examine the data directory, which must not be in use, and no server.")
@data_option
@database_option
@host_option
@admin_key_option
@with_output
@refusing
def doctor(
    out: Output,
    /,
    *,
    offline: bool,
    data: Path | None,
    database: str | None,
    host: str,
    key: str | None,
) -> None:
    """Examine a running server, or with --offline an installation without one, and say what is wrong.

    Ends with 1 when a check failed; a warning is no failure. The admin key adds the checks from inside. --data and
    --database are for --offline.

    \b
    Example:
      harbor doctor --offline --data /var/lib/harbor
    """
    from harbor.cli.doctor_model import COLUMNS, Check, document

    if offline:
        from harbor.cli import doctor_offline

        async def examined() -> list[Check]:
            return [check async for check in doctor_offline.examine(data, database)]

        checks = run(examined())
    else:
        from harbor.cli import doctor_online

        checks = list(doctor_online.examine(host, key, out))
    out.table(document(checks), COLUMNS)
    if any(check.verdict == "failed" for check in checks):
        raise click.exceptions.Exit(Exit.REFUSED)
