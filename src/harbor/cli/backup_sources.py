"""Where a backup comes from: a running server, or a data directory that nobody uses."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import harbor
from harbor.cli.backup_remote import admin_session, progress
from harbor.cli.local import run, settings_of
from harbor.cli.output import Exit, Failure, Output


def from_server(part: BinaryIO, out: Output, host: str, key: str | None, *, has_key: bool) -> None:
    """Write what the server sends."""
    try:
        with admin_session(host, key, out) as session:
            out.note("The server copies its database; then the copy comes.")
            with (
                session.harbor.admin.backup(include_key=has_key) as stream,
                progress(out, "receiving", stream.size_bytes, in_bytes=True) as moved,
            ):
                for chunk in stream:
                    part.write(chunk)
                    moved(len(chunk))
    except Failure as failure:
        if failure.exit_code is Exit.UNREACHABLE:
            failure.hint = (
                "Is the server running? Where it is stopped, --offline reads its directory. --host names another."
            )
        raise


def from_directory(part: BinaryIO, out: Output, data: Path | None, database: str | None, *, has_key: bool) -> None:
    """Write what is in a data directory, which is ours meanwhile. Raises `StartRefused` while a server has it."""
    from harbor.app import open_database, open_vault
    from harbor.kernel.backup.backups import Backups
    from harbor.kernel.clock import SystemClock
    from harbor.kernel.datadir import DataDir
    from harbor.kernel.errors import StartRefused

    settings = settings_of({"data": data, "database": database}, out)
    folder = DataDir(settings.data)
    if not folder.path.is_dir() or (settings.database is None and not folder.database.exists()):
        raise StartRefused(f"{folder.path} holds no Harbor installation; name the right directory with --data.")

    async def work() -> None:
        folder.acquire()
        try:
            store = open_database(settings, SystemClock())
            await store.open()
            try:
                vault = await open_vault(settings, store)
                backups = Backups(store, folder, vault, key_file=settings.key_file, version=harbor.__version__)
                backup = await backups.begin(has_key=has_key)
                try:
                    with progress(out, "writing", backup.size_bytes, in_bytes=True) as moved:
                        async for piece in backup:
                            part.write(piece)
                            moved(len(piece))
                finally:
                    await backup.aclose()
            finally:
                await store.close()
        finally:
            folder.release()

    run(work())
