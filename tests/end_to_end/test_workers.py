"""Several processes on one PostgreSQL: servers behind one port, and workers beside them."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from tests.conftest import PostgresServer
from tests.end_to_end.client import Api, caller
from tests.end_to_end.server import HARBOR, LOOPBACK, Installation, Server, environment, install, run
from tests.receiver import Answer, Receiver

WAIT_S = 20.0


@pytest.fixture
def on_postgres(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Installation]:
    """An installation on PostgreSQL, not started."""
    name = postgres_server.copy_template()
    yield install(tmp_path / "data", database=postgres_server.dsn(name))
    postgres_server.drop_later(name)


async def test_workers_answer_behind_one_port_a_dead_one_is_replaced_and_all_drain(on_postgres: Installation) -> None:
    server = Server.start(on_postgres, LOOPBACK, ["--workers", "3"])
    parent = psutil.Process(server.process.pid)
    children = parent.children()
    assert len(children) == 3

    children[0].kill()
    children[0].wait(WAIT_S)
    await _answers(server)
    until = time.monotonic() + WAIT_S
    while len(parent.children()) < 3 and time.monotonic() < until:
        await asyncio.sleep(0.05)
    now = parent.children()
    assert len(now) == 3
    assert children[0].pid not in {child.pid for child in now}

    assert server.terminate() == 0
    assert not any(psutil.pid_exists(child.pid) for child in (*children, *now))
    assert server.log.count("serve.child_ended") == 1


async def test_a_stop_reaches_all_workers(on_postgres: Installation) -> None:
    server = Server.start(on_postgres, LOOPBACK, ["--workers", "2"])

    stopped = run("stop", "--data", str(on_postgres.data), "--json")

    assert (stopped.returncode, json.loads(stopped.stdout)) == (0, {"stopped": server.process.pid})
    assert server.wait() == 0


async def test_workers_end_with_a_parent_that_is_killed(on_postgres: Installation) -> None:
    server = Server.start(on_postgres, LOOPBACK, ["--workers", "2"])
    children = psutil.Process(server.process.pid).children()

    server.kill()

    gone, alive = psutil.wait_procs(children, WAIT_S)
    assert (len(gone), alive) == (2, [])


def test_workers_that_cannot_start_are_one_refusal(on_postgres: Installation) -> None:
    (on_postgres.data / "instance.key").unlink()
    assert on_postgres.database is not None

    ended = run(
        "serve",
        "--data",
        str(on_postgres.data),
        "--database",
        on_postgres.database,
        "--port",
        "0",
        "--operations-port",
        "0",
        "--workers",
        "3",
    )

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert [line for line in ended.stderr.splitlines() if line.startswith("error:")] == [
        f"error: {on_postgres.data}/instance.key is missing; without this key the database cannot be read. Put it back."
    ]


def test_on_sqlite_more_processes_are_refused(installation: Installation) -> None:
    many = run("serve", "--data", str(installation.data), "--port", "0", "--operations-port", "0", "--workers", "2")
    worker = run("work", "--data", str(installation.data))

    assert (many.returncode, worker.returncode) == (1, 1)
    assert "--database" in many.stderr
    assert "--database" in worker.stderr


def test_a_manual_calendar_has_one_process(on_postgres: Installation) -> None:
    assert on_postgres.database is not None
    where = ("--data", str(on_postgres.data), "--database", on_postgres.database)

    many = run(
        "serve", *where, "--port", "0", "--operations-port", "0", "--workers", "2", env={"HARBOR_CLOCK": "manual"}
    )
    worker = run("work", *where, env={"HARBOR_CLOCK": "manual"})

    assert (many.returncode, worker.returncode) == (1, 1)
    assert "HARBOR_CLOCK" in many.stderr
    assert "HARBOR_CLOCK" in worker.stderr


async def test_a_worker_sends_what_a_dead_server_still_owed(on_postgres: Installation, receiver: Receiver) -> None:
    made = on_postgres.made["harbor"]["sandbox"]
    env = LOOPBACK | {"HARBOR_RETRY_SCHEDULE": "0,1"}
    receiver.answers.append(Answer(status=503))
    server = Server.start(on_postgres, env)
    async with caller(server.url, made["secret_key"]) as api:
        where = {"workspace_id": made["workspace_id"]}
        (await api.post("/v1/webhooks", {**where, "url": receiver.url(), "events": ["*"]})).expect(201)
        event = (await api.post("/v1/events", {**where, "type": "order.shipped", "payload": {}})).expect(201)
        await _retrying(api, event["id"])
    server.kill()

    worker = _work(on_postgres, env)
    await receiver.until(lambda heard: len(heard.got) == 2)

    worker.send_signal(signal.SIGTERM)
    assert worker.wait(WAIT_S) == 0
    assert worker.stdout is not None
    worker.stdout.close()
    assert receiver.got[1].json()["id"] == receiver.got[0].json()["id"]


async def _retrying(api: Api, event_id: str) -> None:
    async with asyncio.timeout(WAIT_S):
        while True:
            found = (await api.get(f"/v1/events/{event_id}/deliveries")).expect(200)["data"]
            if [delivery["status"] for delivery in found] == ["retrying"]:
                return
            await asyncio.sleep(0.02)


async def _answers(server: Server) -> None:
    async with caller(server.url) as api:
        for _ in range(20):
            assert (await api.get("/healthz")).status == 200


def _work(installation: Installation, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A worker that is ready."""
    assert installation.database is not None
    worker = subprocess.Popen(
        [HARBOR, "work", "--data", str(installation.data), "--database", installation.database, "--json"],
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert worker.stdout is not None
    assert json.loads(worker.stdout.readline())["ready"]
    return worker


async def test_a_restart_of_harper_reaches_all_workers(on_postgres: Installation) -> None:
    server = Server.start(on_postgres, LOOPBACK, ["--workers", "2"])
    made = on_postgres.made["harper"]
    pair = b64encode(f"{made['username']}:{made['password']}".encode()).decode()
    address = server.addresses["operations"]

    async def ask(operation: str, **fields: Any) -> tuple[Any, str | None]:
        # A connection of its own, so that either of them may answer.
        headers = {"Authorization": f"Basic {pair}", "Origin": "https://a.test"}
        async with aiohttp.ClientSession(headers=headers) as session:
            reply = await session.post(address, json={"operation": operation, **fields})
            return await reply.json(), reply.headers.get("Access-Control-Allow-Origin")

    await ask("set_configuration", operationsApi_network_corsAccessList=["https://b.test"])
    await ask("restart")
    refused = 0
    while refused < 8:  # in a row: both have heeded
        refused = refused + 1 if (await ask("user_info"))[1] is None else 0

    assert server.terminate() == 0
