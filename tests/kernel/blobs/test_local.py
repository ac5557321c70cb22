"""Blobs are whole or absent, belong to one account, and go when nobody names them."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import AsyncIterator, Set
from hashlib import sha256
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.blobs import Blobs, LocalBlobs, StoredBlob, Swept
from harbor.kernel.blobs.local import SWEEP_KEYS
from harbor.kernel.errors import Missing, TooLarge

ACCOUNT, OTHER = "acc_one", "acc_two"
HOUR_S = 3600


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def blobs(root: Path) -> LocalBlobs:
    return LocalBlobs(root)


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def age(root: Path, key: str, hours: float) -> None:
    for path in files(root):
        if path.name == key:
            os.utime(path, (time.time() - hours * HOUR_S,) * 2)


async def nothing(account_id: str, keys: Set[str]) -> Set[str]:
    return set()


def test_what_is_put_can_be_read(blobs: LocalBlobs) -> None:
    port: Blobs = blobs

    blob = port.put(ACCOUNT, b"content")

    assert (blob.size_bytes, blob.sha256) == (7, sha256(b"content").hexdigest())
    assert port.read(ACCOUNT, blob.key) == b"content"
    assert port.size(ACCOUNT, blob.key) == 7
    with port.open(ACCOUNT, blob.key) as file:
        assert file.read(3) == b"con"


async def test_what_is_received_in_pieces_is_the_same(blobs: LocalBlobs, root: Path) -> None:
    parts = [bytes([number % 256]) * 100_000 for number in range(10)]

    blob = await blobs.receive(ACCOUNT, pieces(*parts), size_bytes_max=1_000_000)

    whole = b"".join(parts)
    assert blobs.read(ACCOUNT, blob.key) == whole
    assert (blob.size_bytes, blob.sha256) == (len(whole), sha256(whole).hexdigest())
    assert len(files(root)) == 1


async def test_nothing_is_a_blob_too(blobs: LocalBlobs) -> None:
    blob = await blobs.receive(ACCOUNT, pieces(), size_bytes_max=0)

    assert (blob.size_bytes, blobs.read(ACCOUNT, blob.key)) == (0, b"")


async def test_too_many_bytes_keep_nothing(blobs: LocalBlobs, root: Path) -> None:
    with pytest.raises(TooLarge, match="more than 10 bytes"):
        await blobs.receive(ACCOUNT, pieces(b"x" * 10, b"x"), size_bytes_max=10)

    assert files(root) == []
    assert list(blobs.stored()) == []


async def test_an_upload_that_breaks_off_keeps_nothing(blobs: LocalBlobs, root: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 300_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.receive(ACCOUNT, broken(), size_bytes_max=1_000_000)

    assert files(root) == []


async def test_a_cancelled_upload_keeps_nothing(blobs: LocalBlobs, root: Path) -> None:
    waiting = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"x" * 300_000
        waiting.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(blobs.receive(ACCOUNT, endless(), size_bytes_max=1_000_000))
    await waiting.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert files(root) == []


def test_a_failing_disk_keeps_nothing(blobs: LocalBlobs, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("harbor.kernel.blobs.local.os.fsync", full)

    with pytest.raises(OSError, match="No space left"):
        blobs.put(ACCOUNT, b"content")
    assert files(root) == []


def test_bytes_are_on_disk_before_they_have_a_name(
    blobs: LocalBlobs, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs.put(ACCOUNT, b"first, so that most directories exist")
    synced: list[tuple[bool, int]] = []
    sync = os.fsync

    def noting(descriptor: int) -> None:
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((is_directory, sum(path.parent.name != ".incoming" for path in files(root))))
        sync(descriptor)

    monkeypatch.setattr("harbor.kernel.blobs.local.os.fsync", noting)
    blobs.put(ACCOUNT, b"content")

    assert synced[0] == (False, 1)
    assert synced[-1] == (True, 2)


def test_another_account_does_not_see_it(blobs: LocalBlobs) -> None:
    blob = blobs.put(ACCOUNT, b"content")

    for look in (blobs.open, blobs.read, blobs.size):
        with pytest.raises(Missing):
            look(OTHER, blob.key)
    assert not blobs.delete(OTHER, blob.key)
    assert blobs.read(ACCOUNT, blob.key) == b"content"


def test_a_deleted_blob_is_missing(blobs: LocalBlobs) -> None:
    blob = blobs.put(ACCOUNT, b"content")

    assert blobs.delete(ACCOUNT, blob.key)
    assert not blobs.delete(ACCOUNT, blob.key)
    with pytest.raises(Missing):
        blobs.read(ACCOUNT, blob.key)


def test_only_the_owner_may_read_the_files(blobs: LocalBlobs, root: Path) -> None:
    blobs.put(ACCOUNT, b"content")

    for path in [root, *root.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


KEYS_OF_OTHERS = [
    "",
    ".",
    "..",
    "../../secret",
    "/etc/passwd",
    "a" * 31,
    "a" * 33,
    "A" * 32,
    "a" * 31 + "/",
    "a" * 32 + "\n",
    "../" + "a" * 29,
    "a" * 31 + "\x00",
]


@pytest.mark.parametrize("key", KEYS_OF_OTHERS)
def test_what_is_not_a_key_is_missing(blobs: LocalBlobs, root: Path, key: str) -> None:
    (root.parent / "secret").write_text("secret")

    for look in (blobs.open, blobs.read, blobs.size):
        with pytest.raises(Missing):
            look(ACCOUNT, key)
    assert not blobs.delete(ACCOUNT, key)


@pytest.mark.parametrize("account_id", ["", ".", "..", "../acc", "a/b", ".incoming", "a" * 65, "a\n", "-a"])
def test_what_is_not_an_account_is_a_bug(blobs: LocalBlobs, account_id: str) -> None:
    with pytest.raises(AssertionError):
        blobs.put(account_id, b"content")
    with pytest.raises(AssertionError):
        blobs.read(account_id, "a" * 32)


@given(st.lists(st.binary(max_size=2_000), max_size=8))
def test_any_pieces_come_back_joined(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]) -> None:
    blobs = LocalBlobs(tmp_path_factory.mktemp("blobs"))

    blob = asyncio.run(blobs.receive(ACCOUNT, pieces(*parts), size_bytes_max=20_000))

    assert blobs.read(ACCOUNT, blob.key) == b"".join(parts)


def test_stored_blobs_come_account_by_account(blobs: LocalBlobs, root: Path) -> None:
    keys = {(account, blobs.put(account, b"xy").key) for account in (ACCOUNT, OTHER, ACCOUNT, OTHER)}
    (root / "README").write_text("not a blob")
    (root / ACCOUNT / "aa").mkdir(exist_ok=True)
    (root / ACCOUNT / "aa" / "note.txt").write_text("not a blob")

    listed = list(blobs.stored())

    assert {(blob.account_id, blob.key) for blob in listed} == keys
    assert all(blob.size_bytes == 2 and abs(blob.written_at.timestamp() - time.time()) < 60 for blob in listed)
    assert len(list(groupby(listed, key=lambda blob: blob.account_id))) == 2


async def test_a_sweep_takes_old_orphans_alone(blobs: LocalBlobs, root: Path) -> None:
    named, orphan, fresh, foreign = (blobs.put(account, b"12345") for account in (ACCOUNT, ACCOUNT, ACCOUNT, OTHER))
    for blob in (named, orphan, foreign):
        age(root, blob.key, hours=25)
    asked: dict[str, Set[str]] = {}

    async def referenced(account_id: str, keys: Set[str]) -> Set[str]:
        asked[account_id] = keys
        return keys & {named.key, foreign.key}

    swept = await blobs.sweep(referenced, older_than_h=24)

    assert swept == Swept(blobs=1, size_bytes=5, leftovers=0)
    assert asked == {ACCOUNT: {named.key, orphan.key}, OTHER: {foreign.key}}
    assert {blob.key for blob in blobs.stored()} == {named.key, fresh.key, foreign.key}


async def test_a_sweep_clears_away_what_broken_uploads_left(blobs: LocalBlobs, root: Path) -> None:
    for name, hours in (("old", 25.0), ("under-way", 0.0)):
        (root / ".incoming" / name).write_bytes(b"half")
        age(root, name, hours)

    swept = await blobs.sweep(nothing, older_than_h=24)

    assert swept == Swept(leftovers=1)
    assert [path.name for path in files(root)] == ["under-way"]


async def test_a_sweep_asks_in_bounded_steps(blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    count = SWEEP_KEYS + 10
    real = blobs.put(ACCOUNT, b"x")
    stored = [
        StoredBlob(
            account_id=ACCOUNT,
            key=f"{number:032x}",
            size_bytes=1,
            written_at=next(iter(blobs.stored())).written_at.replace(year=2001),
        )
        for number in range(count)
    ]
    monkeypatch.setattr(blobs, "stored", lambda: iter(stored))
    asked: list[int] = []

    async def referenced(account_id: str, keys: Set[str]) -> Set[str]:
        asked.append(len(keys))
        return keys

    assert await blobs.sweep(referenced, older_than_h=24) == Swept()
    assert asked == [SWEEP_KEYS, 10]
    assert blobs.read(ACCOUNT, real.key) == b"x"


async def test_a_sweep_never_takes_what_may_still_be_committed(blobs: LocalBlobs) -> None:
    with pytest.raises(AssertionError):
        await blobs.sweep(nothing, older_than_h=0)


async def test_a_failing_question_removes_nothing(blobs: LocalBlobs, root: Path) -> None:
    blob = blobs.put(ACCOUNT, b"x")
    age(root, blob.key, hours=25)

    async def broken(account_id: str, keys: Set[str]) -> Set[str]:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await blobs.sweep(broken, older_than_h=24)
    assert blobs.read(ACCOUNT, blob.key) == b"x"


def test_opening_the_store_again_finds_everything(root: Path) -> None:
    blob = LocalBlobs(root).put(ACCOUNT, b"content")

    assert LocalBlobs(root).read(ACCOUNT, blob.key) == b"content"
