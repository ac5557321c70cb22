"""Processes of `harbor` that need not read its modules anew: forked by `nursery_program.py`, one a test process.

They are used as those of `subprocess`. Where a start of the program itself is the subject, tests use `subprocess`.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, Protocol

from tests.end_to_end.nursery_program import CODE

_PROGRAM = Path(__file__).with_name("nursery_program.py")


class Running(Protocol):
    """What tests use of a process, be it forked or started."""

    pid: int
    stdout: IO[bytes] | None

    def poll(self) -> int | None:
        """Its exit code if it has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code once it has ended."""

    def send_signal(self, sig: int) -> None:
        """Signal it, if it has not ended."""

    def kill(self) -> None:
        """End it at once."""


class Forked:
    """One forked process."""

    def __init__(self, pid: int, end: int, stdout: IO[bytes] | None) -> None:
        self.pid = pid
        self.stdout = stdout
        self._end: int | None = end
        self._code: int | None = None
        self._lock = Lock()

    def poll(self) -> int | None:
        """Its exit code if it has ended; less than 0 means by that signal."""
        return self._heard(0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code once it has ended. Raises `TimeoutExpired` after so many seconds."""
        code = self._heard(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("harbor", timeout or 0)
        return code

    def send_signal(self, sig: int) -> None:
        """Signal it, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _heard(self, timeout: float | None) -> int | None:
        with self._lock:
            if self._end is not None and select.select([self._end], [], [], timeout)[0]:
                (self._code,) = CODE.unpack(os.read(self._end, CODE.size))
                os.close(self._end)
                self._end = None
            return self._code


class Nursery:
    """The process that forks."""

    def __init__(self) -> None:
        self._channel, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = Lock()
        with other:
            # -P: a script's folder is on the path of modules otherwise.
            self._process = subprocess.Popen(
                [sys.executable, "-P", _PROGRAM, str(other.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[other.fileno()],
            )
        atexit.register(self._close)

    def fork(self, words: Sequence[str], environment: Mapping[str, str], stdout: int, stderr: int) -> tuple[int, int]:
        """The id of a new process, and the pipe that tells its end. The descriptors stay the caller's."""
        asked = {"words": list(words), "environment": dict(environment), "folder": os.getcwd()}
        end, end_of_process = os.pipe()
        try:
            with self._lock:
                socket.send_fds(self._channel, [json.dumps(asked).encode()], [stdout, stderr, end_of_process])
                answer = self._channel.recv(CODE.size)
        finally:
            os.close(end_of_process)
        assert answer, f"the nursery has ended with {self._process.wait()}"
        return int(CODE.unpack(answer)[0]), end

    def _close(self) -> None:
        self._channel.close()
        self._process.wait()


@cache
def _nursery() -> Nursery:
    return Nursery()


def can_fork(environment: Mapping[str, str]) -> bool:
    """Whether a forked process is the same as a started one: nothing of the environment is read at the start of Python."""
    names = {name for name in (*environment, *os.environ) if name.startswith("PYTHON")}
    return hasattr(os, "pidfd_open") and all(environment.get(name) == os.environ.get(name) for name in names)


def start(words: Sequence[str], environment: Mapping[str, str], *, log: IO[bytes]) -> Running:
    """A process whose stdout is read as it comes; what it says on stderr goes to `log`."""
    if not can_fork(environment):
        return subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
    reads, writes = os.pipe()
    try:
        pid, end = _nursery().fork(words, environment, writes, log.fileno())
    finally:
        os.close(writes)
    return Forked(pid, end, os.fdopen(reads, "rb", buffering=0))


def run(words: Sequence[str], environment: Mapping[str, str], *, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """A process that ended by itself, and what it said."""
    if not can_fork(environment):
        return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False)
    with os.fdopen(os.memfd_create("stdout"), "rb") as stdout, os.fdopen(os.memfd_create("stderr"), "rb") as stderr:
        process = Forked(*_nursery().fork(words, environment, stdout.fileno(), stderr.fileno()), None)
        try:
            code = process.wait(timeout_s)
        except BaseException:
            process.kill()
            raise
        stdout.seek(0)
        stderr.seek(0)
        return subprocess.CompletedProcess(words, code, stdout.read().decode(), stderr.read().decode())
