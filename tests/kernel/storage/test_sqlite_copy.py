"""A copy of a SQLite file is of one moment, however much is written meanwhile."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import apsw
import pytest

from harbor.kernel.errors import Unavailable
from harbor.kernel.storage import sqlite_copy


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of some 20 MB, of which two rows always say the same."""
    path = tmp_path / "source.db"
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute(
        "CREATE TABLE twins (id INTEGER PRIMARY KEY, value INTEGER); INSERT INTO twins VALUES (1, 0), (2, 0)"
    )
    connection.execute("CREATE TABLE bulk (content BLOB); BEGIN")
    for _ in range(5_000):
        connection.execute("INSERT INTO bulk VALUES (zeroblob(4000))")
    connection.execute("COMMIT")
    connection.close()
    return path


async def test_a_copy_under_constant_writes_ends_and_is_of_one_moment(path: Path, tmp_path: Path) -> None:
    stop, wrote = threading.Event(), threading.Event()

    def write() -> None:
        connection = apsw.Connection(str(path))
        connection.set_busy_timeout(5_000)
        while not stop.is_set():
            connection.execute("UPDATE twins SET value = value + 1")
            wrote.set()
        connection.close()

    writer = asyncio.create_task(asyncio.to_thread(write))
    await asyncio.to_thread(wrote.wait)
    try:
        await asyncio.wait_for(asyncio.to_thread(sqlite_copy.copy, path, tmp_path / "copy.db"), 30)
    finally:
        stop.set()
        await writer

    copied = apsw.Connection(str(tmp_path / "copy.db"))
    first, second = (row[0] for row in copied.execute("SELECT value FROM twins ORDER BY id"))
    copied.close()
    assert first == second > 0
    assert sqlite_copy.problems(tmp_path / "copy.db") == []
    assert not (tmp_path / "copy.db-wal").exists()


def test_a_copy_is_broken_off_when_it_may_not_go_on(path: Path, tmp_path: Path) -> None:
    looks = iter([True, False])

    with pytest.raises(Unavailable, match="stopping"):
        sqlite_copy.copy(path, tmp_path / "copy.db", goes_on=lambda: next(looks))


def test_what_cannot_be_written_is_said(path: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        sqlite_copy.copy(path, tmp_path / "absent" / "copy.db")


def test_a_damaged_file_has_problems(path: Path, tmp_path: Path) -> None:
    assert sqlite_copy.problems(path) == []
    content = bytearray(path.read_bytes())
    content[8_192:12_288] = b"\xff" * 4_096
    path.write_bytes(content)

    assert sqlite_copy.problems(path)


def test_what_is_no_database_has_problems(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all, but long enough to look like one" * 100)

    assert sqlite_copy.problems(tmp_path / "text.db") == ["file is not a database"]
