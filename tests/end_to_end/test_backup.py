"""A backup taken from a running server becomes a server again."""

from __future__ import annotations

import json
import shutil
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import PostgresServer
from tests.end_to_end.client import caller
from tests.end_to_end.server import LOOPBACK, Installation, Server, install, run
from tests.receiver import Got, Receiver

from harbor.kernel.blobs import LocalBlobs
from harbor.kernel.webhooks.signing import verify


@pytest.fixture
def server(installation: Installation) -> Iterator[Server]:
    """A server of the test's own."""
    server = Server.start(installation, LOOPBACK)
    yield server
    if server.process.poll() is None:
        assert server.terminate() == 0


def told(server: Server, *words: str) -> Any:
    """What a command for the operator answers."""
    ended = run(*words, "--json", env=operator(server))
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def operator(server: Server) -> dict[str, str]:
    return {"HARBOR_ADMIN_KEY": server.installation.admin_key, "HARBOR_URL": server.url}


async def test_a_backup_is_restored_and_serves_what_was_answered_before_it(
    server: Server, receiver: Receiver, tmp_path: Path
) -> None:
    made = server.installation.made["harbor"]["sandbox"]
    where = {"workspace_id": made["workspace_id"]}
    blob = LocalBlobs(server.installation.data / "blobs").put("acc_1", b"a receipt")
    async with caller(server.url, made["secret_key"]) as api:
        endpoint = {**where, "url": receiver.url(), "events": ["*"]}
        hook = (await api.post("/v1/webhooks", endpoint)).expect(201)
        before = (await api.post("/v1/events", {**where, "type": "a.b", "payload": {}})).expect(201)

        backup = told(server, "backup", str(tmp_path / "x.tar"))

        after = (await api.post("/v1/events", {**where, "type": "a.b", "payload": {}})).expect(201)
    assert (backup["includes_key"], backup["engine"], backup["files"]) == (False, "sqlite", 2)
    assert (tmp_path / "x.tar").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in (server.installation.data / "run").iterdir()) == [
        "drains.lock",
        "lock",
        "pid",
        "spool",
    ]
    server.terminate()

    data = tmp_path / "restored"
    restored = run("restore", str(tmp_path / "x.tar"), "--data", str(data))
    assert restored.returncode == 0, restored.stderr
    assert f"{data}/instance.key" in restored.stderr
    assert backup["key_ids"][0] in restored.stderr
    assert LocalBlobs(data / "blobs").read("acc_1", blob.key) == b"a receipt"
    without_key = run("doctor", "--offline", "--data", str(data), "--json")
    assert (without_key.returncode, failures(without_key.stdout)) == (1, ["key"])
    shutil.copy(server.installation.data / "instance.key", data)
    with_key = run("doctor", "--offline", "--data", str(data), "--json")
    assert (with_key.returncode, failures(with_key.stdout)) == (0, [])

    again = Server.start(Installation(data=data, made=server.installation.made), LOOPBACK)
    try:
        async with caller(again.url, made["secret_key"]) as api:
            (await api.get(f"/v1/events/{before['id']}")).expect(200)
            assert (await api.get(f"/v1/events/{after['id']}")).status == 404
            heard = len(receiver.got)
            (await api.post("/v1/events", {**where, "type": "c.d", "payload": {}})).expect(201)
            await receiver.until(lambda receiver: any(b"c.d" in got.body for got in receiver.got[heard:]))
            got = next(got for got in receiver.got[heard:] if b"c.d" in got.body)
            assert is_signed(got, hook["secret"])  # sealed before the backup
    finally:
        assert again.terminate() == 0


def is_signed(got: Got, secret: str) -> bool:
    """Whether a delivery carries a signature with this secret."""
    headers = got.headers
    signature, timestamp = headers["harbor-signature"], headers["harbor-timestamp"]
    return verify(got.body, signature=signature, timestamp=timestamp, secret=secret, now=time.time())


def failures(stdout: str) -> list[str]:
    """The checks of a doctor that failed."""
    return [check["check"] for check in json.loads(stdout)["data"] if check["verdict"] == "failed"]


async def test_only_the_operator_takes_one(server: Server) -> None:
    made = server.installation.made["harbor"]
    for key in (None, made["sandbox"]["secret_key"], made["production"]["secret_key"]):
        async with caller(server.url, key) as api:
            for method, target in (
                ("POST", "/admin/v1/backup"),
                ("POST", "/admin/v1/key_rotation"),
                ("GET", "/admin/v1/key_rotation"),
                ("GET", "/admin/v1/instance"),
            ):
                assert (await api.request(method, target)).status == (401 if key is None else 403), (key, target)
    async with caller(server.url, made["admin_key"]) as api:
        acts = (await api.get("/admin/v1/audit_log?action=harbor.backup.taken")).expect(200)
        assert acts["data"] == []


