"""`harbor init`: a data directory, its keys and the first person."""

from __future__ import annotations

from pathlib import Path

import click

from harbor.cli.local import data_option, database_option, refusing, run, settings_of
from harbor.cli.options import with_output
from harbor.cli.output import Output


@click.command()
@data_option
@database_option
@click.option("--production", is_flag=True, help="Strict defaults, for use by others than developers.")
@with_output
@refusing
def init(out: Output, /, *, data: Path | None, database: str | None, production: bool) -> None:
    """Make a data directory with its instance key, tables, first keys and first person.

    The secrets are printed this once; only digests of them are kept.

    \b
    Example:
      harbor init --data ./harbor-data
    """
    from harbor.cli.first_run import set_up

    settings = settings_of({"data": data, "database": database}, out)
    made = run(set_up(settings, is_production=production))
    if out.as_json:
        out.record(made)
        return
    keys = made["harbor"]
    click.echo(f"Harbor is set up in {made['data_dir']} ({made['mode']} mode). These secrets are shown once:\n")
    out.record(
        {
            "sandbox key": keys["sandbox"]["secret_key"],
            "sandbox workspace": keys["sandbox"]["workspace_id"],
            "production key": keys["production"]["secret_key"],
            "production workspace": keys["production"]["workspace_id"],
            "admin key": keys["admin_key"],
            "console": made["console"]["url"],
            "e-mail": made["console"]["email"],
            "password": made["console"]["password"],
            "Harper user": made["harper"]["username"],
            "Harper password": made["harper"]["password"],
            "Harvest account": made["harvest"]["account_id"],
            "Harvest token": made["harvest"]["access_token"],
            "Harbour organization": made["harbour"]["organization_id"],
            "Harbour key": made["harbour"]["api_key"],
            "AppHarbor user": made["appharbor"]["username"],
            "AppHarbor token": made["appharbor"]["access_token"],
        }
    )
    click.echo(f"\nStart it: harbor serve --data {made['data_dir']}")
