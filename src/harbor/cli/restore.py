"""`harbor restore`: a data directory out of a backup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harbor.cli.local import data_option, refusing, settings_of
from harbor.cli.options import with_output
from harbor.cli.output import Failure, Output

if TYPE_CHECKING:
    from harbor.kernel.backup.model import Manifest


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@data_option
@with_output
@refusing
def restore(out: Output, /, *, file: Path, data: Path | None) -> None:
    """Fill a new or empty data directory from a backup. Nothing is there until all of it was found whole.

    \b
    Example:
      harbor restore /backups/harbor-2026-05-25.tar --data /var/lib/harbor
    """
    from harbor.app import areas
    from harbor.cli.backup_remote import progress
    from harbor.kernel.backup.restoring import restore_into
    from harbor.kernel.storage.migrate import steps

    try:
        size_bytes = file.stat().st_size
    except OSError as error:
        raise Failure(
            f"{file} cannot be read: {error.strerror}.", hint="Name the file that `harbor backup` made."
        ) from None
    target = settings_of({"data": data}, out).data
    # A step has the same name on both engines.
    known = {f"{area.name}/{step.name}" for area in areas("sqlite") for step in steps(area)}

    def begin(manifest: Manifest) -> None:
        if newer := sorted(set(manifest.migrations) - known):
            raise Failure(
                f"The backup is of a newer Harbor ({manifest.harbor_version}; it has {newer[0]}).",
                hint="Install that version, and restore with it.",
                code="backup_is_newer",
            )

    with progress(out, "restoring", size_bytes, in_bytes=True) as moved:
        found = restore_into(file, target, begin=begin, moved=moved)
    manifest = found.manifest
    is_older = bool(known - set(manifest.migrations))
    out.record(
        {
            "data_dir": str(target),
            "files": found.files,
            "bytes": found.size_bytes,
            "created_at": f"{manifest.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "engine": manifest.engine,
            "includes_key": manifest.has_key,
            "key_ids": list(manifest.key_ids),
            "needs_migration": is_older,
        }
    )
    for number, step in enumerate(_steps(target, manifest, is_older=is_older), 1):
        out.note(f"{number}. {step}")


def _steps(target: Path, manifest: Manifest, *, is_older: bool) -> list[str]:
    steps = []
    if manifest.engine == "postgres":
        steps.append("Restore the database of the same time with pg_restore, if that is not done.")
    if not manifest.has_key:
        ids = ", ".join(manifest.key_ids)
        steps.append(
            f"Put your copy of instance.key back: install -m 600 COPY {target}/instance.key. It needs lines beginning with {ids}."
        )
    if is_older:
        steps.append(f"Bring the database to this version: harbor migrate --data {target}")
    steps.append(f"Examine it: harbor doctor --offline --data {target}")
    steps.append(f"Start it: harbor serve --data {target}")
    return steps
