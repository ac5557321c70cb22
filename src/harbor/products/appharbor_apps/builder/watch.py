"""Limits that no namespace sets: how many processes, how much memory, how large the tree.

A control group (version 2 or 1) bounds processes and memory where we may make one. Looking at /proc and at the tree
catches the rest within a quarter of a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from harbor.products.appharbor_apps.builder.limits import Limits

_ROOT = Path("/sys/fs/cgroup")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# The tree is walked less often than the processes: it may have a hundred thousand entries.
_WALK_EVERY = 8
_REMOVALS_MAX = 50
_REMOVAL_S = 0.02
_PREFIX = "harbor-"
_STALE_S = 3_600.0
_ENTER = 'while [ "$1" != -- ]; do echo $$ > "$1"; shift; done; shift; exec "$@"'


@dataclass(slots=True)
class Group:
    """The control groups of one command; without any where we may not make them."""

    folders: list[Path] = field(default_factory=list)
    stopped: str | None = None

    @classmethod
    def make(cls, limits: Limits) -> Group:
        """New groups with these limits."""
        made = cls()
        name = f"{_PREFIX}{secrets.token_hex(8)}"
        wanted = (
            (_ROOT / "pids", {"pids.max": str(limits.processes_max)}),
            (_ROOT / "memory", {"memory.limit_in_bytes": str(limits.memory_bytes_max)}),
            (_ROOT, {"pids.max": str(limits.processes_max), "memory.max": str(limits.memory_bytes_max)}),
        )
        for parent, values in wanted:
            if parent == _ROOT and not (_ROOT / "cgroup.controllers").exists():
                continue
            with contextlib.suppress(OSError):
                folder = parent / name
                folder.mkdir()
                made.folders.append(folder)
                for file, value in values.items():
                    with contextlib.suppress(OSError):
                        (folder / file).write_text(value)
        return made

    def entered(self) -> list[str]:
        """The words before a command that put it into the groups before it starts anything: a child would stay outside."""
        if not self.folders:
            return []
        return ["/bin/sh", "-c", _ENTER, "sh", *(str(folder / "cgroup.procs") for folder in self.folders), "--"]

    async def remove(self) -> None:
        """End what is left in the groups, note what limit was met, and remove them once they are empty."""
        for _ in range(_REMOVALS_MAX):
            self._remove()
            if not any(map(os.path.isdir, self.folders)):
                return
            await asyncio.sleep(_REMOVAL_S)

    def _remove(self) -> None:
        for folder in self.folders:
            with contextlib.suppress(OSError, ValueError):
                if "max 0" not in (folder / "pids.events").read_text().strip():
                    self.stopped = "it started too many processes"
            for pid in _numbers(folder / "cgroup.procs"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                folder.rmdir()


def sweep(roots: Iterable[Path] = (_ROOT / "pids", _ROOT / "memory", _ROOT)) -> None:
    """Remove groups that a killed process has left empty. One that holds a process cannot be removed."""
    oldest = time.time() - _STALE_S
    for root in roots:
        for folder in root.glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):
                if folder.stat().st_mtime < oldest:  # a new one is empty, too, until something enters it
                    folder.rmdir()


def _numbers(path: Path) -> list[int]:
    try:
        return [int(line) for line in path.read_text().split()]
    except (OSError, ValueError):
        return []


async def until_too_much(pid: int, tree: Path, limits: Limits) -> str:
    """Waits for a limit to be met and says which."""
    turn = 0
    while True:
        turn += 1
        await asyncio.sleep(limits.watch_s)
        found = await asyncio.to_thread(look, pid, tree if turn % _WALK_EVERY == 0 else None, limits)
        if found is not None:
            return found


def look(pid: int, tree: Path | None, limits: Limits) -> str | None:
    """The limit that a process and all below it have met, or None."""
    processes = below(pid)
    if len(processes) > limits.processes_max:
        return "it started too many processes"
    if sum(map(memory_of, processes)) > limits.memory_bytes_max:
        return "it used too much memory"
    if tree is not None and _is_larger(tree, limits.tree_bytes_max):
        return "it filled the disk"
    return None


def below(pid: int) -> list[int]:
    """A process and all that come from it, itself first; those that have ended are left out."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                stat = Path(entry.path, "stat").read_text()
                parent = int(stat.rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, queue = [], [pid]
    while queue:
        present = queue.pop()
        found.append(present)
        queue.extend(children.get(present, ()))
    return found


def memory_of(pid: int) -> int:
    """How many bytes a process holds; none if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _is_larger(tree: Path, limit: int) -> bool:
    size, queue = 0, [str(tree)]
    while queue:
        with contextlib.suppress(OSError):
            for entry in os.scandir(queue.pop()):
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        queue.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                if size > limit:
                    return True
    return False
