"""Programs that a benchmark starts: Harbor as people run it, bare limits, receivers, PostgreSQL. All end with it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psutil

from benchmarks import load
from benchmarks.measuring import ROOT

# The limit is on and counted for every request, but so high that none is refused.
SETTINGS = {
    "HARBOR_RATE_LIMIT_PRODUCTION": "1000000:1000000",
    "HARBOR_WEBHOOK_ALLOW_HTTP": "1",
    "HARBOR_WEBHOOK_ALLOW_CIDRS": "127.0.0.0/8",
    "HARBOR_LOG_LEVEL": "warning",
}
_WAIT_S_MAX = 30.0
# Asked of nobody but processes of ours on loopback.
_ANSWER_S_MAX = 60.0


class Program:
    """A process with one port, and what it costs."""

    def __init__(self, arguments: list[str], port: int, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self.port = port
        self._log = folder / f"{port}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                arguments,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **(environ or {})},
            )
        self._observed = psutil.Process(self.process.pid)

    @property
    def cpu_s(self) -> float:
        """Seconds of processor time that it and its children took: it hardly varies with what else the machine does."""
        times = [one.cpu_times() for one in (self._observed, *self._observed.children(recursive=True))]
        return float(sum(each.user + each.system for each in times))

    @property
    def memory_mb(self) -> float:
        """Its resident memory."""
        return float(self._observed.memory_info().rss) / 2**20

    def wait_until_listening(self, wait_s: float = _WAIT_S_MAX) -> Self:
        """Return when it accepts connections, which may take it `wait_s`."""
        deadline = time.monotonic() + wait_s
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                self._check(deadline)
                time.sleep(0.002)

    def line(self) -> str:
        """Its next line on standard output."""
        assert self.process.stdout is not None
        text = self.process.stdout.readline().decode()
        if not text:
            self._check(0)
        return text

    def _check(self, deadline: float) -> None:
        if self.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{self.process.args!r} did not start:\n{self._log.read_text()[-2_000:]}")

    def tell(self, text: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, method: str, target: str, body: object = None, *, key: str | None = None) -> Any:
        """One request outside what is measured; the decoded reply. Raises RuntimeError for any status but 2xx."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_S_MAX)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        content = None
        if body is not None:
            headers["Content-Type"], content = "application/json", json.dumps(body)
        connection.request(method, target, content, headers)
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        if not 200 <= reply.status < 300:
            raise RuntimeError(f"{method} {target}: {reply.status} {text.decode()}")
        return json.loads(text) if text else None

    def stop(self) -> None:
        """End it, gently at first."""
        if self.process.stdin is not None:
            self.process.stdin.close()  # a program that reads orders waits for their end
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=_WAIT_S_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Installation:
    """A data directory with its first keys."""

    def __init__(self, folder: Path, environ: Mapping[str, str], database: str | None) -> None:
        self.folder = folder
        self.environ = {**SETTINGS, **environ, **({"HARBOR_DATABASE": database} if database else {})}
        made = json.loads(
            subprocess.run(
                [sys.executable, "-m", "harbor", "init", "--json", "--data", str(folder)],
                env={**os.environ, **self.environ},
                check=True,
                capture_output=True,
            ).stdout
        )
        self.console: Mapping[str, str] = made["console"]
        self.harper: Mapping[str, str] = made["harper"]
        self.harvest: Mapping[str, Any] = made["harvest"]
        account = made["harbor"]["production"]
        self.key: str = account["secret_key"]
        self.workspace_id: str = account["workspace_id"]

    def event(self, payload: Mapping[str, object], type_: str = "order.shipped") -> bytes:
        """The body of POST /v1/events."""
        return json.dumps({"workspace_id": self.workspace_id, "type": type_, "payload": payload}).encode()

    def post(self, body: bytes, headers: bytes = b"") -> bytes:
        """The bytes of a POST /v1/events."""
        return load.request("POST", "/v1/events", key=self.key, body=body, headers=headers)

    def webhook(self, server: Program, url: str, **fields: object) -> dict[str, Any]:
        """A new endpoint for all events."""
        body = {"workspace_id": self.workspace_id, "url": url, "events": ["*"], **fields}
        made: dict[str, Any] = server.ask("POST", "/v1/webhooks", body, key=self.key)
        return made

    def change(self, server: Program, webhook: Mapping[str, Any], **fields: object) -> None:
        """Change an endpoint."""
        server.ask("PUT", f"/v1/webhooks/{webhook['id']}", fields, key=self.key)


class Place:
    """A folder and the processes in it. Everything ends and disappears with the block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs: list[Program] = []
        self._installations = 0

    def install(self, *, database: str | None = None, **settings: str) -> Installation:
        """A fresh data directory; `settings` are environment variables besides `SETTINGS`."""
        self._installations += 1
        return Installation(self.folder / f"harbor-{self._installations}", settings, database)

    def serve(self, installation: Installation, *flags: str, module: str = "harbor") -> Program:
        """`harbor serve` on an installation, ready; `module` is another program that takes the same arguments."""
        port = free_port()
        arguments = [
            "serve",
            "--json",
            "--data",
            str(installation.folder),
            "--port",
            str(port),
            "--operations-port",
            "off",
            *flags,
        ]
        server = self._start([sys.executable, "-m", module, *arguments], port, installation.environ)
        ready = json.loads(server.line())
        assert ready["ready"], ready
        return server

    def limit(self, name: str, *arguments: str, wait_s: float = _WAIT_S_MAX) -> Program:
        """A bare limit: benchmarks/limits/<name>.py. It may take `wait_s` until it is ready."""
        port = free_port()
        module = ["-m", f"benchmarks.limits.{name}", *arguments, str(port)]
        return self._start([sys.executable, *module], port, {}).wait_until_listening(wait_s)

    def receiver(self) -> Program:
        """A receiver of webhooks in a process of its own."""
        port = free_port()
        return self._start([sys.executable, "-m", "benchmarks.receiver", str(port)], port, {}).wait_until_listening()

    def start(self, module: str, *arguments: str) -> Program:
        """Another program of ours, which needs no port."""
        return self._start([sys.executable, "-m", module, *arguments], free_port(), {})

    def run(self, arguments: list[str], port: int, environ: Mapping[str, str] | None = None) -> Program:
        """Any program, which listens at a port; it may not be ready yet."""
        return self._start(arguments, port, environ or {})

    def _start(self, arguments: list[str], port: int, environ: Mapping[str, str]) -> Program:
        program = Program(arguments, port, self.folder, environ)
        self._programs.append(program)
        return program

    def close(self) -> None:
        """End all that still runs."""
        for program in reversed(self._programs):
            program.stop()


@contextmanager
def place(under: Path) -> Iterator[Place]:
    """A new place in the folder `under`."""
    under.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=under))
    made = Place(folder)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
