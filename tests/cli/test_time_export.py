"""`harbor time export`: whole archives are named, halves are not, and nothing is written outside of a folder."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sdks.python.tests.loopback import Answer
from tests.cli.conftest import Run, StandIn

ROUTE = "GET /harvest/v2/export.zip"
FILES = {
    "clients.jsonl": '{"id":1}\n',
    "receipts/1-a.png": "x",
    "manifest.json": json.dumps({"counts": {"clients": 1}}),
}


def archive(**files: str) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as written:
        for name, text in {**FILES, **files}.items():
            written.writestr(name, text)
    return found.getvalue()


@pytest.fixture
def timed(run: Run) -> Run:
    """`harbor time` with a token."""

    def invoke(*words: str) -> Any:
        return run("time", *words, HARBOR_HARVEST_TOKEN="2.pt.oak", HARBOR_HARVEST_ACCOUNT="7")

    return invoke


def test_an_archive_becomes_a_file_or_a_folder(timed: Run, server: StandIn, tmp_path: Path) -> None:
    server.answers[ROUTE] = Answer(200, body=archive())

    file = timed("export", str(tmp_path / "all.zip"), "--json")
    folder = timed("export", str(tmp_path / "all"), "--format", "csv")

    assert (file.code, file.json["clients"]) == (0, 1)
    assert (tmp_path / "all.zip").read_bytes() == archive()
    assert folder.code == 0, folder.stderr
    assert (tmp_path / "all" / "receipts" / "1-a.png").read_text() == "x"
    assert dict(server.last.query) == {"format": "csv"}
    again = timed("export", str(tmp_path / "all.zip"))
    assert (again.code, timed("export", str(tmp_path / "all"), "--force").code) == (2, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all", "all.zip"]


def test_a_folder_is_not_written_over_by_a_file_nor_a_file_by_a_folder(
    timed: Run, server: StandIn, tmp_path: Path
) -> None:
    server.answers[ROUTE] = Answer(200, body=archive())
    (tmp_path / "all.zip").mkdir()
    (tmp_path / "all").write_text("mine")

    for name, kind in (("all.zip", "folder"), ("all", "file")):
        ran = timed("export", str(tmp_path / name), "--force", "--json")
        assert (ran.code, f"is a {kind}" in ran.stderr) == (2, True)
    assert (tmp_path / "all").read_text() == "mine"


def test_half_of_an_archive_is_no_archive(timed: Run, server: StandIn, tmp_path: Path) -> None:
    server.answers[ROUTE] = Answer(200, body=archive()[:-30])

    ran = timed("export", str(tmp_path / "all.zip"), "--json")

    assert ran.error["code"] == "incomplete"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "..\\evil"])
def test_nothing_is_written_outside_of_the_folder(timed: Run, server: StandIn, tmp_path: Path, name: str) -> None:
    server.answers[ROUTE] = Answer(200, body=archive(**{name: "x"}))

    ran = timed("export", str(tmp_path / "in" / "all"), "--json")

    assert ran.error["code"] == "unsafe_archive"
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


def test_a_refusal_says_so(timed: Run, server: StandIn, tmp_path: Path) -> None:
    server.on(ROUTE, {"message": "You are not allowed to export."}, 403)

    assert timed("export", str(tmp_path / "all.zip"), "--json").error["code"] == "forbidden"
