"""Clients of Harvest that others wrote do all their calls against Harbor, and only the address is another.

One server for all: npm `node-harvest-api`, `harvest-v2` and `harvest`; from PyPI `python-harvest-apiv2`, and the tap of
singer, `tap-harvest`.
"""

from __future__ import annotations

import json
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.end_to_end.server import install, serving
from tests.interop import consent, environments, packages

# They make more than a hundred calls in fifteen seconds.
UNLIMITED = {"HARBOR_HARVEST_RATE_LIMIT": "off", "HARBOR_HARVEST_REPORTS_RATE_LIMIT": "off"}
PICTURE = "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
REFUSED = {"message": "Name can't be blank"}
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Harvest:
    """Where it answers, to whom, and an application that somebody lets act."""

    url: str
    account_id: int
    access_token: str
    oauth: dict[str, str]

    @property
    def given(self) -> dict[str, Any]:
        """What the clients are told."""
        return {"url": self.url, "account_id": self.account_id, "access_token": self.access_token}

    def send(self, method: str, path: str, body: object = None) -> Any:
        """A call, for what is there before a client comes."""
        headers = {
            "Authorization": f"Bearer {self.access_token}",
            "Harvest-Account-Id": str(self.account_id),
            "User-Agent": "Interop",
            "Content-Type": "application/json",
        }
        sent = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(sent) as reply:
            return json.load(reply)


@pytest.fixture(scope="module")
def harvest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvest]:
    """A server, with an application that is allowed to act for the administrator."""
    installation = install(tmp_path_factory.mktemp("harvest") / "data")
    with serving(installation, UNLIMITED, ("--operations-port", "off")) as server:
        made = installation.made["harvest"]
        yield Harvest(
            url=f"{server.url}/harvest",
            account_id=made["account_id"],
            access_token=made["access_token"],
            oauth=consent.granted(server.url, installation.made["console"], made["account_id"]),
        )


def test_clients_from_npm_do_all_their_calls(harvest: Harvest) -> None:
    told = packages.run("harvest.mjs", harvest.given)

    by_api, by_v2, by_request = told["node-harvest-api"], told["harvest-v2"], told["harvest"]
    # Every call is answered with what it asked for, except those that are to be refused.
    assert {name for name, said in by_api if _is_refusal(said)} == {"refused", "missing", "delete"}
    assert {name for name, said in by_v2 if _is_refusal(said)} == {"refused", "missing"}
    assert {name for name, said in by_request if _is_refusal(said)} == {"refused", "missing"}
    api, v2, request = dict(by_api), dict(by_v2), dict(by_request)
    assert (api["refused"], v2["refused"]) == (REFUSED, REFUSED)
    assert request["refused"] == {"refused": 422, "body": json.dumps(REFUSED, separators=(",", ":"))}
    assert api["delete"]["message"] == "Name your application in the User-Agent header."

    assert [each["first_name"] for each in api["users.all"]][:1] == ["Api"]
    assert [each["hours"] for each in api["time_entries.limit"]] == [2.0, 1.0]
    assert (api["time_entries.raw"]["total_entries"], api["time_entries.raw"]["next_page"]) == (3, 2)
    assert (api["time_entries.create"]["is_running"], api["time_entries.stop"]["is_running"]) == (True, False)
    assert [said["event_type"] for name, said in by_api if name.startswith("invoices.") and "event_type" in said] == [
        "send",
        "draft",
        "send",
        "close",
        "re-open",
        None,
    ]
    assert api["invoices.payments.all"][0]["amount"] == 200.0
    assert [said["event_type"] for name, said in by_api if name in ("estimates.reopen", "estimates.decline")] == [
        "re-open",
        "decline",
    ]
    assert v2["invoiceLineItem.update"]["amount"] == 400.0
    assert [each["is_running"] for each in v2["timeEntries.running"]["time_entries"]] == [True]
    assert v2["userCostRates.list"]["total_entries"] == 2
    assert v2["clients.delete"] == {}
    assert (request["timeEntries.restart"]["is_running"], request["timeEntries.again"]["hours"]) == (True, 1.25)
    assert (request["invoices.paid"]["state"], request["invoices.paid"]["amount"]) == ("paid", 100.0)
    assert request["clients.list"]["per_page"] == 3


