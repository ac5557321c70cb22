"""`harbor time`: what is asked of Harvest's API, how names are understood, and how a command ends."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.cli.conftest import Run, StandIn

from harbor.cli.time_session import harvest_url

TASKS = [{"task": {"id": 8, "name": "Design"}}, {"task": {"id": 9, "name": "Programming"}}]
ASSIGNMENTS = [
    {"project": {"id": 3, "name": "Pier", "code": "P1"}, "task_assignments": TASKS},
    {"project": {"id": 4, "name": "Pier lights", "code": None}, "task_assignments": []},
    {"project": {"id": 5, "name": "Lighthouse\x1b[2J", "code": ""}, "task_assignments": TASKS},
]


def entry(**facts: Any) -> dict[str, Any]:
    return {
        "id": 70,
        "spent_date": "2026-05-25",
        "hours": 1.5,
        "notes": "the gate",
        "is_running": False,
        "is_locked": False,
        "locked_reason": None,
        "user": {"id": 2, "name": "Ada Admin"},
        "client": {"id": 1, "name": "Anchor Works"},
        "project": {"id": 3, "name": "Pier"},
        "task": {"id": 9, "name": "Programming"},
        **facts,
    }


@pytest.fixture
def timed(run: Run, server: StandIn) -> Run:
    """`harbor time` as somebody with a token, on two projects of which one has tasks."""
    server.on("GET /harvest/v2/users/me", {"id": 2})
    server.on("GET /harvest/v2/users/me/project_assignments", {"project_assignments": ASSIGNMENTS})
    server.on("GET /harvest/v2/time_entries", {"time_entries": [], "total_entries": 0})
    server.on("POST /harvest/v2/time_entries", entry(is_running=True, hours=0.0), 201)

    def invoke(*words: str, **more: Any) -> Any:
        return run("time", *words, **{"HARBOR_HARVEST_TOKEN": "2.pt.oak", "HARBOR_HARVEST_ACCOUNT": "7", **more})

    return invoke


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/harvest"),
        ("localhost", "http://localhost:8000/harvest"),
        ("http://127.0.0.1:8010/", "http://127.0.0.1:8010"),
    ],
)
def test_the_api_is_under_harbors_address_or_at_its_own(host: str, url: str) -> None:
    assert harvest_url(host) == url


def test_a_timer_is_started_by_names_as_people_type_them(timed: Run, server: StandIn) -> None:
    for project, task in (("pier", "PROG"), ("P1", "9"), ("3", "Programming")):
        ran = timed("start", "--project", project, "--task", task, "--notes", "the gate")

        assert ran.code == 0, ran.stderr
        sent = {"project_id": 3, "task_id": 9, "spent_date": str(date.today()), "notes": "the gate"}
        assert server.last.json == sent
    headers = server.last.headers
    assert (headers["authorization"], headers["harvest-account-id"]) == ("Bearer 2.pt.oak", "7")
    assert headers["user-agent"] == "harbor time"
    assert "running" in ran.stdout


def test_a_name_that_is_none_or_several_says_what_there_is(timed: Run) -> None:
    for project, task, code in (
        ("Quay", "Design", "project_missing"),
        ("p", "Design", "project_ambiguous"),
        ("Pier", "Sleep", "task_missing"),
        ("Pier lights", "Design", "task_missing"),
    ):
        ran = timed("start", "--project", project, "--task", task, "--json")

        assert (ran.code, ran.error["code"]) == (1, code)
    plainly = timed("start", "--project", "Quay", "--task", "Design")
    assert "Pier (3), Pier lights (4), Lighthouse\\x1b[2J (5)" in plainly.stderr


@pytest.mark.parametrize(("typed", "sent"), [("1.5", "1.5"), ("1:30", "1.5000"), (".25", ".25"), ("0:20", "0.3333")])
def test_hours_are_a_number_or_a_clock(timed: Run, server: StandIn, typed: str, sent: str) -> None:
    ran = timed("log", typed, "--project", "Pier", "--task", "Design", "--date", "2026-05-25", "--json")

    assert ran.code == 0, ran.stderr
    assert server.last.json == {"project_id": 3, "task_id": 8, "spent_date": "2026-05-25", "hours": sent}
    assert ran.json["id"] == 70


@pytest.mark.parametrize(
    "words", [("log", "1:75"), ("log", "-1"), ("log", "1,5"), ("log", "1", "--date", "noon"), ("log",)]
)
def test_what_cannot_be_is_wrong_usage(timed: Run, server: StandIn, words: tuple[str, ...]) -> None:
    ran = timed(*words, "--project", "Pier", "--task", "Design", "--json")

    assert (ran.code, ran.error["code"]) == (2, "wrong_usage")
    assert server.seen == []


def test_the_timer_that_runs_is_shown_and_stopped(timed: Run, server: StandIn) -> None:
    assert timed("status", "--json").json == {"running": None}
    assert (timed("status").code, timed("stop").code, timed("stop", "--json").error["code"]) == (0, 1, "no_timer")
    server.on("GET /harvest/v2/time_entries", {"time_entries": [entry(is_running=True)], "total_entries": 1})
    server.on("PATCH /harvest/v2/time_entries/70/stop", entry(hours=2.0))

    shown, stopped = timed("status", "--json"), timed("stop")

    assert shown.json["running"]["id"] == 70
    assert (stopped.code, server.last.path) == (0, "/harvest/v2/time_entries/70/stop")
    assert "2.00" in stopped.stdout
    assert dict(server.seen[-2].query) == {"user_id": "2", "is_running": "true", "per_page": "1"}


def test_a_list_is_of_oneself_or_of_everybody(timed: Run, server: StandIn) -> None:
    locked = entry(is_locked=True, locked_reason="Item Invoiced")
    server.on("GET /harvest/v2/time_entries", {"time_entries": [entry(), locked], "total_entries": 5})

    own = timed("list", "--to", "2026-05-31")
    everybody = timed("list", "--from", "2026-05-01", "--to", "2026-05-31", "--everybody", "--limit", "2", "--json")

    assert ("Item Invoiced" in own.stdout, "Ada Admin" in own.stdout) == (True, False)
    assert "3.00 hours in 2 of 5 entries." in own.stderr
    assert dict(server.seen[1].query) == {"from": "2026-05-24", "to": "2026-05-31", "per_page": "100", "user_id": "2"}
    assert dict(server.last.query) == {"from": "2026-05-01", "to": "2026-05-31", "per_page": "2"}
    assert (everybody.json["total"], len(everybody.json["data"])) == (5, 2)
    server.on("GET /harvest/v2/time_entries", {"time_entries": [], "total_entries": 0})
    assert timed("list").code == 0


def test_a_refusal_says_what_to_do_next(timed: Run, server: StandIn) -> None:
    for status, body, code, says in (
        (401, {"error": "invalid_token", "error_description": "expired"}, "invalid_token", "HARBOR_HARVEST_TOKEN"),
        (403, {"message": "You are not allowed."}, "forbidden", "role"),
        (404, {"message": "There is none."}, "not_found", "HARBOR_HARVEST_ACCOUNT"),
        (422, {"message": "Hours are wrong"}, "unprocessable", "--help"),
        (429, {"message": "Too many."}, "rate_limited", "15 s"),
        (200, None, "refused", None),
    ):
        server.on("GET /harvest/v2/users/me", body, status)

        error = timed("status", "--json").error

        assert (error["code"], error["status"]) == (code, status)
        assert says is None or says in error["hint"]


def test_without_a_token_an_account_or_a_server_a_command_says_so(timed: Run) -> None:
    assert timed("status", "--json", HARBOR_HARVEST_TOKEN="").error["code"] == "token_needed"
    missing = timed("status", "--json", HARBOR_HARVEST_ACCOUNT="")
    assert (missing.code, missing.error["code"]) == (2, "account_needed")
    away = timed("status", "--json", HARBOR_URL="http://127.0.0.1:1")
    assert (away.code, away.error["code"]) == (3, "connection_error")
