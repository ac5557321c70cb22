"""Node: packages installed once for each lock file, and mounted where programs look for them.

What was installed lies beside the environments of Python, is never changed, and is no part of an artefact: so a build with
the same lock file installs nothing, and releases share what is on disk. Source: docs/products/appharbor.md#node.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from harbor.products.appharbor_apps.builder.port import Refused
from harbor.products.appharbor_apps.builder.sandbox import HOME, WORK, Outcome, Sandbox, Step
from harbor.products.appharbor_apps.deploys.port import Say

FOLDER: Final = "node_modules"
PLACE: Final = f"{WORK}/{FOLDER}"
# The variable of a build by which the runner knows what to mount.
VARIABLE: Final = "HARBOR_NODE_MODULES"
_FILES: Final = ("package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc")
_DONE: Final = ".harbor-complete"
_PLACEHOLDER: Final = "no test specified"
_SYSTEM_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Modules:
    """The packages of a tree. `path` is the folder that is mounted."""

    path: Path

    def variables(self) -> dict[str, str]:
        """What a process needs to find them."""
        return {"PATH": f"{PLACE}/.bin:{self.path}/.bin:{_SYSTEM_PATH}", VARIABLE: str(self.path)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What installs packages of Node below `root`. `npm` None means that there is no Node here."""

    root: Path
    cache: Path
    sandbox: Sandbox
    npm: str | None
    registry: str | None

    async def prepare(self, tree: Path, say: Say, variables: Mapping[str, str]) -> Modules:
        """Install what a tree needs, or take what was installed; then its build script. Raises `Refused`."""
        if self.npm is None:
            raise Refused("This is a Node application, and there is no Node on this machine")
        path = self.root / await asyncio.to_thread(_key, tree) / FOLDER
        modules = Modules(path)
        if (path / _DONE).is_file():
            os.utime(path.parent)
            await asyncio.to_thread(mount, tree, modules, self.sandbox)
            await say("Packages of Node are unchanged")
            again = [name for name in ("postinstall", "prepare") if name in scripts(tree)]
            for name in again:  # they may write into the tree, which is a fresh one
                await self._script(tree, modules, name, say, variables)
        else:
            await self._install(tree, path, say)
            await asyncio.to_thread(mount, tree, modules, self.sandbox)
        if "build" in scripts(tree):
            await self._script(tree, modules, "build", say, variables)
        return modules

    async def _install(self, tree: Path, path: Path, say: Say) -> None:
        has_lock = any((tree / name).is_file() for name in _FILES[1:3])
        words = ["ci" if has_lock else "install", "--no-audit", "--no-fund", "--no-update-notifier"]
        outcome = await self._npm(tree, words, {})
        await say(
            "Installing packages of Node" + ("" if has_lock else "; there is no package-lock.json"), outcome.output
        )
        if not outcome.is_good:
            lines = [line.strip() for line in outcome.output.splitlines() if line.strip()]
            reason = outcome.stopped or (lines[-1][:500] if lines else "npm said nothing")
            raise Refused(f"Packages of Node were not installed: {reason}")
        await asyncio.to_thread(_keep, tree / FOLDER, path)

    async def _script(self, tree: Path, modules: Modules, name: str, say: Say, variables: Mapping[str, str]) -> None:
        outcome = await self._npm(tree, ["run", name], variables, modules)
        await say(f"Running npm run {name}", outcome.output)
        if not outcome.is_good:
            raise Refused(f"npm run {name} failed: {outcome.stopped or f'it ended with code {outcome.code}'}")

    async def _npm(
        self, tree: Path, words: list[str], variables: Mapping[str, str], modules: Modules | None = None
    ) -> Outcome:
        assert self.npm is not None
        self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        return await self.sandbox.run(
            Step(
                argv=[self.npm, *words],
                environment={
                    **variables,
                    "PATH": _SYSTEM_PATH if modules is None else modules.variables()["PATH"],
                    "HOME": HOME if self.sandbox.is_closed else str(tree),
                    "LC_ALL": "C.UTF-8",
                    "CI": "true",
                    "npm_config_cache": str(self.cache),
                    **({} if self.registry is None else {"npm_config_registry": self.registry}),
                },
                work=tree,
                timeout_s=self.sandbox.limits.build_s_max,
                network=True,
                writable=(self.cache,),
                mounted=() if modules is None else ((modules.path, PLACE),),
            )
        )


def mount(tree: Path, modules: Modules, sandbox: Sandbox) -> None:
    """Make the place in a tree at which the packages are mounted; without a sandbox a link to them."""
    place = tree / FOLDER
    if place.is_symlink() or place.is_file():
        place.unlink()
    shutil.rmtree(place, ignore_errors=True)
    if sandbox.is_closed:
        place.mkdir()
    else:
        place.symlink_to(modules.path)


def unmount(tree: Path) -> None:
    """Leave an empty folder in the place of the packages, as it goes into the artefact."""
    place = tree / FOLDER
    if place.is_symlink():
        place.unlink()
        place.mkdir()


def scripts(tree: Path) -> dict[str, str]:
    """The scripts of package.json."""
    found = package(tree).get("scripts")
    if not isinstance(found, dict):
        return {}
    return {str(name): each for name, each in found.items() if isinstance(each, str) and each.strip()}


def test_command(tree: Path) -> str | None:
    """How the tests run: `npm test`, unless it is what npm puts there for want of tests."""
    said = scripts(tree).get("test")
    return None if said is None or _PLACEHOLDER in said else "npm test"


def web_command(tree: Path) -> str | None:
    """The web process of a tree without a Procfile: what `npm start` runs, else the program that one would expect."""
    said = scripts(tree)
    if "start" in said:
        # Without npm, which would stay in memory beside it, unless something comes before.
        return "npm start" if {"prestart", "poststart"} & set(said) else said["start"]
    main = package(tree).get("main")
    for name in ("server.js", "index.js", main if isinstance(main, str) else ""):
        if name.endswith((".js", ".mjs", ".cjs")) and "'" not in name and (tree / name).is_file():
            return f"node '{name}'"
    return None


def package(tree: Path) -> dict[str, Any]:
    """What package.json says; nothing where it is no object."""
    path = tree / "package.json"
    if path.is_symlink() or not path.is_file() or path.stat().st_size > 1_048_576:
        return {}
    try:
        found = json.loads(path.read_text("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _key(tree: Path) -> str:
    """The name of the folder for the packages that a tree needs."""
    digest = sha256(b"node 1\0" + os.fsencode(os.path.realpath(shutil.which("node") or "")) + b"\0")
    for name in _FILES:
        path = tree / name
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:32]


def _keep(installed: Path, path: Path) -> None:
    """Move what was installed to its place, whole or not at all."""
    fresh = path.parent.with_name(f".new-{secrets.token_hex(6)}")
    fresh.mkdir(mode=0o755, parents=True)
    try:
        if installed.is_dir() and not installed.is_symlink():
            installed.rename(fresh / FOLDER)
        else:
            (fresh / FOLDER).mkdir()  # it needs nothing
        (fresh / FOLDER / _DONE).touch()
        shutil.rmtree(path.parent, ignore_errors=True)
        fresh.rename(path.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
