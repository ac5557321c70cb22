"""Running strangers' code: in namespaces of its own, with the work tree as the only place to write, and within limits.

bubblewrap makes the namespaces. What it cannot bound, how many processes and how much memory, is bounded by a control
group where the machine lets us make one, and by looking every quarter of a second in any case. Source:
docs/products/appharbor.md#sandbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harbor.products.appharbor_apps.builder import watch
from harbor.products.appharbor_apps.builder.limits import Limits
from harbor.products.appharbor_apps.builder.port import Refused

WORK = "/app"
HOME = "/home/app"
TEMPORARY = "/tmp"  # noqa: S108 (of the namespace, which nobody shares)
SHARED = "/dev/shm"  # noqa: S108 (as before)
_SYSTEM = ("/usr", "/opt")
_LINKED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
# What programs look up; nothing of it is secret.
_ETC = (
    "alternatives", "ca-certificates", "group", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime",
    "mime.types", "nsswitch.conf", "passwd", "pip.conf", "protocols", "resolv.conf", "services", "ssl", "xdg",
)  # fmt: skip
_ID = "1000"
_NICE = "5"
_FILES = 65_536
# bubblewrap makes / and /dev in memory, as large as the machine's: nothing is written there once all is mounted.
CLOSED = ("--remount-ro", "/", "--remount-ro", "/dev")
# All that programs on the way into a sandbox get to know: they run outside of it.
OUTSIDE = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command in the sandbox. `writable` and `readable` are folders beside the work tree, at the same path inside.

    `mounted` are folders to read at another path.
    """

    argv: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    work: Path
    timeout_s: float
    network: bool
    writable: Sequence[Path] = ()
    readable: Sequence[Path] = ()
    mounted: Sequence[tuple[Path, str]] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: its code, the end of what it printed, and the limit that ended it, if one did."""

    code: int
    output: str
    stopped: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether it ended well by itself."""
        return self.code == 0 and self.stopped is None


class Sandbox:
    """Runs steps. `bwrap` None runs them without namespaces, which only `allow_unsandboxed` permits.

    `hidden` is the folder of the installation, of which a step sees what it is given and nothing else.
    """

    def __init__(
        self, limits: Limits, bwrap: str | None, *, allow_unsandboxed: bool = False, hidden: Path | None = None
    ) -> None:
        if bwrap is None and not allow_unsandboxed:
            raise Refused("This machine has no sandbox (bubblewrap), so nothing of others is built here")
        self.limits = limits
        self._bwrap = bwrap
        self._hidden = hidden
        self._prlimit = shutil.which("prlimit")
        self._files = descriptors_max()

    @property
    def is_closed(self) -> bool:
        """Whether what runs is kept apart."""
        return self._bwrap is not None

    async def run(self, step: Step) -> Outcome:
        """Run a step to its end or to the first limit it meets."""
        handed = None if self._bwrap is None else handed_over(step.environment)
        group = watch.Group.make(self.limits)
        try:
            process = await asyncio.create_subprocess_exec(
                *group.entered(), *self._bounded(), *self._enclosed(step, handed), *step.argv,
                cwd=step.work,
                # Not as arguments: those of every process are shown to everybody on the machine.
                env=dict(step.environment) if handed is None else OUTSIDE,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                pass_fds=() if handed is None else (handed,),
            )  # fmt: skip
        finally:
            if handed is not None:
                os.close(handed)
        watcher = asyncio.create_task(watch.until_too_much(process.pid, step.work, self.limits))
        reading = asyncio.create_task(self._read(process))
        stopped: str | None = None
        try:
            done, _ = await asyncio.wait(
                {watcher, reading}, timeout=step.timeout_s, return_when=asyncio.FIRST_COMPLETED
            )
            if reading not in done:
                stopped = watcher.result() if watcher in done else f"it took longer than {step.timeout_s:g} s"
                _kill(process.pid)
            output = await reading
            await process.wait()
        finally:
            watcher.cancel()
            reading.cancel()
            _kill(process.pid)
            await process.wait()
            await group.remove()
        assert process.returncode is not None
        return Outcome(process.returncode, output, stopped or group.stopped)

    async def _read(self, process: asyncio.subprocess.Process) -> str:
        assert process.stdout is not None
        kept, size = [], 0
        while piece := await process.stdout.read(65_536):
            kept.append(piece)
            size += len(piece)
            while size - len(kept[0]) > self.limits.output_bytes_max:
                size -= len(kept.pop(0))
        return b"".join(kept)[-self.limits.output_bytes_max :].decode("utf-8", "replace")

    def _bounded(self) -> list[str]:
        if self._prlimit is None:
            return ["nice", "-n", _NICE]
        limits = self.limits
        return [
            self._prlimit, "--core=0", f"--nofile={self._files}", f"--fsize={limits.file_bytes_max}", "nice", "-n", _NICE,
        ]  # fmt: skip

    def _enclosed(self, step: Step, handed: int | None) -> list[str]:
        if self._bwrap is None:
            return []
        argv = [
            *enclosing(self._bwrap, "build", self.limits.temporary_bytes_max, hidden=self._hidden),
            "--die-with-parent",
            "--new-session",
            "--args",
            str(handed),
        ]
        if not step.network:
            argv.append("--unshare-net")
        for folder in step.readable:
            argv += ["--ro-bind", str(folder), str(folder)]
        for folder in step.writable:
            argv += ["--bind", str(folder), str(folder)]
        argv += ["--bind", str(step.work), WORK, "--chdir", WORK]
        for folder, place in step.mounted:
            argv += ["--ro-bind", str(folder), place]
        return [*argv, *CLOSED, "--"]


