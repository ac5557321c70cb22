"""`harbor backup` and `harbor restore`: to the end, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sdks.python.tests.loopback import Answer, refusal
from tests.cli.conftest import Run, StandIn

from harbor.kernel.backup import model, reading, tar
from harbor.kernel.backup.model import Manifest


def packed(*migrations: str) -> bytes:
    """A small backup whose database has these migrations."""
    manifest = Manifest(
        format=model.FORMAT,
        harbor_version="9.9",
        created_at=datetime(2026, 5, 25, 12, tzinfo=UTC),
        engine="sqlite",
        migrations=migrations,
        key_ids=("abcdefgh",),
        has_key=False,
        note="",
    )
    files = [(model.MANIFEST, model.encode(manifest)), (model.DATABASE, b"database" * 1_000)]
    files.append((model.SUMS, b"".join(reading.line(sha256(content).hexdigest(), name) for name, content in files)))
    whole = b"".join(tar.header(name, len(c), 0) + c + tar.padding(len(c)) for name, c in files)
    return whole + tar.END


def test_what_arrives_whole_gets_its_name(server: StandIn, run: Run, tmp_path: Path) -> None:
    server.answers["POST /admin/v1/backup"] = Answer(chunks=[packed()])

    ran = run("backup", str(tmp_path / "x.tar"), "--json")

    assert ran.code == 0
    assert ran.json["created_at"] == "2026-05-25T12:00:00Z"
    assert [path.name for path in tmp_path.iterdir()] == ["x.tar"]
    assert (tmp_path / "x.tar").read_bytes() == packed()


@pytest.mark.parametrize("length", [0, 700, len(packed()) - 2_000])
def test_what_was_cut_off_is_not_kept(server: StandIn, run: Run, tmp_path: Path, length: int) -> None:
    server.answers["POST /admin/v1/backup"] = Answer(chunks=[packed()[:length]])

    ran = run("backup", str(tmp_path / "x.tar"), "--json")

    assert (ran.code, ran.error["code"]) == (1, "backup_incomplete")
    assert list(tmp_path.iterdir()) == []


def test_a_refused_one_leaves_nothing(server: StandIn, run: Run, tmp_path: Path) -> None:
    server.answers["POST /admin/v1/backup"] = refusal(409, "conflict")

    ran = run("backup", str(tmp_path / "x.tar"), "--json")

    assert (ran.code, ran.error["code"]) == (1, "conflict")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said_before_anything_is_asked(
    server: StandIn, run: Run, tmp_path: Path
) -> None:
    ran = run("backup", str(tmp_path / "absent" / "x.tar"), "--json")

    assert ran.code == 1
    assert "absent" in ran.error["message"]
    assert server.seen == []


def test_a_key_is_needed(run: Run, tmp_path: Path) -> None:
    ran = run("backup", str(tmp_path / "x.tar"), "--json", HARBOR_ADMIN_KEY="")

    assert (ran.code, ran.error["code"]) == (2, "key_needed")


def test_a_backup_of_a_newer_program_is_not_restored(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(packed("kernel/0001_foundation", "kernel/9999_future"))

    ran = run("restore", str(tmp_path / "x.tar"), "--data", str(tmp_path / "data"), "--json", HARBOR_URL="")

    assert (ran.code, ran.error["code"]) == (1, "backup_is_newer")
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "data.partial").exists()


def test_an_older_one_is_and_says_that_it_needs_migrations(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(packed("kernel/0001_foundation"))

    ran = run("restore", str(tmp_path / "x.tar"), "--data", str(tmp_path / "data"), HARBOR_URL="")

    assert ran.code == 0
    assert "harbor migrate" in ran.stderr
    assert "abcdefgh" in ran.stderr


def test_a_rotation_is_watched_to_its_end(server: StandIn, run: Run) -> None:
    server.on("POST /admin/v1/key_rotation", {"id": "job_1", "state": "queued"}, status=202)
    server.on("GET /admin/v1/key_rotation", {"id": "job_1", "state": "done", "key_id": "abcdefgh", "unreadable": 0})

    ran = run("rotate-key", "--json")

    assert (ran.code, ran.json["key_id"]) == (0, "abcdefgh")


def test_a_rotation_that_fails_says_why(server: StandIn, run: Run) -> None:
    server.on("POST /admin/v1/key_rotation", {"id": "job_1", "state": "running"}, status=202)
    server.on("GET /admin/v1/key_rotation", {"id": "job_1", "state": "failed", "error": "The key file is full."})

    ran = run("rotate-key", "--json")

    assert (ran.code, ran.error["code"], ran.error["message"]) == (1, "rotation_failed", "The key file is full.")


def test_a_rotation_need_not_be_watched(server: StandIn, run: Run) -> None:
    server.on("POST /admin/v1/key_rotation", {"id": "job_1", "state": "queued"}, status=202)

    ran = run("rotate-key", "--no-wait", "--json")

    assert (ran.code, ran.json["state"], len(server.seen)) == (0, "queued", 1)


def test_a_backup_that_is_not_there_is_said(run: Run, tmp_path: Path) -> None:
    ran = run("restore", str(tmp_path / "x.tar"), "--data", str(tmp_path / "data"), HARBOR_URL="")

    assert (ran.code, "x.tar cannot be read" in ran.stderr) == (1, True)
