"""Environments of Python: made once for each set of dependencies, and used by every build that has the same.

An environment is named by a digest of the interpreter and of the files that say what is needed, and lies at one path for
ever, because its programs know that path. It is never changed: it is made beside, and renamed when it is whole. Measured
with unchanged dependencies: 2 ms. Source: docs/products/appharbor.md#environments.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from harbor.products.appharbor_apps.builder.interpreters import Interpreter
from harbor.products.appharbor_apps.builder.port import Refused
from harbor.products.appharbor_apps.builder.sandbox import HOME, Outcome, Sandbox, Step
from harbor.products.appharbor_apps.deploys.port import Say

DEPENDENCY_FILES = (
    "uv.lock",
    "pyproject.toml",
    "requirements.txt",
    "setup.py",
    "setup.cfg",
    "Pipfile.lock",
    "poetry.lock",
)
KEPT_MAX = 10
# Written by the runner into the folder of the application.
IN_USE = "environments-in-use"
_DONE = ".harbor-complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What makes environments. `uv` None falls back to venv and pip. `index` is where packages come from, as variables."""

    uv: str | None
    index: Mapping[str, str] = field(default_factory=dict)
    # Folders of wheels and the like, which the sandbox may read.
    readable: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment, whole and at its place."""

    path: Path
    interpreter: Interpreter

    @property
    def programs(self) -> frozenset[str]:
        """The programs it has."""
        return frozenset(os.listdir(self.path / "bin"))

    def variables(self) -> dict[str, str]:
        """What a process needs to run in it."""
        return {"PATH": f"{self.path}/bin:/usr/local/bin:/usr/bin:/bin", "VIRTUAL_ENV": str(self.path)}


def key_of(tree: Path, interpreter: Interpreter) -> str:
    """The name of the environment that a tree needs."""
    digest = sha256(f"1\0{interpreter.program}\0{interpreter.name}\0".encode())
    for name in DEPENDENCY_FILES:
        path = tree / name
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    for wheel in sorted(tree.glob("vendor/*.whl")):
        digest.update(wheel.name.encode() + b"\0" + sha256(wheel.read_bytes()).digest())
    return digest.hexdigest()[:32]


class Environments:
    """The environments of one application below `root`."""

    def __init__(self, root: Path, sandbox: Sandbox, tools: Tools) -> None:
        self._root = root
        self._sandbox = sandbox
        self._tools = tools

    async def ensure(self, tree: Path, interpreter: Interpreter, say: Say) -> Environment:
        """The environment that a tree needs, made if there is none yet. Raises `Refused`."""
        key = await asyncio.to_thread(key_of, tree, interpreter)
        path = self._root / key
        if (path / _DONE).is_file():
            os.utime(path)
            await say("Dependencies are unchanged")
            return Environment(path, interpreter)
        await asyncio.to_thread(self._clear, path)
        installs = self._installs(tree, path, interpreter)
        what = (
            f"Installing dependencies with Python {interpreter.name}"
            if installs
            else f"Using Python {interpreter.name}"
        )
        outcome = await self._make(tree, path, interpreter)
        for argv in installs:
            if outcome.is_good:
                outcome = await self._run(tree, path, interpreter, argv)
        await say(what, outcome.output)
        if not outcome.is_good:
            await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)
            raise Refused(
                (outcome.stopped and f"Dependencies were not installed: {outcome.stopped}") or _reason(outcome)
            )
        (path / _DONE).touch()
        await asyncio.to_thread(self._forget_old)
        return Environment(path, interpreter)

    def _clear(self, path: Path) -> None:
        """Make room: what lies there is of an installation that broke off."""
        if path.exists():
            aside = path.with_name(f".gone-{secrets.token_hex(6)}")
            path.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
        path.mkdir(mode=0o755, parents=True)

    async def _make(self, tree: Path, path: Path, interpreter: Interpreter) -> Outcome:
        if self._tools.uv is not None:
            argv = [
                self._tools.uv,
                "venv",
                "--quiet",
                "--allow-existing",
                "--python",
                str(interpreter.program),
                str(path),
            ]
        else:
            # Without pip: putting it in takes seconds, and the one of the interpreter installs into other environments too.
            argv = [str(interpreter.program), "-m", "venv", "--without-pip", str(path)]
        return await self._run(tree, path, interpreter, argv)

    def _installs(self, tree: Path, path: Path, interpreter: Interpreter) -> list[list[str]]:
        """The commands that install what a tree needs, in their order."""
        uv, python = self._tools.uv, str(path / "bin" / "python")
        own = [str(interpreter.program), "-m", "pip", "--no-input", "--python", python, "install"]
        pip = [uv, "pip", "install", "--python", python] if uv else own
        if uv is not None and (tree / "uv.lock").is_file():
            return [[uv, "sync", "--frozen", "--active", "--no-install-project"]]
        if (tree / "requirements.txt").is_file():
            return [[*pip, "-r", "requirements.txt"]]
        if (tree / "pyproject.toml").is_file() and "[project]" in (tree / "pyproject.toml").read_text(
            "utf-8", "replace"
        ):
            return [[*pip, "."]]
        return [[*pip, "."]] if (tree / "setup.py").is_file() else []

    async def _run(self, tree: Path, path: Path, interpreter: Interpreter, argv: list[str]) -> Outcome:
        cache = self._root.parent / "cache"
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        uv_home = [] if self._tools.uv is None else [await asyncio.to_thread(_home_of, self._tools.uv)]
        step = Step(
            argv=argv,
            environment={
                "PATH": f"{path}/bin:/usr/local/bin:/usr/bin:/bin",
                "HOME": HOME,
                "VIRTUAL_ENV": str(path),
                "UV_CACHE_DIR": str(cache),
                "UV_LINK_MODE": "hardlink",
                "UV_PYTHON_DOWNLOADS": "never",
                "UV_NO_CONFIG": "1",
                # The authorities that the machine trusts: there may be a proxy of its operator on the way.
                "UV_SYSTEM_CERTS": "1",
                # Once here instead of at each start: nothing can be written where the environment is used.
                "UV_COMPILE_BYTECODE": "1",
                "PIP_CACHE_DIR": str(cache),
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "LC_ALL": "C.UTF-8",
                **self._tools.index,
            },
            work=tree,
            timeout_s=self._sandbox.limits.build_s_max,
            network=True,
            writable=(path, cache),
            readable=(interpreter.home, *uv_home, *self._tools.readable),
        )
        return await self._sandbox.run(step)

    def _forget_old(self) -> None:
        """Remove the environments that nobody has used for the longest time, and never one that a release runs in."""
        used = in_use(self._root.parent)
        present = sorted(
            (entry for entry in os.scandir(self._root) if not entry.name.startswith(".")),
            key=lambda entry: entry.stat().st_mtime,
            reverse=True,
        )
        for entry in present[KEPT_MAX:]:
            if entry.name not in used:
                shutil.rmtree(entry.path, ignore_errors=True)


def in_use(folder: Path) -> frozenset[str]:
    """The environments of an application that the runner has written down as needed."""
    try:
        return frozenset((folder / IN_USE).read_text("ascii").split())
    except OSError:
        return frozenset()


def _home_of(program: str) -> Path:
    return Path(program).resolve().parent


def _reason(outcome: Outcome) -> str:
    lines = [line.strip() for line in outcome.output.splitlines() if line.strip()]
    return f"Dependencies were not installed: {lines[-1][:500] if lines else 'the installer said nothing'}"
