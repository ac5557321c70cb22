"""Packages from PyPI that cannot stand beside ours, in an environment of their own; installed once per machine and lock file.

`tap-harvest` is pinned to a jsonschema of 2017, and all versions of `python-harvest-apiv2` are withdrawn from the index's
choices, though not from the index.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path

from tests.interop.kept import INSTALL_S_MAX, kept

_PYTHON = Path(__file__).parent / "python"
_RUN_S_MAX = 60


def run(script: str, given: object) -> str:
    """What a script of the folder `python` writes when it reads `given` as JSON."""
    return _ended(_PYTHON, [str(_interpreter(installed())), script], _RUN_S_MAX, json.dumps(given))


@functools.cache
def installed() -> Path:
    """The folder with the environment of the lock file."""
    return kept([_PYTHON / "requirements.txt"], _install)


def _install(building: Path) -> None:
    _ended(building, [sys.executable, "-m", "venv", "environment"], INSTALL_S_MAX)
    words = ["--quiet", "--no-compile", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    pip = [str(_interpreter(building)), "-m", "pip", "install", *words, "--requirement", "requirements.txt"]
    _ended(building, pip, INSTALL_S_MAX)


def _interpreter(folder: Path) -> Path:
    return folder / "environment" / "bin" / "python"


def _ended(folder: Path, command: list[str], seconds_max: int, given: str = "") -> str:
    ended = subprocess.run(
        command, cwd=folder, input=given, capture_output=True, text=True, timeout=seconds_max, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
