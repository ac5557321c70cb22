"""`harbor migrate`: bring the database to this version's tables."""

from __future__ import annotations

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
def migrate(out: Output, /, *, data: Path | None, database: str | None) -> None:
    """Apply the migrations that are missing. The server must be stopped; make a backup first.

    \b
    Example:
      harbor migrate --data ./harbor-data
    """
    from harbor.app import apply_schema, open_database
    from harbor.kernel.clock import SystemClock
    from harbor.kernel.datadir import DataDir

    settings = settings_of({"data": data, "database": database}, out)

    async def work() -> list[str]:
        folder = DataDir(settings.data)
        folder.acquire()
        try:
            store = open_database(settings, SystemClock())
            await store.open()
            try:
                return await apply_schema(store)
            finally:
                await store.close()
        finally:
            folder.release()

    applied = run(work())
    if out.as_json:
        out.record({"applied": applied})
    else:
        click.echo("\n".join(f"applied {name}" for name in applied) or "Nothing to do: the database is up to date.")
