"""How an application's process is enclosed: the release to read, its own places to write, and nothing else of the machine.

The network is the machine's: a web process listens on loopback at the port that it is told. Without bubblewrap a process
runs as it is, which only the operator permits. Source: docs/products/appharbor.md#sandbox.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harbor.kernel.bounds import MIB
from harbor.products.appharbor_apps.builder.node import PLACE
from harbor.products.appharbor_apps.builder.sandbox import CLOSED, HOME, WORK, descriptors_max, enclosing
from harbor.products.appharbor_apps.runner.model import Release

FILES = "/data"
TEMPORARY_BYTES_MAX = 256 * MIB
_FILE_BYTES_MAX = 1_024 * MIB


@dataclass(frozen=True, slots=True)
class Places:
    """Where a release and what belongs to it lie: its tree, and the folder that outlives releases, if it may write."""

    tree: Path
    files: Path | None
    virtual_env: Path | None
    node_modules: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """Encloses commands. `interpreters` are folders of programs outside the system's, which every release may read.

    `hidden` is the folder of the installation, of which a release sees what is its own and nothing else.
    """

    bwrap: str | None
    interpreters: Sequence[Path] = ()
    hidden: Path | None = None

    def argv(self, release: Release, places: Places, command: str, *, status: int, variables: int | None) -> list[str]:
        """The words that run a command of a Procfile.

        bubblewrap tells pid and exit code to the descriptor `status`, and reads the command's variables from `variables`.
        """
        shell = ["/bin/sh", "-c", command]
        bounds = self._bounds()
        if self.bwrap is None:
            return [*bounds, *shell]
        words = enclosing(self.bwrap, release.slug, TEMPORARY_BYTES_MAX, hidden=self.hidden)
        for folder in self.interpreters:
            words += ["--ro-bind-try", str(folder), str(folder)]
        if places.virtual_env is not None:
            words += ["--ro-bind", str(places.virtual_env), str(places.virtual_env)]
        if places.files is not None:
            words += ["--bind", str(places.files), FILES]
        words += ["--bind" if release.is_file_system_writable else "--ro-bind", str(places.tree), WORK, "--chdir", WORK]
        if places.node_modules is not None:
            words += ["--ro-bind", str(places.node_modules), PLACE]
        words += CLOSED
        return [*bounds, *words, "--args", str(variables), "--json-status-fd", str(status), "--", *shell]

    def environment(self, release: Release, places: Places, more: Mapping[str, str]) -> dict[str, str]:
        """All that a process gets to know: made from nothing."""
        is_closed = self.bwrap is not None
        base = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": HOME if is_closed else str(places.tree),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        if places.files is not None:
            base["HARBOR_FILES"] = FILES if is_closed else str(places.files)
        if not is_closed and places.node_modules is not None:
            base["NODE_PATH"] = str(places.node_modules)
        return {**base, **release.environment, **more}

    def _bounds(self) -> list[str]:
        prlimit = shutil.which("prlimit")
        if prlimit is None:
            return []
        return [prlimit, "--core=0", f"--nofile={descriptors_max()}", f"--fsize={_FILE_BYTES_MAX}"]
