"""A SQLite file from outside: a copy of it while it is in use, and what SQLite finds when it examines it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw

from harbor.kernel.errors import Unavailable
from harbor.kernel.storage.sqlite_tx import disk_trouble

# 4 MiB of a database with usual pages: the time between two looks at `goes_on` stays under a second on slow disks.
_STEP_PAGES = 1_000
_PROBLEMS_MAX = 20


def copy(source: Path, target: Path, *, goes_on: Callable[[], bool] = lambda: True) -> None:
    """Write the database `source`, as it is at this moment, to the new file `target`.

    The copy needs no log beside it. Raises `Unavailable` when the disk is full or `goes_on` says no.
    """
    try:
        with closing(_connect(source)) as reader, closing(apsw.Connection(str(target))) as writer:
            # An open read transaction keeps the moment. Without it each commit of others starts the copy anew: under one
            # write every 2 ms a copy of 80 MB did not end at all; with it, it takes 0.2 s.
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            writer.execute("PRAGMA synchronous = OFF").fetchall()
            with writer.backup("main", reader, "main") as backup:
                while not backup.done:
                    if not goes_on():
                        raise Unavailable("The copy of the database was broken off because the server is stopping.")
                    backup.step(_STEP_PAGES)
            writer.execute("PRAGMA journal_mode = DELETE").fetchall()
    except apsw.Error as error:
        raise disk_trouble(error) from error


def problems(path: Path) -> list[str]:
    """What is wrong with the file, in SQLite's words; empty for a whole one. Reads all of it."""
    try:
        with closing(_connect(path)) as connection:
            found = connection.execute(f"PRAGMA integrity_check({_PROBLEMS_MAX})").fetchall()
    except apsw.Error as error:
        return [str(error)]
    words = [str(row[0]) for row in found]
    return [] if words == ["ok"] else words


def _connect(path: Path) -> apsw.Connection:
    # Read and write, because reading a database with a log may have to make the index of that log; never a new file.
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(5_000)
    return connection
