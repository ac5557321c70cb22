"""`harbor backup`: everything of an installation in one file, held against its own sums before it gets its name."""

from __future__ import annotations

from pathlib import Path

import click

from harbor.cli.backup_remote import admin_key_option
from harbor.cli.local import data_option, database_option, refusing
from harbor.cli.options import host_option, with_output
from harbor.cli.output import Output


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--include-key", is_flag=True, help="Put the master keys in. Then the file opens every secret in it.")
@click.option("--offline", is_flag=True, help="Without a server: read the data directory, which must not be in use.")
@data_option
@database_option
@host_option
@admin_key_option
@with_output
@refusing
def backup(
    out: Output,
    /,
    *,
    file: Path,
    include_key: bool,
    offline: bool,
    data: Path | None,
    database: str | None,
    host: str,
    key: str | None,
) -> None:
    """Copy database, blobs and settings into FILE, while the server works. Takes the admin key.

    FILE is a tar that only its owner may read. With PostgreSQL take the database with pg_dump, before this.
    --data and --database are for --offline.

    \b
    Example:
      harbor backup /backups/harbor-2026-05-25.tar
    """
    from harbor.cli.backup_file import receiving, verified
    from harbor.cli.backup_sources import from_directory, from_server

    with receiving(file) as part:
        if offline:
            from_directory(part, out, data, database, has_key=include_key)
        else:
            from_server(part, out, host, key, has_key=include_key)
        found = verified(part, out)
    manifest = found.manifest
    out.record(
        {
            "file": str(file),
            "bytes": file.stat().st_size,
            "files": found.files,
            "created_at": f"{manifest.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "engine": manifest.engine,
            "includes_key": manifest.has_key,
            "key_ids": list(manifest.key_ids),
        }
    )
    if manifest.engine == "postgres":
        out.note("The database is not in it: PostgreSQL is copied with pg_dump.")
    if not manifest.has_key:
        out.note(
            "instance.key is not in it. Keep a copy of the key in another place; without it a backup is of no use."
        )
