"""`harbor time import`: what is asked of the server, what is shown of it, and how it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run, StandIn

STARTED = {
    "id": 3,
    "state": "running",
    "error": None,
    "source_url": "https://api.harvestapp.com",
    "progress": {"done": 5, "total": 10},
    "counts": [],
}
REPORT = {
    "id": 3,
    "is_equal": True,
    "counts": [{"resource": "clients", "seen": 2, "added": 2, "changed": 0, "left_out": 0}],
    "totals": [{"measure": "records", "source": 2.0, "here": 2.0, "subjects": 1, "differing": 0}],
    "sums": [],
    "problems": 0,
    "first_problems": [],
}
ASKED = ("import", "--from-harvest", "--from-account", "7")


@pytest.fixture
def timed(run: Run, server: StandIn) -> Run:
    """`harbor time` with a token here and one there."""
    server.on("POST /harvest/v2/imports", STARTED, 201)
    server.on("GET /harvest/v2/imports/3", {**STARTED, "state": "done"})
    server.on("GET /harvest/v2/imports/3/report", REPORT)

    def invoke(*words: str, **more: Any) -> Any:
        known = {"HARBOR_HARVEST_TOKEN": "2.pt.oak", "HARBOR_HARVEST_ACCOUNT": "7", "HARBOR_FROM_HARVEST_TOKEN": "far"}
        return run("time", *words, **{**known, **more})

    return invoke


def test_an_import_is_started_watched_and_its_report_is_shown(timed: Run, server: StandIn) -> None:
    ran = timed(*ASKED)

    assert ran.code == 0, ran.stderr
    asked = next(seen.json for seen in server.seen if seen.method == "POST")
    assert asked == {
        "source_url": "https://api.harvestapp.com",
        "source_account_id": "7",
        "source_token": "far",
        "full": False,
    }
    assert "clients" in ran.stdout
    assert "Nothing differs." in ran.stderr
    assert timed(*ASKED, "--json").json == REPORT


def test_what_differs_ends_with_one(timed: Run, server: StandIn) -> None:
    line = {"phase": "compare", "resource": "clients", "id": "4", "problem": "is missing here"}
    server.on(
        "GET /harvest/v2/imports/3/report", {**REPORT, "is_equal": False, "problems": 1, "first_problems": [line]}
    )

    ran = timed("import", "--follow", "3")

    assert ran.code == 1
    assert "is missing here" in ran.stdout


def test_one_that_goes_on_is_watched_by_the_same_command(timed: Run, server: StandIn) -> None:
    server.on("POST /harvest/v2/imports", {"message": "Import 3 goes on; wait for it, or cancel it"}, 422)
    server.on("GET /harvest/v2/imports", {"imports": [STARTED]})

    assert timed(*ASKED).code == 0


def test_one_that_failed_says_why(timed: Run, server: StandIn) -> None:
    server.on(
        "GET /harvest/v2/imports/3", {**STARTED, "state": "failed", "error": "The source does not accept the token."}
    )

    error = timed(*ASKED, "--json").error

    assert (error["code"], error["import"]) == ("import_failed", 3)


def test_it_says_what_was_not_passed_and_need_not_wait(timed: Run) -> None:
    assert timed("import", "--from-harvest", "--from-account", "7", HARBOR_FROM_HARVEST_TOKEN="").code == 2
    assert timed("import", "--from-account", "7").code == 2
    assert timed(*ASKED, "--no-wait", "--json").json["id"] == 3


def test_a_file_is_sent_and_its_lines_are_shown(timed: Run, server: StandIn, tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    file.write_bytes(b"Date,Project\n")
    counts = {"rows": 2, "written": 1, "there_before": 0, "left_out": 1, "created": {"clients": 1}, "dry_run": True}
    shown = {"id": 9, "state": "done", "error": None, **counts}
    server.on("POST /harvest/v2/csv_imports", {**shown, "state": "waiting"}, 201)
    server.on("GET /harvest/v2/csv_imports/9", {**shown, "lines": [{"line": 3, "problem": "it is no date"}]})

    ran = timed("import", "--csv", str(file), "--dry-run", "--create-missing")

    assert ran.code == 1
    assert "it is no date" in ran.stdout
    assert "trial" in ran.stderr
    sent = next(seen for seen in server.seen if seen.method == "POST")
    assert b"Date,Project" in sent.body
    assert b"create_missing" in sent.body
    assert timed("import", "--csv", str(tmp_path / "none.csv")).code == 2
