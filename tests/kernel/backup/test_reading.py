"""A backup that was written is read; one that was changed, cut off or made by somebody else is refused."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.backup import model, reading, tar, writing
from harbor.kernel.backup.model import Manifest
from harbor.kernel.backup.restoring import restore_into
from harbor.kernel.blobs.local import LocalBlobs
from harbor.kernel.errors import Invalid, StartRefused

MANIFEST = Manifest(
    format=model.FORMAT,
    harbor_version="1.0",
    created_at=datetime(2026, 5, 25, 12, tzinfo=UTC),
    engine="sqlite",
    migrations=("kernel/0001_foundation",),
    key_ids=("abcdefgh",),
    has_key=False,
    note="For a test.",
)
BLOB = f"blobs/acc_1/ab/ab{'0' * 30}"
Entry = tuple[str, bytes]


def packed(*entries: Entry, sums: bytes | None = None, manifest: bytes | None = None, end: bytes = tar.END) -> bytes:
    """A backup of these files, with right sums unless others are given."""
    files = [(model.MANIFEST, model.encode(MANIFEST) if manifest is None else manifest), *entries]
    right = b"".join(reading.line(sha256(content).hexdigest(), name) for name, content in files)
    files.append((model.SUMS, right if sums is None else sums))
    return b"".join(map(member, files)) + end


def member(entry: Entry) -> bytes:
    name, content = entry
    return tar.header(name, len(content), 0) + content + tar.padding(len(content))


def foreign(**about: object) -> bytes:
    """A header of a sort that backups do not have."""
    info = tarfile.TarInfo("harbor.db")
    for name, value in about.items():
        setattr(info, name, value)
    return info.tobuf(tarfile.GNU_FORMAT)


HEAD = member((model.MANIFEST, model.encode(MANIFEST)))
HOSTILE: dict[str, bytes] = {
    "a path upwards": packed(("../evil", b"x")),
    "an absolute path": packed(("/tmp/evil", b"x")),
    "a path within a path": packed(("blobs/acc_1/../../evil", b"x")),
    "a hidden place": packed(("run/lock", b"x")),
    "a blob on the wrong shelf": packed((f"blobs/acc_1/cd/ab{'0' * 30}", b"x")),
    "a name with a line break": packed(("harbor.db\nx", b"x")),
    "a link": HEAD + foreign(type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "a hard link": HEAD + foreign(type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    "a device": HEAD + foreign(type=tarfile.CHRTYPE),
    "a folder": HEAD + foreign(type=tarfile.DIRTYPE),
    "a sparse file": HEAD + foreign(type=tarfile.GNUTYPE_SPARSE, size=10**15),
    "a long name": HEAD + foreign(type=tarfile.GNUTYPE_LONGNAME, size=10**15),
    "a header for all": HEAD + foreign(type=tarfile.XGLTYPE, size=10**15),
    "a file longer than the file": HEAD + foreign(size=10**15),
    "large settings": packed((model.SETTINGS, b"x" * (model.SMALL_FILE_BYTES_MAX + 1))),
    "no manifest": b"".join(map(member, [("harbor.db", b"x"), (model.SUMS, b"")])) + tar.END,
    "a manifest at the end": member(("harbor.db", b"x")) + HEAD + tar.END,
    "another manifest": packed((model.MANIFEST, b"{}")),
    "a manifest that is none": packed(manifest=b"[]"),
    "no sums": HEAD + tar.END,
    "sums of something else": packed(("harbor.db", b"x"), sums=b"0" * 64 + b"  harbor.db\n"),
    "sums of less": packed(("harbor.db", b"x"), sums=b""),
    "sums that never end": packed(("harbor.db", b"x"), sums=b"0" * 2_000_000),
    "files after the sums": packed(end=member(("harbor.db", b"x")) + tar.END),
    "more after the end": packed() + b"x",
    "nothing": b"",
    "no tar": b"x" * 10_240,
    "a compressed tar": b"\x1f\x8b" + b"x" * 10_240,
}


def verify(content: bytes) -> reading.Read:
    return reading.verify(io.BytesIO(content))


def test_a_whole_backup_says_what_is_in_it() -> None:
    read = verify(packed(("harbor.db", b"database"), (BLOB, b"blob")))

    assert (read.manifest, read.files, read.size_bytes) == (MANIFEST, 2, 12)


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_was_not_made_by_us_is_refused_and_nothing_is_left_of_it(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file.tar").write_bytes(content)

    with pytest.raises(Invalid):
        verify(content)
    with pytest.raises(Invalid):
        restore_into(tmp_path / "file.tar", tmp_path / "data")

    assert [path.name for path in tmp_path.iterdir()] == ["file.tar"]


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file.tar").write_bytes(packed(("harbor.db", b"one"), ("harbor.db", b"two")))

    with pytest.raises(Invalid, match="twice"):
        restore_into(tmp_path / "file.tar", tmp_path / "data")


@given(st.data())
def test_a_backup_cut_off_anywhere_is_refused(data: st.DataObject) -> None:
    whole = packed(("harbor.db", b"database" * 100), (BLOB, b"blob"), end=b"")
    length = data.draw(st.integers(0, len(whole)))

    with pytest.raises(Invalid):
        verify(whole[:length])


@given(st.data())
def test_a_changed_byte_in_a_file_is_found(data: st.DataObject) -> None:
    content = b"database" * 100
    whole = packed(("harbor.db", content))
    start = whole.index(content)
    position = data.draw(st.integers(start, start + len(content) - 1))
    changed = bytearray(whole)
    changed[position] ^= data.draw(st.integers(1, 255))

    with pytest.raises(Invalid, match=r"harbor\.db"):
        verify(bytes(changed))


def test_a_backup_of_a_later_form_says_so() -> None:
    later = model.encode(MANIFEST).replace(b'"format": 1', b'"format": 2')

    with pytest.raises(Invalid, match="newer program"):
        verify(packed(manifest=later))


def test_the_tar_of_others_reads_it_and_finds_the_sums_right(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path / "blobs")
    blob = blobs.put("acc_1", b"picture")
    source = writing.pieces(
        model.encode(MANIFEST), [("harbor.db", io.BytesIO(b"database"))], blobs, modified_at=1, folder=str(tmp_path)
    )

    with tarfile.open(fileobj=io.BytesIO(b"".join(source))) as opened:
        contents = {each.name: opened.extractfile(each).read() for each in opened}  # type: ignore[union-attr]

    name = f"blobs/acc_1/{blob.key[:2]}/{blob.key}"
    assert list(contents) == [model.MANIFEST, "harbor.db", name, model.SUMS]
    assert contents[name] == b"picture"
    sums = dict(reversed(line.split("  ")) for line in contents.pop(model.SUMS).decode().splitlines())
    assert sums == {each: sha256(content).hexdigest() for each, content in contents.items()}


def test_files_above_8_gib_have_a_header() -> None:
    info = tarfile.TarInfo.frombuf(tar.header("harbor.db", 20 * 2**30, 0), "utf-8", "strict")

    assert (info.size, info.type) == (20 * 2**30, tarfile.REGTYPE)


def test_what_is_restored_is_for_its_owner_only(tmp_path: Path) -> None:
    (tmp_path / "file.tar").write_bytes(packed(("harbor.db", b"database"), (model.KEY, b"key"), (BLOB, b"blob")))

    restore_into(tmp_path / "file.tar", tmp_path / "deep" / "data")

    data = tmp_path / "deep" / "data"
    modes = {path.relative_to(data).as_posix(): path.stat().st_mode & 0o777 for path in data.rglob("*")}
    assert {modes[name] for name in ("harbor.db", model.KEY, BLOB)} == {0o600}
    assert {modes[name] for name in ("blobs", "run", "run/spool", "blobs/acc_1/ab")} == {0o700}
    assert (data / BLOB).read_bytes() == b"blob"


def test_an_empty_directory_is_filled_and_any_other_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file.tar").write_bytes(packed(("harbor.db", b"database")))
    (tmp_path / "data").mkdir()

    restore_into(tmp_path / "file.tar", tmp_path / "data")
    with pytest.raises(StartRefused, match="not empty"):
        restore_into(tmp_path / "file.tar", tmp_path / "data")

    assert (tmp_path / "data" / "harbor.db").read_bytes() == b"database"


def test_what_a_broken_off_restore_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "file.tar").write_bytes(packed(("harbor.db", b"database")))
    left = tmp_path / "data.partial" / "blobs"
    left.mkdir(parents=True)
    (left.parent / "harbor.db").write_bytes(b"half")

    restore_into(tmp_path / "file.tar", tmp_path / "data")

    assert (tmp_path / "data" / "harbor.db").read_bytes() == b"database"
    assert not left.parent.exists()


def test_two_restores_to_one_place_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "file.tar").write_bytes(packed(("harbor.db", b"database")))
    refusals = []

    def begin(_: Manifest) -> None:
        with pytest.raises(StartRefused, match="Another restore") as refused:
            restore_into(tmp_path / "file.tar", tmp_path / "data")
        refusals.append(refused.value)

    restore_into(tmp_path / "file.tar", tmp_path / "data", begin=begin)

    assert len(refusals) == 1
    assert (tmp_path / "data" / "harbor.db").exists()


def test_who_begins_may_refuse(tmp_path: Path) -> None:
    (tmp_path / "file.tar").write_bytes(packed(("harbor.db", b"database")))
    refuse: Callable[[Manifest], None] = lambda _: (_ for _ in ()).throw(Invalid("no"))  # noqa: E731

    with pytest.raises(Invalid, match="no"):
        restore_into(tmp_path / "file.tar", tmp_path / "data", begin=refuse)

    assert not (tmp_path / "data").exists()
