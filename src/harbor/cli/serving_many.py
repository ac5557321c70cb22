"""Several server processes behind one port: a parent that binds, and children that answer.

The parent opens no database and no loop. It binds the sockets once and forks, so the children share one queue of
connections: none is lost when a child ends, and a child that died unasked is replaced.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec
import structlog

from harbor.app.listening import listeners
from harbor.cli import serving
from harbor.cli.output import Output
from harbor.cli.serving_child import HEEDED, Report, be_child
from harbor.kernel.datadir import DataDir
from harbor.kernel.errors import StartRefused
from harbor.kernel.http.server import Bound, bind
from harbor.kernel.settings import Settings

RESTART_S_MIN = 0.5
RESTART_S_MAX = 30.0
# A child that lived so long did not die of its start, so the next is started soon again.
SETTLED_S = 60.0

log = structlog.get_logger("harbor.serve")


def serve_with_workers(settings: Settings, out: Output) -> None:
    """Own the data directory and keep `settings.workers` processes answering until SIGTERM or SIGINT.

    All of them drain then; a second signal ends them at once. Raises `StartRefused` if one cannot start.
    """
    serving.check(settings)
    folder = DataDir(settings.data)
    folder.acquire()
    try:
        with bind(listeners(settings)) as bound, _signals() as signals:
            _Parent(settings, out, bound, signals).run()
    finally:
        folder.release()


@dataclass(slots=True)
class _Child:
    pid: int
    report: int  # a pipe: what the child says of itself
    started_at: float
    heard: bytearray = field(default_factory=bytearray)
    is_ready: bool = False


class _Parent:
    def __init__(self, settings: Settings, out: Output, bound: Bound, signals: int) -> None:
        self._settings = settings
        self._out = out
        self._bound = bound
        self._signals = signals
        self._selector = selectors.DefaultSelector()
        self._selector.register(signals, selectors.EVENT_READ)
        self._children: dict[int, _Child] = {}
        # Closed by the end of this process, however it ends: then the children end too.
        self._life, self._life_of_parent = os.pipe()
        self._is_announced = False
        self._is_stopping = False
        self._refusal: str | None = None
        self._restarts: list[float] = []
        self._delay_s = RESTART_S_MIN

    def run(self) -> None:
        for _ in range(self._settings.workers):
            self._start()
        while self._children or not self._is_stopping:
            for key, _ in self._selector.select(self._until_restart()):
                if key.fd == self._signals:
                    self._heed()
                elif key.data.pid in self._children:
                    self._hear(key.data)
            self._restart_due()
        if self._refusal is not None:
            raise StartRefused(self._refusal)

    def _start(self) -> None:
        report, report_of_child = os.pipe()
        os.set_blocking(report, False)
        # A signal between the fork and the child's own handlers would speak to us in the child's name.
        unheeded = signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
        pid = os.fork()
        if pid == 0:
            for descriptor in (self._life_of_parent, report, *(child.report for child in self._children.values())):
                os.close(descriptor)
            self._selector.close()
            be_child(self._settings, self._bound, life=self._life, report=report_of_child, unheeded=unheeded)
        signal.pthread_sigmask(signal.SIG_SETMASK, unheeded)
        os.close(report_of_child)
        child = self._children[pid] = _Child(pid, report, time.monotonic())
        self._selector.register(report, selectors.EVENT_READ, child)

    # What children say

    def _hear(self, child: _Child) -> None:
        said = _read(child.report)
        if said is None:
            self._selector.unregister(child.report)  # its end comes as a signal
            return
        child.heard += said
        while b"\n" in child.heard:
            line, _, rest = bytes(child.heard).partition(b"\n")
            child.heard = bytearray(rest)
            self._take(child, msgspec.json.decode(line, type=Report))

    def _take(self, child: _Child, report: Report) -> None:
        if report.refused is not None:
            self._refuse(report.refused)
            return
        child.is_ready = True
        if not self._is_announced and not self._is_stopping and all(each.is_ready for each in self._children.values()):
            self._is_announced = True
            serving.warn(self._settings, report.mode, self._out)
            listening = list(dict.fromkeys(listener for listener, _ in self._bound))
            serving.announce(listening, report.mode, report.calendar, self._out)

    def _refuse(self, reason: str) -> None:
        """A child that cannot start at all is a start refused; later it is tried again, for its reason may pass."""
        if self._is_announced:
            log.warning("serve.child_refused", reason=reason)
        elif not self._is_stopping:
            self._refusal = reason
            self._stop(signal.SIGTERM)

    # What the machine says

    def _heed(self) -> None:
        for number in _read(self._signals) or b"":
            if number == signal.SIGCHLD:
                self._reap()
            else:
                self._stop(signal.SIGTERM)

    def _reap(self) -> None:
        for child in list(self._children.values()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid == 0:
                continue
            self._hear_last(child)
            del self._children[child.pid]
            os.close(child.report)
            if self._is_stopping:
                continue
            code = os.waitstatus_to_exitcode(status)
            if not self._is_announced:
                self._refuse(f"A server process ended with {code} before it was ready; the log says why.")
                continue
            log.error("serve.child_ended", pid=child.pid, code=code)
            now = time.monotonic()
            self._delay_s = RESTART_S_MIN if now - child.started_at > SETTLED_S else self._delay_s
            self._restarts.append(now + self._delay_s)
            self._delay_s = min(RESTART_S_MAX, self._delay_s * 2)

    def _hear_last(self, child: _Child) -> None:
        if child.report in self._selector.get_map():
            self._hear(child)
        if child.report in self._selector.get_map():
            self._selector.unregister(child.report)

    def _stop(self, number: int) -> None:
        """Tell all children to drain; the second time each of them ends at once."""
        if not self._is_stopping:
            self._is_stopping = True
            self._restarts.clear()
            for _, sock in self._bound:
                sock.close()
        for pid in self._children:
            os.kill(pid, number)

    # Starting again

    def _until_restart(self) -> float | None:
        return max(0.0, min(self._restarts) - time.monotonic()) if self._restarts else None

    def _restart_due(self) -> None:
        now = time.monotonic()
        due = [moment for moment in self._restarts if moment <= now]
        self._restarts = [moment for moment in self._restarts if moment > now]
        for _ in due:
            self._start()


@contextmanager
def _signals() -> Iterator[int]:
    """A pipe from which the numbers of signals are read as they come."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    before = {number: signal.signal(number, lambda *_: None) for number in HEEDED}
    wakeup_before = signal.set_wakeup_fd(writer)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(wakeup_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _read(descriptor: int) -> bytes | None:
    """What is there to read; None at the end."""
    try:
        return os.read(descriptor, 65_536) or None
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EINTR):
            return b""
        raise
