"""The commands, run in this process or as a program of their own, against a stand-in for the server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sdks.python.tests.loopback import Answer, Loopback, Seen, refusal
from sdks.python.tests.samples import SECRET_KEY, WS

from harbor.cli.main import harbor

ADMIN_KEY = "hb_admin_0123456789abcdefghijklmnopqrstuv000000"
PROGRAM = Path(sys.executable).parent / "harbor"


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def error(self) -> Any:
        return json.loads(self.stderr)["error"]


@dataclass
class StandIn:
    """A server that answers what a test put under `METHOD /path`, and 404 elsewhere."""

    loopback: Loopback
    answers: dict[str, Answer] = field(default_factory=dict)

    def on(self, route: str, json: Any = None, status: int = 200) -> None:
        self.answers[route] = Answer(status, json)

    @property
    def seen(self) -> list[Seen]:
        return self.loopback.seen

    @property
    def last(self) -> Seen:
        return self.loopback.last

    def respond(self, seen: Seen) -> Answer:
        return self.answers.get(f"{seen.method} {seen.path}") or refusal(404, "resource_not_found")


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of whoever runs the tests say nothing here."""
    for name in [*os.environ]:
        if name.startswith("HARBOR_") or name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
            monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[StandIn]:
    loopback = Loopback()
    stand_in = StandIn(loopback)
    loopback.respond = stand_in.respond
    stand_in.on("GET /v1/key", {"id": "key_01j8z0c3v5m7k9q1r2s4t6w8xy", "workspace_id": WS, "environment": "sandbox"})
    yield stand_in
    loopback.close()


@pytest.fixture
def environment(server: StandIn) -> dict[str, str]:
    """Variables that lead to the stand-in."""
    return {"HARBOR_URL": server.loopback.url, "HARBOR_SECRET_KEY": SECRET_KEY, "HARBOR_ADMIN_KEY": ADMIN_KEY}


@pytest.fixture
def run(environment: Mapping[str, str]) -> Run:
    """Runs `harbor` with these words in this process."""

    def invoke(*words: str, stdin: str | bytes = "", **env: str) -> Ran:
        result = CliRunner().invoke(harbor, words, input=stdin, env={**environment, **env})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return invoke


@pytest.fixture
def program(environment: Mapping[str, str]) -> Run:
    """Runs the installed program `harbor` with these words."""

    def invoke(*words: str, stdin: str = "", **env: str) -> Ran:
        done = subprocess.run(
            [PROGRAM, *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=30,
            env={**os.environ, **environment, **env},
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return invoke
