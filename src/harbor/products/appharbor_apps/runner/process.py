"""One process of an application: started, adopted after a restart of the runner, told to end, and waited for.

Its output goes into a named pipe of which it holds both ends: so it neither breaks nor ends when the runner does, and the
next runner reads on. A pid and the moment of its start name a process for ever; bubblewrap writes the exit code into a
file, so that it is known of one that was adopted, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from harbor.kernel.bounds import MIB
from harbor.products.appharbor_apps.builder import watch
from harbor.products.appharbor_apps.builder.limits import Limits
from harbor.products.appharbor_apps.builder.port import Refused
from harbor.products.appharbor_apps.builder.sandbox import OUTSIDE, handed_over
from harbor.products.appharbor_apps.runner.enclosure import Enclosure, Places
from harbor.products.appharbor_apps.runner.model import Formation, Instance, Release

# The variable by which a runner knows what an earlier one has started.
MARK = "HARBOR_INSTANCE"
PROCESSES_MAX = 512
TERM_S = 10.0
_STATUS_BYTES_MAX = 4_096
_LOOKS_MAX = 20
_LOOK_AGAIN_S = 0.05
_ENDS_LOOKS_MAX = 200
_ENDS_LOOK_S = 0.01


class Process:
    """A process that runs or has run. `exited` is set when it ends; `code` is None where nobody knows it."""

    def __init__(self, instance: Instance, pipes: Path, child: subprocess.Popen[bytes] | None) -> None:
        self.instance = instance
        self.exited = asyncio.Event()
        # Set by whoever reads its output, once all of it is read.
        self.read = asyncio.Event()
        self.code: int | None = None
        self.is_stopping = False
        self._pipes = pipes
        self._child = child
        self._pidfd = os.pidfd_open(instance.pid)
        asyncio.get_running_loop().add_reader(self._pidfd, self._ended)

    @property
    def pipe(self) -> Path:
        """The named pipe with what it prints."""
        return self._pipes / f"{self.instance.id}.out"

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return not self.exited.is_set()

    def pids(self) -> list[int]:
        """The pids of the application's own processes, without those that enclose them."""
        inner = self._inner()
        found = watch.below(self.instance.pid if inner is None else inner)
        return found if inner is None else found[1:]

    async def stop(self, term_s: float = TERM_S) -> None:
        """End it: SIGTERM to all its processes, and SIGKILL to what is left. Returns when it has ended."""
        self.is_stopping = True
        if self.is_alive:
            for pid in await asyncio.to_thread(self.pids):
                _signal(pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(term_s):
                    await self.exited.wait()
        await self.kill()

    async def kill(self) -> None:
        """End it and all that it has started, now."""
        self.is_stopping = True
        inner = self._inner()
        top = self.instance.pid if self.is_alive else inner
        found = [] if top is None else await asyncio.to_thread(watch.below, top)
        doomed = {pid: ticks_of(pid) for pid in found}
        if inner is not None:
            _signal(inner, signal.SIGKILL)  # the first process of its namespace takes all others along
        if self.is_alive:
            for pid in found:
                _signal(pid, signal.SIGKILL)
            _signal(self.instance.pid, signal.SIGKILL)
            await self.exited.wait()
        # The one that was started may be gone before what it has started, which a busy machine ends a while later.
        for _ in range(_ENDS_LOOKS_MAX):
            if not any(ticks is not None and ticks_of(pid) == ticks for pid, ticks in doomed.items()):
                break
            await asyncio.sleep(_ENDS_LOOK_S)
        if self.instance.groups:
            await watch.Group([Path(folder) for folder in self.instance.groups]).remove()
        else:  # what was just being started has no other mark
            own = f".{self.instance.id}".encode()
            for pid in await asyncio.to_thread(
                _with, lambda each: each.startswith(MARK.encode()) and each.endswith(own)
            ):
                _signal(pid, signal.SIGKILL)
        for path in (self.pipe, self._status):
            path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Let it run on when this process ends."""
        if self.is_alive:
            asyncio.get_running_loop().remove_reader(self._pidfd)
            os.close(self._pidfd)
            if self._child is not None:
                leave(self._child)

    @property
    def _status(self) -> Path:
        return self._pipes / f"{self.instance.id}.status"

    def _told(self, key: str) -> int | None:
        try:
            text = self._status.read_bytes()[:_STATUS_BYTES_MAX].decode("utf-8", "replace")
        except OSError:
            return None
        for line in text.splitlines():
            with contextlib.suppress(ValueError):
                value = json.loads(line)
                if isinstance(value, dict) and isinstance(value.get(key), int):
                    return int(value[key])
        return None

    def _inner(self) -> int | None:
        """The first process of the namespace, while it is there; its parent is the one that was started."""
        pid = self._told("child-pid")
        if pid is None or not _has_mark(pid, self.instance.id):
            return None
        return pid

    def _ended(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        told = self._told("exit-code")
        own = None if self._child is None else self._child.wait()
        self.code = told if told is not None else own
        self.exited.set()


def start(
    release: Release,
    places: Places,
    pipes: Path,
    enclosure: Enclosure,
    *,
    kind: str,
    index: int,
    port: int | None,
    mark: str,
    command: str | None = None,
    more: Mapping[str, str] | None = None,
) -> Process:
    """Start a process of a release. Raises `OSError` where the system refuses, and for variables that cannot be."""
    id_ = secrets.token_hex(8)
    formation: Formation = release.of(kind)
    marked = {MARK: f"{mark}.{id_}"}
    environment = enclosure.environment(
        release,
        places,
        {
            **({} if port is None else {"PORT": str(port)}),
            "HOST": "127.0.0.1",
            "DYNO": f"{kind}.{index}",
            **(more or {}),
            **marked,
        },
    )
    group = watch.Group.make(Limits(memory_bytes_max=max(1, formation.memory_mb) * MIB, processes_max=PROCESSES_MAX))
    with _ends(pipes, id_, group) as (output, status):
        child = _spawn(
            enclosure,
            release,
            places,
            command or release.commands[kind],
            group=group,
            environment=environment,
            marked=marked,
            output=output,
            status=status,
        )
    instance = Instance(
        id=id_,
        release=release.number,
        kind=kind,
        index=index,
        port=port,
        pid=child.pid,
        ticks=ticks_of(child.pid) or 0,
        groups=[str(folder) for folder in group.folders],
        started_at=time.time(),
    )
    return Process(instance, pipes, child)


@contextlib.contextmanager
def _ends(pipes: Path, id_: str, group: watch.Group) -> Iterator[tuple[int, int]]:
    """Where a new process prints and where its end is told, open for its start. Nothing is left of one that fails."""
    pipes.mkdir(mode=0o700, parents=True, exist_ok=True)
    pipe, status_path = pipes / f"{id_}.out", pipes / f"{id_}.status"
    os.mkfifo(pipe, 0o600)
    # Both ends: a pipe whose last reader goes would end whoever writes into it.
    output = os.open(pipe, os.O_RDWR)
    status = os.open(status_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    try:
        yield output, status
    except BaseException:
        pipe.unlink()
        status_path.unlink()
        for folder in group.folders:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
    finally:
        os.close(output)
        os.close(status)


def _spawn(
    enclosure: Enclosure,
    release: Release,
    places: Places,
    command: str,
    *,
    group: watch.Group,
    environment: Mapping[str, str],
    marked: Mapping[str, str],
    output: int,
    status: int,
) -> subprocess.Popen[bytes]:
    """Run a command in its enclosure. Raises `OSError`."""
    variables = None if enclosure.bwrap is None else _handed_over(environment)
    try:
        argv = enclosure.argv(release, places, command, status=status, variables=variables)
        return subprocess.Popen(
            [*group.entered(), *argv],
            cwd=places.tree,
            # Outside the namespaces nothing is run with the application's variables.
            env=environment if variables is None else {**OUTSIDE, **marked},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(status,) if variables is None else (status, variables),
            start_new_session=True,
        )
    finally:
        if variables is not None:
            os.close(variables)


def _handed_over(environment: Mapping[str, str]) -> int:
    try:
        return handed_over(environment)
    except Refused as refused:
        raise OSError(errno.EINVAL, str(refused)) from None


def adopt(instance: Instance, pipes: Path) -> Process | None:
    """A process that an earlier runner has started, if it still runs."""
    if ticks_of(instance.pid) != instance.ticks:
        return None
    try:
        return Process(instance, pipes, None)
    except ProcessLookupError:
        return None


def leave(child: subprocess.Popen[bytes]) -> None:
    """Say that nobody waits for a child: it outlives this process, and that is no oversight."""
    child.returncode = 0


def ticks_of(pid: int) -> int | None:
    """When a process was started, as the system counts; None if there is none, or only its corpse."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def end_strays(mark: str, known: set[str]) -> int:
    """End what earlier runners of this place have started and nobody knows any more; how many processes."""
    prefix, ended = f"{MARK}={mark}.".encode(), 0

    def is_stray(variable: bytes) -> bool:
        return variable.startswith(prefix) and variable[len(prefix) :].decode("ascii", "replace") not in known

    # Again, because one may have started another while we looked.
    for _ in range(_LOOKS_MAX):
        found = _with(is_stray)
        for pid in found:
            _signal(pid, signal.SIGKILL)
        if not found:
            break
        ended += len(found)
        time.sleep(_LOOK_AGAIN_S)
    return ended


def _with(holds: Callable[[bytes], bool]) -> list[int]:
    """The processes that were started with such a variable, and are no corpses."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and any(map(holds, _variables(int(name))))]


def _has_mark(pid: int, id_: str) -> bool:
    return any(each.startswith(MARK.encode()) and each.endswith(id_.encode()) for each in _variables(pid))


def _variables(pid: int) -> list[bytes]:
    """The variables a process was started with; none where it has gone."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