async def test_who_took_one_is_in_the_audit_log(server: Server, tmp_path: Path) -> None:
    told(server, "backup", str(tmp_path / "x.tar"), "--include-key")

    async with caller(server.url, server.installation.admin_key) as api:
        acts = (await api.get("/admin/v1/audit_log?action=harbor.backup.taken")).expect(200)
    assert [act["subject"] for act in acts["data"]] == ["with_key"]
    with tarfile.open(tmp_path / "x.tar") as opened:
        assert "instance.key" in opened.getnames()


def test_without_a_server_there_is_a_backup_offline_only(installation: Installation, tmp_path: Path) -> None:
    nobody = {"HARBOR_ADMIN_KEY": installation.admin_key, "HARBOR_URL": "http://127.0.0.1:9"}

    online = run("backup", str(tmp_path / "x.tar"), env=nobody)
    offline = run("backup", str(tmp_path / "x.tar"), "--offline", "--data", str(installation.data), "--json")
    once_more = run("backup", str(tmp_path / "x.tar"), "--offline", "--data", str(installation.data))

    assert (online.returncode, "--offline" in online.stderr) == (3, True)
    assert (offline.returncode, json.loads(offline.stdout)["files"]) == (0, 1)
    assert (once_more.returncode, "exists already" in once_more.stderr) == (1, True)
    assert sorted(path.name for path in tmp_path.glob("x.tar*")) == ["x.tar"]


def test_the_directory_of_a_running_server_is_not_read_offline(server: Server, tmp_path: Path) -> None:
    data = str(server.installation.data)

    taken = run("backup", str(tmp_path / "x.tar"), "--offline", "--data", data)
    examined = run("doctor", "--offline", "--data", data, "--json")

    assert (taken.returncode, f"process {server.process.pid}" in taken.stderr) == (1, True)
    assert (examined.returncode, failures(examined.stdout)) == (1, ["lock"])
    assert not list(tmp_path.glob("x.tar*"))


def test_with_postgresql_it_holds_the_settings_and_says_how_to_take_the_rest(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    name = postgres_server.copy_template()
    installation = install(tmp_path / "data", database=postgres_server.dsn(name))
    (installation.data / "harbor.toml").write_text("log_level = 'warning'\n")
    server = Server.start(installation)
    try:
        taken = run("backup", str(tmp_path / "x.tar"), env=operator(server))
        examined = told(server, "doctor")
    finally:
        assert server.terminate() == 0
    restored = run("restore", str(tmp_path / "x.tar"), "--data", str(tmp_path / "restored"))
    offline = run(
        "doctor", "--offline", "--data", str(installation.data), "--database", postgres_server.dsn(name), "--json"
    )
    postgres_server.drop_later(name)

    assert (taken.returncode, "pg_dump" in taken.stderr) == (0, True)
    with tarfile.open(tmp_path / "x.tar") as opened:
        assert opened.getnames() == ["manifest.json", "harbor.toml", "SHA256SUMS"]
    assert (restored.returncode, "pg_restore" in restored.stderr) == (0, True)
    assert (tmp_path / "restored" / "harbor.toml").read_text() == "log_level = 'warning'\n"
    assert [check for check in examined["data"] if check["verdict"] == "failed"] == []
    assert (offline.returncode, failures(offline.stdout)) == (0, [])


async def test_the_key_is_rotated_while_the_server_works(server: Server, receiver: Receiver, tmp_path: Path) -> None:
    made = server.installation.made["harbor"]["sandbox"]
    where = {"workspace_id": made["workspace_id"]}
    key_file = server.installation.data / "instance.key"
    old = key_file.read_text().splitlines()[-1].split()[0]
    async with caller(server.url, made["secret_key"]) as api:
        endpoint = {**where, "url": receiver.url(), "events": ["*"], "headers": {"X-Own": "mine"}}
        hook = (await api.post("/v1/webhooks", endpoint, headers={"Idempotency-Key": "k1"})).expect(201)

        rotated = told(server, "rotate-key")

        again = (await api.post("/v1/webhooks", endpoint, headers={"Idempotency-Key": "k1"})).expect(201)
        assert again == hook  # the reply was sealed with the old key
        (await api.post("/v1/events", {**where, "type": "a.b", "payload": {}})).expect(201)
        await receiver.until(lambda receiver: len(receiver.got) == 1)
    got = receiver.got[0]
    assert is_signed(got, hook["secret"])
    assert got.headers["x-own"] == "mine"
    assert (rotated["state"], rotated["unreadable"], rotated["resealed"] >= 3) == ("done", 0, True)
    lines = [line for line in key_file.read_text().splitlines() if not line.startswith("#")]
    assert [line.split()[0] for line in lines] == [rotated["key_id"]] != [old]
    assert key_file.stat().st_mode & 0o777 == 0o600
    server.terminate()
    Server.start(server.installation, LOOPBACK).terminate()