def descriptors_max() -> int:
    """How many files a process may have open: 65,536, or as many as this one may give."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)


def handed_over(environment: Mapping[str, str]) -> int:
    """A descriptor from which bubblewrap (`--args`) reads the variables of what it starts.

    They are strangers' words: as variables of bubblewrap itself `LD_PRELOAD` and its like would be code outside the
    sandbox. Raises `Refused` for a variable that is none.
    """
    words: list[str] = []
    for name, value in environment.items():
        if not name or "=" in name or "\0" in name + value:
            raise Refused(f"There can be no variable {name[:100]!a} with this value")
        words += ["--setenv", name, value]
    descriptor = os.memfd_create("variables")
    with open(descriptor, "wb", closefd=False) as file:
        file.write("\0".join([*words, ""]).encode("utf-8", "replace"))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def enclosing(bwrap: str, hostname: str, temporary_bytes_max: int, *, hidden: Path | None = None) -> list[str]:
    """The words of bubblewrap that every sandbox begins with: namespaces, and the system to read, without `hidden`.

    Each folder in memory holds `temporary_bytes_max`. `CLOSED` comes after whatever else is mounted.
    """
    # /proc/sys is bound again to be read only: of a Harbor that root has started, whose number in here is another name of
    # root's, the files in it may be written, and they are the machine's.
    size = ["--size", str(temporary_bytes_max)]
    argv = [
        bwrap, "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try",
        "--uid", _ID, "--gid", _ID, "--hostname", hostname, "--cap-drop", "ALL",
        "--proc", "/proc", "--ro-bind-try", "/proc/sys", "/proc/sys", "--dev", "/dev",
        *size, "--tmpfs", SHARED, *size, "--tmpfs", TEMPORARY, *size, "--tmpfs", "/home", "--dir", HOME,
        *size, "--tmpfs", "/run",
    ]  # fmt: skip
    for path in _SYSTEM:
        argv += ["--ro-bind-try", path, path]
    if hidden is not None and any(hidden.resolve().is_relative_to(os.path.realpath(path)) for path in _SYSTEM):
        argv += [*size, "--tmpfs", str(hidden.resolve())]
    for path in _LINKED:
        if os.path.islink(path):
            argv += ["--symlink", os.readlink(path), path]
        else:
            argv += ["--ro-bind-try", path, path]
    for name in _ETC:
        argv += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return argv


def _kill(pid: int) -> None:
    # The end of the first process of a namespace ends all in it; without one the session is what there is.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


async def usable_bwrap() -> str | None:
    """The path of bubblewrap if it is there and this machine lets it make namespaces; tried once, with `true`."""
    path = shutil.which("bwrap")
    if path is None:
        return None
    process = await asyncio.create_subprocess_exec(
        path, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-net", "--die-with-parent",
        "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "/bin/true",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    return path if await process.wait() == 0 else None