def test_the_python_client_does_all_its_calls_and_reads_the_answers_into_its_types(harvest: Harvest) -> None:
    said = json.loads(environments.run("apiv2.py", {**harvest.given, "oauth": harvest.oauth, "picture": PICTURE}))

    assert (said["timer"]["is_running"], said["stopped"]["is_running"]) == (True, False)
    assert said["timer"]["external_reference"]["service"] == "trello.com"
    assert said["entry read"]["hours"] == 2.5
    assert said["expense"]["total_cost"] == 15.0
    assert said["expense read"]["receipt"]["file_name"] == "ferry.gif"
    assert said["imported"]["amount"] == 215.0  # 2.5 hours at 80, and the ferry
    assert [line["kind"] for line in said["imported"]["line_items"]] == ["Service", "Product"]
    assert said["line removed"]["amount"] == 200.0
    assert [invoice["state"] for invoice in said["invoices"]["invoices"]] == ["paid"]
    assert said["estimate read"]["amount"] == 200.0
    assert [row["billable_amount"] for row in said["time_projects"]["results"] if "[PY]" in row["project_name"]] == [
        200.0
    ]
    assert said["project_budget"]["results"][0]["budget"] == 20.0
    assert {row["project"] for row in said["detailed"]} >= {"Python Project"}
    assert said["missing"].startswith("The object you requested can’t be found.")
    assert said["with oauth"]["id"] == said["me"]["id"]


def test_the_tap_reads_all_its_streams_and_then_what_changed(harvest: Harvest) -> None:
    at = _everything(harvest)
    streams, full, state = _tapped(harvest, {})

    assert {stream for stream in streams if not full[stream]} == set()
    assert len(streams) == 25
    (entry,) = (row for row in full["time_entries"] if row["id"] == at["entry"])
    assert (entry["external_reference_id"], entry["hours"]) == ("card-1", 2)
    assert {"time_entry_id": at["entry"], "external_reference_id": "card-1"} in full["time_entry_external_reference"]
    assert at["payment"] in {row["id"] for row in full["invoice_payments"]}

    harvest.send("PATCH", f"/v2/clients/{at['client']}", {"name": "Renamed"})
    _, changed, later = _tapped(harvest, state)

    assert [row["name"] for row in changed["clients"] if row["id"] == at["client"]] == ["Renamed"]
    # What shows a client by its name has changed with it.
    for stream in ("projects", "time_entries", "expenses", "invoices", "estimates"):
        assert changed[stream], stream
    for stream, rows in changed.items():
        assert len(rows) <= len(full[stream]), stream
    for stream, marks in state["bookmarks"].items():
        assert all(later["bookmarks"][stream][key] >= mark for key, mark in marks.items()), stream


def _tapped(harvest: Harvest, state: dict[str, Any]) -> tuple[set[str], Rows, dict[str, Any]]:
    """The streams, their rows, and the state to go on from."""
    lines = environments.run("tap.py", {"url": harvest.url, "oauth": harvest.oauth, "state": state}).splitlines()
    messages = [json.loads(line) for line in lines]
    rows: Rows = defaultdict(list)
    for message in messages:
        if message["type"] == "RECORD":
            rows[message["stream"]].append(message["record"])
    states = [message["value"] for message in messages if message["type"] == "STATE"]
    return {message["stream"] for message in messages if message["type"] == "SCHEMA"}, rows, states[-1]


def _is_refusal(said: Any) -> bool:
    return said is None or (isinstance(said, dict) and not said.keys().isdisjoint(("refused", "message", "error")))


def _everything(harvest: Harvest) -> dict[str, int]:
    """Something of everything that the tap has a stream of."""

    def made(path: str, **body: object) -> Any:
        return harvest.send("POST", f"/v2/{path}", body)

    me = harvest.send("GET", "/v2/users/me")["id"]
    client = made("clients", name="Tapped")["id"]
    made("contacts", client_id=client, first_name="Richard")
    made("roles", name="Sales", user_ids=[me])
    kinds = {"is_billable": True, "bill_by": "Project", "hourly_rate": 100, "budget_by": "none"}
    project = made("projects", client_id=client, name="Tapped", **kinds)["id"]
    use = harvest.send("GET", f"/v2/projects/{project}/task_assignments")["task_assignments"][0]
    kind = made("expense_categories", name="Ferries")["id"]
    about = {"project_id": project, "spent_date": "2026-03-03"}
    reference = {"id": "card-1", "group_id": "board-1", "permalink": "https://trello.com/c/1"}
    entry = made("time_entries", **about, task_id=use["task"]["id"], hours=2, external_reference=reference)
    made("expenses", **about, expense_category_id=kind, total_cost=5)
    line = {"kind": "Service", "unit_price": 100}
    invoice = made("invoices", client_id=client, line_items=[{**line, "project_id": project}])["id"]
    made(f"invoices/{invoice}/messages", event_type="send")
    payment = made(f"invoices/{invoice}/payments", amount=10)["id"]
    estimate = made("estimates", client_id=client, line_items=[line])["id"]
    made(f"estimates/{estimate}/messages", event_type="send")
    return {"client": client, "entry": entry["id"], "payment": payment}
