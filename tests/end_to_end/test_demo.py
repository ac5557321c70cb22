"""`harbor demo`, as `make run` starts it: a program that runs the server as another one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from harbor.cli.demo_show.place import MARK, OURS, prepare
from harbor.cli.demo_show.receiver import Receiver
from harbor.cli.output import Failure
from harbor.kernel.datadir import DataDir
from harbor.kernel.errors import StartRefused

COMMAND = [sys.executable, "-P", "-m", "harbor", "demo"]
DEFAULT_PORT = 8000


@pytest.mark.slow
def test_the_demo_shows_that_nothing_accepted_is_lost(tmp_path: Path) -> None:
    # A stranger's settings and database have no say in it.
    environment = os.environ | {"HARBOR_DATABASE": "postgresql://nowhere.invalid/x", "HARBOR_RETRY_SCHEDULE": "0"}

    done = subprocess.run(
        [*COMMAND, "--exit-after", "--json", "--data", str(tmp_path / "demo")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    shown = json.loads(done.stdout)
    assert shown["passed"]
    assert {check["verdict"] for check in shown["checks"]} == {"ok", "allowed"}
    seen = {check["what"]: check["seen"] for check in shown["checks"]}
    assert seen["answer to a forged delivery"] == "401"
    assert seen["answers to a delivery refused once"] == "503, 200"
    assert seen["of them stored, says the API"] == seen["of them arrived at the receiver"] == "200"
    assert seen["events created twice"] == "0"
    assert seen["rows of a CSV loaded into a table"] == "1000"
    assert seen["the table is an event, says SQL"] == "yes"
    assert seen["amount of an invoice of tracked hours"] == seen["the same, says SQL"] == "300.00"
    assert seen["entries it bills and locks"] == "3"
    assert 80 <= shown["kill"]["answered_before"] < 200
    assert shown["secret_key"].startswith("hb_test_")
    assert shown["admin_key"].startswith("hb_admin_")
    assert shown["console"]["url"] == f"{shown['address']}/console"
    assert shown["harper"]["username"] == "admin"
    assert shown["harvest"]["url"] == f"{shown['address']}/harvest"
    assert {events for endpoint in shown["endpoints"] for events in endpoint["events"]} == {"order.*", "invoice.paid"}
    assert not _answers(shown["address"])


@pytest.mark.slow
def test_where_the_port_is_taken_the_demo_says_which_it_takes_and_stays_up_there(tmp_path: Path) -> None:
    with _taken(DEFAULT_PORT), _running("--data", str(tmp_path)) as demo:
        assert demo.stdout is not None
        lines = []
        for line in demo.stdout:
            lines.append(line.rstrip())
            if line.startswith("Harbor stays up"):
                break
        text = "\n".join(lines)
        assert lines[-1].startswith("Harbor stays up"), text
        address = next(line.split()[1].rstrip(",") for line in lines if line.startswith("  Server"))
        assert _answers(address), text

        demo.send_signal(signal.SIGTERM)
        demo.stdout.read()
        assert demo.wait(30) == 0, text

    assert "Port 8000 is taken by another program, so this is " in text
    assert not address.endswith(":8000")
    assert not _answers(address)
    assert [line for line in lines if line[:1].isdecimal()] == [
        "1 Set up",
        "2 Deliver",
        "3 Fail and retry",
        "4 Tables",
        "5 Time",
        "6 Check",
        "7 Kill -9",
        "8 Summary",
    ]
    assert "\x1b" not in text


def test_a_directory_that_is_not_a_demos_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "harbor.db").write_text("somebody's")

    with pytest.raises(Failure) as refused:
        prepare(tmp_path)

    assert refused.value.code == "not_a_demo"
    assert [path.name for path in tmp_path.iterdir()] == ["harbor.db"]


def test_what_an_earlier_demo_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    assert not prepare(tmp_path).was_used
    (tmp_path / "harbor.db").write_text("old")
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "old").touch()
    (tmp_path / "notes.txt").write_text("mine")

    assert prepare(tmp_path).was_used

    assert not (tmp_path / "harbor.db").exists()
    assert not (tmp_path / "blobs").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert {"harbor.toml", ".gitignore", MARK} <= {path.name for path in tmp_path.iterdir()}


def test_the_directory_of_a_demo_that_runs_is_not_touched(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / OURS[0]).write_text("in use")
    owner = DataDir(tmp_path)
    owner.acquire()

    try:
        with pytest.raises(StartRefused, match="in use by another Harbor process"):
            prepare(tmp_path)
    finally:
        owner.release()

    assert (tmp_path / OURS[0]).read_text() == "in use"


def test_a_delivery_cut_off_by_a_kill_has_not_arrived() -> None:
    receiver = Receiver(lambda _arrival: None)
    port = int(receiver.address.rpartition(":")[2])

    with socket.create_connection(("127.0.0.1", port)) as sender:
        sender.sendall(b"POST /shop HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        sender.shutdown(socket.SHUT_WR)
        assert sender.recv(1) == b""

    assert receiver.arrivals == ()
    receiver.close()


@contextmanager
def _running(*options: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as demo:
        try:
            yield demo
        finally:
            if demo.poll() is None:
                demo.terminate()


@contextmanager
def _taken(port: int) -> Iterator[None]:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a test before this one may linger
        with suppress(OSError):  # some other program has it: as good
            other.bind(("127.0.0.1", port))
            other.listen()
        yield


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as reply:
            return bool(reply.status == 200)
    except urllib.error.URLError:
        return False
