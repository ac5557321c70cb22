"""Backups of an open database: of one moment, one at a time, and gone when nobody wants them."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from harbor.kernel.backup import model, reading
from harbor.kernel.backup.backups import Backup, Backups
from harbor.kernel.blobs.local import LocalBlobs
from harbor.kernel.datadir import DataDir
from harbor.kernel.errors import Conflict, Unavailable
from harbor.kernel.rotation import state as rotation
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.kernel.vault import Vault


@pytest.fixture
def folder(database: Database, tmp_path: Path) -> DataDir:
    """A data directory around the database."""
    folder = DataDir(tmp_path)
    folder.create()
    return folder


@pytest.fixture
def vault(folder: DataDir) -> Vault:
    return Vault.create(folder.key)


@pytest.fixture
def backups(database: Database, folder: DataDir, vault: Vault) -> Backups:
    return Backups(database, folder, vault, key_file=None, version="1.0")


async def taken(backup: Backup) -> bytes:
    try:
        return b"".join([piece async for piece in backup])
    finally:
        await backup.aclose()


def names(content: bytes) -> list[str]:
    found: list[str] = []

    def take(name: str, pieces: object) -> None:
        found.append(name)
        list(pieces)  # type: ignore[call-overload]

    reading.read(io.BytesIO(content), take, moved=lambda _: None)
    return found


async def test_database_settings_and_blobs_are_in_it_and_the_key_is_not(
    backups: Backups, folder: DataDir, vault: Vault, database: Database
) -> None:
    blob = LocalBlobs(folder.blobs).put("acc_1", b"x" * 3_000_000)
    (folder.path / "harbor.toml").write_text("port = 8001\n")

    backup = await backups.begin(has_key=False)
    content = await taken(backup)

    with_database = [model.DATABASE] if database.engine == "sqlite" else []
    assert names(content) == [*with_database, model.SETTINGS, f"blobs/acc_1/{blob.key[:2]}/{blob.key}"]
    manifest = reading.verify(io.BytesIO(content)).manifest
    assert (manifest.engine, manifest.has_key, manifest.key_ids) == (database.engine, False, (vault.current,))
    assert "kernel/0001_foundation" in manifest.migrations
    assert abs(backup.size_bytes - len(content)) < 10_000


async def test_the_key_is_in_it_when_it_is_asked_for(backups: Backups) -> None:
    assert model.KEY in names(await taken(await backups.begin(has_key=True)))


async def test_one_is_taken_at_a_time(backups: Backups) -> None:
    first = await backups.begin(has_key=False)

    with pytest.raises(Conflict, match="Another backup"):
        await backups.begin(has_key=False)
    await first.aclose()

    await taken(await backups.begin(has_key=False))


async def test_none_is_taken_while_the_key_is_rotated(backups: Backups, database: Database) -> None:
    await database.write(lambda tx: rotation.start(tx, "job_1"))

    with pytest.raises(Conflict, match="rotation"):
        await backups.begin(has_key=False)
    with pytest.raises(Conflict, match="rotation"):  # and not: another backup
        await backups.begin(has_key=False)


async def test_what_is_broken_off_leaves_nothing(backups: Backups, folder: DataDir) -> None:
    LocalBlobs(folder.blobs).put("acc_1", b"x" * 3_000_000)
    backup = await backups.begin(has_key=False)
    await anext(backup)
    taking = asyncio.create_task(taken(backup))
    await asyncio.sleep(0)

    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)

    assert [path.name for path in folder.run.iterdir()] == ["spool"]
    await taken(await backups.begin(has_key=False))


async def test_a_copy_ends_when_the_server_stops(
    sqlite_database: SqliteDatabase, tmp_path: Path, clock: object
) -> None:
    folder = DataDir(tmp_path)
    folder.create()
    backups = Backups(sqlite_database, folder, Vault.create(folder.key), key_file=None, version="1.0")

    with pytest.raises(Unavailable, match="stopping"):
        await backups.begin(has_key=False, goes_on=lambda: False)

    assert [path.name for path in folder.run.iterdir()] == ["spool"]


async def test_a_disk_without_room_for_the_copy_is_said(
    sqlite_database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DataDir(tmp_path)
    folder.create()
    backups = Backups(sqlite_database, folder, Vault.create(folder.key), key_file=None, version="1.0")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1024})())

    with pytest.raises(Unavailable, match="MiB"):
        await backups.begin(has_key=False)
