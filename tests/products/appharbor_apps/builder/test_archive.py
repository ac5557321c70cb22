"""Archives of strangers: nothing leaves the tree, nothing is endless."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from tests.products.appharbor_apps.builder.conftest import tarred

from harbor.products.appharbor_apps.builder.archive import pack, unpack
from harbor.products.appharbor_apps.builder.limits import Limits
from harbor.products.appharbor_apps.builder.port import Refused
from harbor.products.appharbor_apps.builder.reports import junit, tap

LIMITS = Limits(tree_bytes_max=100_000, entries_max=20)


def member(name: str, type_: bytes = tarfile.REGTYPE, linkname: str = "", **fields: int) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = type_, linkname
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def put(raw: bytes, folder: Path, *, strips: bool = False) -> None:
    folder.mkdir()
    unpack(io.BytesIO(raw), folder, LIMITS, compressed=True, strips=strips)


HOSTILE = {
    "absolute": [member("/etc/passwd")],
    "climbs": [member("a/../../x")],
    "link out": [member("x", tarfile.SYMTYPE, "../../etc")],
    "absolute link": [member("x", tarfile.SYMTYPE, "/etc/passwd")],
    "below a link": [member("d", tarfile.DIRTYPE), member("l", tarfile.SYMTYPE, "d"), member("l/x")],
    "hard link to a link": [member("l", tarfile.SYMTYPE, "x"), member("h", tarfile.LNKTYPE, "l")],
    "hard link out": [member("h", tarfile.LNKTYPE, "../x")],
    "device": [member("x", tarfile.CHRTYPE)],
    "pipe": [member("x", tarfile.FIFOTYPE)],
    "below a file": [member("f"), member("f/x")],
    "too many": [member(f"f{number}") for number in range(21)],
    "endless name": [member("x" * 5_000)],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_entries_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused):
        put(tarred({}, members=HOSTILE[name]), tmp_path / "tree")

    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


NO_ARCHIVES = {
    "empty": b"",
    "text": b"nonsense",
    "cut off": tarred({"a": "b"})[:40],
    "bomb": tarred({"a": b"x" * 200_000}),
}


@pytest.mark.parametrize(
    "raw", NO_ARCHIVES.values(), ids=NO_ARCHIVES
)  # a packed archive holds the time: no name for a test
def test_what_is_no_archive_or_unpacks_to_too_much_is_refused(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(Refused):
        put(raw, tmp_path / "tree")


def test_rights_of_others_are_dropped(tmp_path: Path) -> None:
    put(tarred({}, members=[member("x", mode=0o6777), member("l", tarfile.SYMTYPE, "x")]), tmp_path / "tree")

    assert oct((tmp_path / "tree" / "x").stat().st_mode & 0o7777) == "0o755"
    assert (tmp_path / "tree" / "l").is_symlink()


def test_one_wrapping_folder_is_dropped_and_a_link_is_none(tmp_path: Path) -> None:
    put(tarred({"a/b": "1", "a/a/c": "2"}), tmp_path / "one", strips=True)
    put(tarred({"a/b": "1", "c": "2"}), tmp_path / "two", strips=True)

    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()) == [
        "one/a/c",
        "one/b",
        "two/a/b",
        "two/c",
    ]


def test_what_is_packed_is_unpacked_and_the_same_again(tmp_path: Path) -> None:
    put(tarred({"a": "1", "d/b": "2"}, members=[member("l", tarfile.SYMTYPE, "d/b")]), tmp_path / "tree")
    pack(tmp_path / "tree", tmp_path / "one.tar.gz")
    put((tmp_path / "one.tar.gz").read_bytes(), tmp_path / "again")
    pack(tmp_path / "again", tmp_path / "two.tar.gz")

    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()
    assert (tmp_path / "again" / "l").read_text() == "2"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<x",
        b"<other/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><testsuite><testcase name="&a;"/></testsuite>',
        b"\xff\xfe",
    ],
)
def test_a_report_that_is_none_is_passed_over(raw: bytes) -> None:
    assert junit(raw) == []


def test_prose_is_no_tap() -> None:
    assert tap("ok then\nnot ok at all\n") == []
