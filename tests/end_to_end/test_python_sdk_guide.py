"""The guide to the Python SDK, done as it says: its programs run against a real server."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.end_to_end.server import HARBOR, Server, environment
from tests.end_to_end.tenant import Tenant

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "python-sdk.md"
PROGRAMS = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL))
SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"
WAIT_S_MAX = 30.0


class Desk:
    """Where the reader of the guide sits: a folder with its programs, and the variables that it says to set."""

    def __init__(self, folder: Path, server: Server, secret_key: str) -> None:
        self.folder = folder
        self.port = _free_port()
        self.env = environment(
            {"HARBOR_SECRET_KEY": secret_key, "HARBOR_WEBHOOK_SECRET": SECRET, "HARBOR_URL": server.url}
        )
        for name, text in PROGRAMS.items():
            told = text.replace("http://127.0.0.1:8000", server.url).replace("4000", str(self.port))
            (folder / name).write_text(told, "utf-8")

    def run(self, program: str) -> str:
        """What a program prints until its end."""
        done = subprocess.run(
            [sys.executable, self.folder / program],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=WAIT_S_MAX,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
        """A program that goes on until it is ended."""
        process = subprocess.Popen(
            words, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1
        )
        with process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture
async def desk(shop: Tenant, tmp_path: Path) -> Desk:
    return Desk(tmp_path, shop.server, (await shop.key(name="Reader"))["secret"])


def test_the_guide_holds_the_programs_that_it_names() -> None:
    assert [*PROGRAMS] == ["receive.py", "send.py", "follow.py", "careful.py"]


def test_what_is_sent_arrives_verified(desk: Desk) -> None:
    forward = ("--forward-to", f"localhost:{desk.port}", "--secret", SECRET)
    with (
        desk.running(sys.executable, desk.folder / "receive.py") as receiver,
        desk.running(HARBOR, "listen", *forward) as listener,
    ):
        assert _line(listener).startswith("Ready: ")
        _until_listening(desk.port, receiver)
        event_id = desk.run("send.py").strip()

        assert _line(receiver) == f"{event_id} order.shipped {{'order_id': 'ord_77'}}"
        assert _line(listener).startswith("204 in ")
        assert desk.run("send.py").strip() == event_id


def test_the_other_programs_do_what_the_guide_says(desk: Desk) -> None:
    desk.run("send.py")

    assert [line.split()[-1] for line in desk.run("follow.py").splitlines()] == ["order.returned", "order.shipped"]
    assert desk.run("careful.py").startswith("never: resource_not_found ")


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _until_listening(port: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("it ended")
