"""Harbor as a process of its own: set up, started, killed, started again, stopped."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any, Final

from harbor.cli.options import PORT
from harbor.cli.output import Failure
from harbor.kernel.settings import SETTINGS

HOST: Final = "127.0.0.1"
START_S_MAX: Final = 30.0
STOP_S_MAX: Final = 10.0
NEAR_PORTS: Final = 20
OPERATIONS_PORT: Final = 9925


class Server:
    """One data directory and the process that serves it. `address` is known once it has started."""

    def __init__(self, data: Path, port: int, log: Path) -> None:
        self.address = self.operations = ""
        self._data = data
        self._port = port
        self._operations_port = OPERATIONS_PORT if _is_free(OPERATIONS_PORT) else 0
        self._log = log
        self._process: subprocess.Popen[str] | None = None

    @property
    def process_id(self) -> int:
        """Of the process that runs, or ran last."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def set_up(self) -> dict[str, Any]:
        """`harbor init`: what it prints with --json. Raises `Failure` with its words."""
        with self._log.open("a") as log:
            done = subprocess.run(
                _harbor("init", "--data", str(self._data), "--json"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                timeout=START_S_MAX,
                check=False,
            )
        if done.returncode != 0:
            raise self._failure("Harbor could not be set up")
        made: dict[str, Any] = json.loads(done.stdout)
        return made

    def start(self) -> None:
        """`harbor serve`, until it says that it is ready. Raises `Failure` with its words."""
        ports = ("--port", str(self._port), "--operations-port", str(self._operations_port))
        command = _harbor("serve", "--data", str(self._data), "--host", HOST, *ports, "--json")
        with self._log.open("a") as log:
            # A session of its own: Ctrl-C is for the demo, which then stops the server in order.
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
            )
        assert self._process.stdout is not None
        line = _first_line(self._process, self._process.stdout)
        if not line:
            self._end()
            if self._operations_port == OPERATIONS_PORT and not _is_free(OPERATIONS_PORT):
                self._operations_port = 0  # somebody took it meanwhile, and nobody asked for this one by its number
                self.start()
                return
            raise self._failure("Harbor did not start")
        addresses = json.loads(line)["addresses"]
        self.address, self.operations = addresses["main"], addresses["operations"]
        # Started again, it must be found where it was.
        self._port, self._operations_port = (int(each.rpartition(":")[2]) for each in (self.address, self.operations))

    def kill(self) -> None:
        """SIGKILL: the process ends in the middle of whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._end()

    def stop(self) -> None:
        """SIGTERM, and wait until what is under way has ended."""
        if self._process is None:
            return
        if self.is_alive:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._end()

    def _end(self) -> None:
        assert self._process is not None
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _failure(self, what: str) -> Failure:
        lines = self._log.read_text("utf-8", "replace").splitlines() or ["it said nothing"]
        try:
            reason = str(json.loads(lines[-1])["error"]["message"])
        except (ValueError, KeyError, TypeError):
            reason = lines[-1]
        return Failure(f"{what}: {reason}", hint=f"Its log is {self._log}.", code="start_refused")


def choose_port(wanted: int | None) -> tuple[int, str | None]:
    """The port to serve on, and a sentence if it is another than the default. 0 is any free one.

    A port that was named is taken at its word: if it is not free, `serve` says so.
    """
    if wanted is not None:
        return wanted, None
    for port in range(PORT, PORT + NEAR_PORTS):
        if _is_free(port):
            return port, None if port == PORT else f"Port {PORT} is taken by another program, so this is {port}."
    return 0, f"Ports {PORT} to {PORT + NEAR_PORTS - 1} are taken by other programs, so this is any free one."


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
        return True


def _harbor(*words: str) -> list[str]:
    # A setting of another installation, its database say, must not reach this one: its own file says all.
    unset = [part for setting in SETTINGS.values() for part in ("-u", setting.name)]
    # -P: a folder `harbor` in the working directory is not the program.
    return ["env", *unset, sys.executable, "-P", "-m", "harbor", *words]


def _first_line(process: subprocess.Popen[str], stdout: IO[str]) -> str:
    timer = threading.Timer(START_S_MAX, process.kill)
    timer.start()
    try:
        return stdout.readline()
    finally:
        timer.cancel()
