"""The data directory has one owner, and only its owner reads in it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harbor.kernel.datadir import DataDir
from harbor.kernel.errors import StartRefused


@pytest.fixture(autouse=True)
def _same_umask() -> Iterator[None]:
    """Owning a directory changes what the process makes from then on; a test gives that back."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_its_folders_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    folder = DataDir(tmp_path / "deep" / "data")

    folder.create()
    folder.create()

    made = [folder.path, folder.blobs, folder.run, folder.spool]
    assert [stat.S_IMODE(each.stat().st_mode) for each in made] == [0o700] * 4


def test_everything_lies_inside(tmp_path: Path) -> None:
    folder = DataDir(tmp_path)

    inside = (folder.database, folder.key, folder.blobs, folder.run, folder.spool, folder.pid)
    assert [str(path.relative_to(tmp_path)) for path in inside] == [
        "harbor.db",
        "instance.key",
        "blobs",
        "run",
        "run/spool",
        "run/pid",
    ]


def test_the_owner_says_who_it_is_and_others_are_sent_away(tmp_path: Path) -> None:
    owner, other = DataDir(tmp_path), DataDir(tmp_path)
    owner.acquire()

    with pytest.raises(StartRefused, match=rf"in use by another Harbor process \(process {os.getpid()}\)"):
        other.acquire()

    assert owner.pid.read_text() == f"{os.getpid()}\n"
    owner.release()
    other.acquire()
    other.release()
    assert not owner.pid.exists()


def test_an_owner_that_left_no_name_is_an_owner(tmp_path: Path) -> None:
    owner = DataDir(tmp_path)
    owner.acquire()
    owner.pid.write_text("nonsense")

    with pytest.raises(StartRefused, match=r"another Harbor process; stop it with `harbor stop`"):
        DataDir(tmp_path).acquire()

    owner.release()


def test_an_owner_that_died_is_none(tmp_path: Path) -> None:
    die = "import sys, os, pathlib; from harbor.kernel.datadir import DataDir; DataDir(pathlib.Path(sys.argv[1])).acquire(); os._exit(9)"
    died = subprocess.run([sys.executable, "-c", die, str(tmp_path)], check=False)
    assert died.returncode == 9

    folder = DataDir(tmp_path)
    folder.acquire()

    assert folder.pid.read_text() == f"{os.getpid()}\n"
    folder.release()


def test_what_an_owner_makes_is_readable_by_nobody_else(tmp_path: Path) -> None:
    folder = DataDir(tmp_path)
    folder.acquire()

    folder.key.write_text("secret")

    assert stat.S_IMODE(folder.key.stat().st_mode) == 0o600
    folder.release()


def test_a_place_where_no_folder_can_be_refuses_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StartRefused, match="cannot be made: Not a directory"):
        DataDir(tmp_path / "file" / "data").acquire()


def test_releasing_what_one_does_not_own_changes_nothing(tmp_path: Path) -> None:
    owner = DataDir(tmp_path)
    owner.acquire()

    DataDir(tmp_path).release()

    assert owner.pid.exists()
    owner.release()
