"""Real servers: `harbor init` and `harbor serve` as processes of their own, on data directories of their own."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from tests.end_to_end import nursery
from tests.end_to_end.nursery import Running

HARBOR = Path(sys.executable).with_name("harbor")
NAMES = Path(__file__).parent / "names"

# Webhooks may go to receivers on this machine, over plain HTTP.
LOOPBACK = {"HARBOR_WEBHOOK_ALLOW_HTTP": "on", "HARBOR_WEBHOOK_ALLOW_CIDRS": "127.0.0.0/8"}
HOSTS = {"HARBOR_PRODUCTION_HOSTS": "api.harbor.test", "HARBOR_SANDBOX_HOSTS": "sandbox.api.harbor.test"}
MANUAL = {"HARBOR_CLOCK": "manual"}

_START_S_MAX = 30.0
_END_S_MAX = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A data directory and what `harbor init` told about it."""

    data: Path
    made: Mapping[str, Any]
    database: str | None = None

    @property
    def admin_key(self) -> str:
        """The root key."""
        return str(self.made["harbor"]["admin_key"])

    def copy(self, data: Path) -> Installation:
        """The same installation in another directory: quicker than another `harbor init`. Only with SQLite."""
        assert self.database is None
        shutil.copytree(self.data, data)
        return replace(self, data=data)


def install(data: Path, *, database: str | None = None) -> Installation:
    """A new installation. `database` is the address of an empty or migrated PostgreSQL database."""
    more = () if database is None else ("--database", database)
    ended = run("init", "--data", str(data), *more, "--json")
    assert ended.returncode == 0, ended.stderr
    return Installation(data=data, made=json.loads(ended.stdout), database=database)


def run(*words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A command of `harbor` that ends by itself."""
    return nursery.run([str(HARBOR), *words], environment(env or {}), timeout_s=_START_S_MAX)


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process without its settings for Harbor, and `more`."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HARBOR_")} | dict(more)


class Server:
    """A running `harbor serve`. Its log is kept beside its data directory."""

    def __init__(self, installation: Installation, process: Running, ready: Mapping[str, Any]) -> None:
        self.installation = installation
        self.process = process
        self.url: str = ready["addresses"]["main"]
        self.addresses: Mapping[str, str] = ready["addresses"]

    @classmethod
    def start(
        cls, installation: Installation, env: Mapping[str, str] | None = None, words: Sequence[str] = ()
    ) -> Server:
        """Start it on a free port and wait until it answers."""
        process = launch(installation, env or {}, ("--port", "0", "--operations-port", "0", *words))
        try:
            line = _first_line(process)
            assert line, f"it ended with {process.wait(_END_S_MAX)}:\n{log_of(installation)}"
        except BaseException:
            process.kill()
            process.wait()
            _close(process)
            raise
        return cls(installation, process, json.loads(line))

    @property
    def log(self) -> str:
        """What it has logged so far, with what came before in the same directory."""
        return log_of(self.installation)

    def terminate(self) -> int:
        """Tell it to end, wait, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Its exit code once it has ended."""
        code = self.process.wait(_END_S_MAX)
        _close(self.process)
        return code

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.wait()


@contextmanager
def serving(
    installation: Installation, env: Mapping[str, str] | None = None, words: Sequence[str] = ()
) -> Iterator[Server]:
    """A server that ends well at the end of the block, without a fault in its log."""
    server = Server.start(installation, env, words)
    try:
        yield server
    except BaseException:
        server.kill()
        raise
    assert server.terminate() == 0, server.log
    faults = [line for line in server.log.splitlines() if "Traceback" in line or '"level":"error"' in line]
    assert not faults, "\n".join(faults)


def launch(installation: Installation, env: Mapping[str, str], words: Sequence[str]) -> Running:
    """`harbor serve`, not yet ready, and perhaps never."""
    database = () if installation.database is None else ("--database", installation.database)
    with _log_path(installation).open("ab") as log:
        return nursery.start(
            [str(HARBOR), "serve", "--data", str(installation.data), *database, "--json", *words],
            environment({"HARBOR_LOG_FORMAT": "json", **env}),
            log=log,
        )


def log_of(installation: Installation) -> str:
    """All that servers of an installation wrote to stderr."""
    return _log_path(installation).read_text(errors="replace")


def _log_path(installation: Installation) -> Path:
    return installation.data.with_name(f"{installation.data.name}.log")


def _first_line(process: Running) -> bytes:
    assert process.stdout is not None
    until = time.monotonic() + _START_S_MAX
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))
        assert ready, f"it was not ready after {_START_S_MAX:g} s"
        piece = os.read(process.stdout.fileno(), 65_536)
        if not piece:
            return b""
        line += piece
    return line


def _close(process: Running) -> None:
    pipe: IO[bytes] | None = process.stdout
    if pipe is not None:
        pipe.close()
