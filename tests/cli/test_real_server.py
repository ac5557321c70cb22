"""The commands against a real server: `harbor init` and `harbor serve`, used as a script would."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sdks.python.tests.loopback import Answer, Loopback, Seen
from tests.cli.conftest import PROGRAM, Ran, Run

from harbor.cli.main import harbor
from harbor_sdk import construct_webhook_event

WAIT_S = 30.0


@dataclass(frozen=True)
class Installation:
    """A server and the variables that make its commands find it."""

    environment: dict[str, str]
    workspace_id: str

    def run(self, *words: str, code: int = 0, **env: str) -> Ran:
        """Runs a command with --json, in this process. It must end with `code`."""
        ended = CliRunner().invoke(harbor, [*words, "--json"], env={**self.environment, **env})
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        assert ended.exit_code == code, ended.output
        return Ran(ended.exit_code, ended.stdout, ended.stderr)


class Receiver:
    """An endpoint that answers everything with `status` and lets a test wait for it."""

    def __init__(self) -> None:
        self.status = 200
        self.loopback = Loopback()
        self.loopback.respond = self._take
        self._came = threading.Condition()
        self._taken: list[Seen] = []

    def wait_for(self, count: int) -> list[Seen]:
        with self._came:
            assert self._came.wait_for(lambda: len(self._taken) >= count, WAIT_S), self._taken
            return [*self._taken]

    def _take(self, seen: Seen) -> Answer:
        with self._came:
            self._taken.append(seen)
            self._came.notify_all()
        return Answer(self.status, body=b"taken")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    data = tmp_path_factory.mktemp("installation") / "data"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HARBOR_")}
    made = subprocess.run(
        [PROGRAM, "init", "--data", data, "--json"], capture_output=True, text=True, check=True, env=clean
    )
    secrets = json.loads(made.stdout)
    keys = secrets["harbor"]
    switches = {
        "HARBOR_WEBHOOK_ALLOW_HTTP": "on",
        "HARBOR_WEBHOOK_ALLOW_CIDRS": "127.0.0.0/8",
        "HARBOR_RATE_LIMITS": "off",
    }
    with subprocess.Popen(
        [PROGRAM, "serve", "--data", data, "--port", "0", "--operations-port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=clean | switches,
    ) as server:
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        yield Installation(
            {
                **clean,
                "HARBOR_URL": ready["addresses"]["main"],
                "HARBOR_SECRET_KEY": keys["sandbox"]["secret_key"],
                "HARBOR_ADMIN_KEY": keys["admin_key"],
                "HARPER_PASSWORD": secrets["harper"]["password"],
            },
            keys["sandbox"]["workspace_id"],
        )
        server.terminate()
        assert server.wait(WAIT_S) == 0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.loopback.close()


@pytest.fixture
def run(installation: Installation) -> Run:
    return installation.run


def recorded(run: Run, delivery_id: str, attempts: int = 1) -> None:
    """Waits until the server has written down what became of so many attempts."""
    deadline = time.monotonic() + WAIT_S
    while run("deliveries", "get", delivery_id).json["attempt_count"] < attempts:
        assert time.monotonic() < deadline, delivery_id


def test_status_tells_the_workspace(installation: Installation) -> None:
    told = installation.run("status").json

    assert (told["workspace_id"], told["workspace_status"]) == (installation.workspace_id, "active")
    assert (told["scopes"], told["environment"]) == ("all", "sandbox")


def test_an_event_is_created_read_listed_and_followed(run: Run) -> None:
    words = ("events", "create", "order.shipped", "--payload", '{"city": "Zürich"}', "--idempotency-key", "followed")
    first = run(*words).json
    second = run("trigger", "order.returned").json

    assert run(*words).json == first
    assert run("events", "get", first["id"]).json == first
    assert run("events", "list", "--type", "order.returned", "--limit", "1").json["data"] == [second]
    assert first["id"] in [
        one["id"] for one in run("events", "list", "--order", "asc", "--created-after", "1h").json["data"]
    ]
    assert run("events", "tail", "--last-event-id", first["id"], "--limit", "1").lines == [second]


def test_a_webhook_is_delivered_verified_and_replayed(run: Run, receiver: Receiver, tmp_path: Path) -> None:
    endpoint = run("webhooks", "create", f"{receiver.loopback.url}/hook", "--event", "invoice.*").json
    event = run("trigger", "invoice.paid").json
    seen = receiver.wait_for(1)[0]
    assert construct_webhook_event(seen.body, seen.headers, endpoint["secret"]).data.id == event["id"]

    (tmp_path / "headers").write_text(json.dumps(dict(seen.headers)))
    (tmp_path / "body").write_bytes(seen.body)
    verify = ("webhooks", "verify", "--headers", f"{tmp_path}/headers", "--body", f"{tmp_path}/body", "--secret")
    assert run(*verify, endpoint["secret"]).json["verified"] is True
    rotated = run("webhooks", "rotate-secret", endpoint["id"], "--grace-period-seconds", "0").json
    assert run(*verify, rotated["secret"], code=1).error["check"] == "harbor_signature"

    delivery_id = seen.headers["harbor-delivery-id"]
    recorded(run, delivery_id)
    run("deliveries", "replay", delivery_id)
    again = receiver.wait_for(2)[1]
    assert again.body == seen.body
    assert construct_webhook_event(again.body, again.headers, rotated["secret"]).id == delivery_id
    listed = run("deliveries", "list", "--webhook-id", endpoint["id"], "--event-id", event["id"]).json["data"]
    assert [one["id"] for one in listed] == [delivery_id]
    assert run("deliveries", "get", delivery_id).json["request_body"] == seen.body.decode()
    recorded(run, delivery_id, attempts=2)
    assert "data" in run("deliveries", "attempts", delivery_id, "--limit", "5").json
    assert run("deliveries", "replay-many", "--webhook-id", endpoint["id"], "--dry-run").json["count"] == 1


def test_an_endpoint_is_changed_tested_measured_recovered_and_deleted(run: Run, receiver: Receiver) -> None:
    words = ("--event", "a.b", "--metadata", "team=blue", "--header", "X-Token=t", "--filter", '{"n": {"$gt": 1}}')
    webhook_id = run("webhooks", "create", receiver.loopback.url, *words, "--rate-limit", "5").json["id"]

    assert run("webhooks", "test", webhook_id).json["response_status"] == 200
    assert receiver.wait_for(1)[0].headers["x-token"] == "t"
    changed = run("webhooks", "update", webhook_id, "--clear", "filter", "--status", "disabled").json
    assert (changed["filter"], changed["status"], changed["metadata"]) == (None, "disabled", {"team": "blue"})
    assert webhook_id in [one["id"] for one in run("webhooks", "list", "--status", "disabled").json["data"]]
    assert run("webhooks", "test", webhook_id, code=1).error["code"] == "webhook_disabled"
    run("webhooks", "update", webhook_id, "--status", "active")
    assert run("webhooks", "stats", webhook_id, "--since", "1d").json["webhook_id"] == webhook_id
    assert run("webhooks", "recover", webhook_id, "--since", "1h").json["job_id"]
    assert run("webhooks", "delete", webhook_id).json["deleted"] is True
    assert run("webhooks", "get", webhook_id, code=1).error["code"] == "resource_not_found"


def test_a_delivery_is_canceled(run: Run, receiver: Receiver) -> None:
    receiver.status = 500
    webhook_id = run("webhooks", "create", receiver.loopback.url, "--event", "cancel.me").json["id"]
    event_id = run("trigger", "cancel.me").json["id"]
    delivery_id = receiver.wait_for(1)[0].headers["harbor-delivery-id"]
    recorded(run, delivery_id)

    listed = run("deliveries", "list", "--webhook-id", webhook_id, "--event-id", event_id, "--status", "retrying")
    assert [one["id"] for one in listed.json["data"]] == [delivery_id]
    assert run("deliveries", "cancel", delivery_id).json["status"] == "canceled"


def test_a_key_lives_and_ends(installation: Installation) -> None:
    named = ("--workspace", installation.workspace_id)
    made = installation.run(
        "keys", "create", *named, "--name", "ci", "--scope", "events:read", "--rate-limit", "60:6"
    ).json
    listing = {"HARBOR_SECRET_KEY": made["secret"], "HARBOR_WORKSPACE": installation.workspace_id}

    installation.run("events", "list", **listing)
    refused = installation.run("events", "create", "a.b", "--payload", "{}", code=1, **listing)
    assert refused.error["code"] == "permission_denied"
    assert refused.error["request_id"].startswith("req_")
    rolled = installation.run("keys", "roll", made["id"], "--expire-old-in-seconds", "0").json
    assert installation.run("events", "list", code=1, **listing).error["code"] == "authentication_failed"
    listing["HARBOR_SECRET_KEY"] = rolled["secret"]
    installation.run("events", "list", **listing)
    installation.run("keys", "revoke", rolled["id"])
    assert installation.run("events", "list", code=1, **listing).error["code"] == "authentication_failed"
    handles = installation.run("keys", "list", *named).json["data"]
    assert {made["id"], rolled["id"]} <= {one["id"] for one in handles}
    assert not any("secret" in one for one in handles)
    assert installation.run("keys", "list", code=2).error["code"] == "workspace_needed"


def test_a_workspace_is_made_suspended_activated_and_archived(run: Run) -> None:
    workspace_id = run("workspaces", "create", "Fulfilment", "--environment", "sandbox").json["id"]
    secret = run("keys", "create", "--workspace", workspace_id, "--name", "first").json["secret"]

    def create(code: int) -> Any:
        return run("trigger", "a.b", code=code, HARBOR_SECRET_KEY=secret)

    create(0)
    assert run("workspaces", "suspend", workspace_id, "--reason", "billing").json["suspension_reason"] == "billing"
    assert create(1).error["code"] == "workspace_suspended"
    assert run("workspaces", "activate", workspace_id).json["status"] == "active"
    create(0)
    assert run("workspaces", "archive", workspace_id).json["status"] == "archived"
    assert create(1).error["code"] == "workspace_archived"
    listed = run("workspaces", "list", "--environment", "sandbox", "--status", "archived").json["data"]
    assert workspace_id in [one["id"] for one in listed]
    assert run("workspaces", "get", workspace_id).json["name"] == "Fulfilment"


def test_listen_delivers_what_is_triggered_while_it_runs(installation: Installation, receiver: Receiver) -> None:
    installation.run("trigger", "before.listening")
    with subprocess.Popen(
        [PROGRAM, "listen", "--forward-to", f"{receiver.loopback.url}/local", "--limit", "1", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=installation.environment,
    ) as listening:
        assert listening.stdout is not None
        try:
            session = json.loads(listening.stdout.readline())
            event = installation.run("trigger", "while.listening").json
            reply = json.loads(listening.stdout.readline())
            assert listening.wait(WAIT_S) == 0
        finally:
            listening.kill()

    assert (reply["event_id"], reply["status"], reply["text"]) == (event["id"], 200, "taken")
    seen = receiver.wait_for(1)[0]
    assert construct_webhook_event(seen.body, seen.headers, session["secret"]).data.id == event["id"]


def test_tables_are_filled_asked_and_exported(run: Run, tmp_path: Path) -> None:
    dogs, again = tmp_path / "dogs.csv", tmp_path / "again.jsonl"
    dogs.write_text('id,name,age,tags\n1,Penny,5,"[""a""]"\n2,"Rex\nthe 2nd",3.5,\nx,Ünal,true,null\n1,Twice,,\n')

    made = run("tables", "import", str(dogs), "--table", "kennel.dog", "--key", "id", code=1).json
    listed = run("tables", "list", "kennel").json["data"]
    found = json.loads(run("tables", "sql", "SELECT name FROM kennel.dog WHERE age > 3 ORDER BY age").stdout)
    out = run("tables", "export", "--table", "kennel.dog", "--to", str(again)).json
    back = run("tables", "import", str(again), "--table", "kennel.copy", "--key", "id", "--action", "upsert").json
    refused = run("tables", "sql", "SELECT * FROM kennel.cat", code=1)

    assert (made["rows"], made["written"], made["left_alone"]) == (4, 3, 1)
    assert made["reasons"] == ["row 4: a record has its primary key already"]
    assert [(one["table"], one["key"], one["records"]) for one in listed] == [("kennel.dog", "id", 3)]
    assert found == [{"name": "Rex\nthe 2nd"}, {"name": "Penny"}]
    assert (out["records"], back["written"]) == (3, 3)
    shown = "SELECT id, name, age, tags FROM kennel.{} ORDER BY id"
    kept, copied = (run("tables", "sql", shown.format(name)).stdout for name in ("dog", "copy"))
    assert kept == copied
    assert refused.error["code"] == "table_missing"
    assert run("tables", "sql", "--explain", "SELECT * FROM kennel.dog WHERE id = 1").stdout.startswith("[")
