"""Bare repositories, one for each application, below the folder of applications.

A repository lies at `<root>/<application id>/repository.git`: no name that anybody chose is part of a path. All of them
run the same two hooks, which know nothing and ask the process that started git. Source: docs/products/appharbor.md#git.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from harbor.kernel.bounds import MIB

NAME = "repository.git"
PUSH_BYTES_MAX = 512 * MIB
OUTPUT_BYTES_MAX = MIB
# The variable that tells the hooks of one push where to ask.
SOCKET = "HARBOR_PUSH_SOCKET"
_HOOKS = ("pre-receive", "post-receive")
_OPTIONS_READ = 4
_PROGRAM = Path(__file__).with_name("hook_program.py")
# What old but honest repositories contain; everything else that is malformed is refused.
_TOLERATED = ("zeroPaddedFilemode", "missingSpaceBeforeDate", "badTimezone")


class GitFailed(Exception):
    """A git command failed; the message is what it said."""


class Repositories:
    """The repositories below `root`. `git` is the path of the system's program."""

    def __init__(self, root: Path, git: str, *, push_bytes_max: int = PUSH_BYTES_MAX) -> None:
        self.root = root
        self.git = git
        self._push_bytes_max = push_bytes_max

    def path(self, _account_id: str, application_id: int) -> Path:
        """Where the repository of an application lies, once it is there."""
        return self.root / str(application_id) / NAME

    async def ensure(self, account_id: str, application_id: int) -> Path:
        """The repository of an application, made if it is not there yet."""
        path = self.path(account_id, application_id)
        if not await asyncio.to_thread(path.is_dir):
            await asyncio.to_thread(self._prepare, path.parent)
            fresh = path.with_name(f".new-{secrets.token_hex(8)}")
            await self.run(["init", "--quiet", "--bare", "--template=", str(fresh)], cwd=path.parent)
            await asyncio.to_thread(self._finish, fresh, path)
        return path

    async def remove(self, account_id: str, application_id: int) -> None:
        """Remove the repository of an application that is deleted. May be called again."""
        path = self.path(account_id, application_id)
        await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)
        with contextlib.suppress(OSError):  # somebody else's files are in it, or it is gone
            path.parent.rmdir()

    async def run(self, arguments: Sequence[str], *, cwd: Path, timeout_s: float = 60.0) -> str:
        """What a git command prints, at most a MiB of it. Raises `GitFailed`."""
        process = await asyncio.create_subprocess_exec(
            self.git,
            *arguments,
            cwd=cwd,
            env=environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(timeout_s):
                out, trouble = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise GitFailed(f"git {arguments[0]} took longer than {timeout_s:g} s") from None
        if process.returncode != 0:
            raise GitFailed(trouble.decode("utf-8", "replace")[:1_000].strip())
        return out[:OUTPUT_BYTES_MAX].decode("utf-8", "replace")

    async def commit_message(self, path: Path, commit_id: str) -> str:
        """The message of a commit."""
        return (await self.run(["log", "-1", "--format=%B", commit_id, "--"], cwd=path)).strip()

    async def point_head(self, path: Path, branch: str) -> None:
        """Make a branch the one that a clone checks out, if there is none yet."""
        try:
            await self.run(["rev-parse", "--verify", "--quiet", "HEAD"], cwd=path)
        except GitFailed:
            await self.run(["symbolic-ref", "HEAD", f"refs/heads/{branch}"], cwd=path)

    def _prepare(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        hooks = self.root / "hooks"
        hooks.mkdir(mode=0o700, exist_ok=True)
        for name in _HOOKS:
            # Written anew each time: the interpreter may have moved with an upgrade.
            fresh = hooks / f".{name}-{secrets.token_hex(4)}"
            program = shlex.join([sys.executable, "-I", "-S", str(_PROGRAM), name])
            options = " ".join(f'"${{GIT_PUSH_OPTION_{number}:-}}"' for number in range(_OPTIONS_READ))
            fresh.write_text(f'#!/bin/sh\nexec {program} "${SOCKET}" {options}\n', encoding="utf-8")
            fresh.chmod(0o700)
            fresh.replace(hooks / name)

    def _finish(self, fresh: Path, path: Path) -> None:
        (fresh / "config").write_text(self._config(), encoding="utf-8")
        try:
            fresh.rename(path)
        except OSError:
            shutil.rmtree(fresh, ignore_errors=True)
            if not path.is_dir():  # else somebody else was faster
                raise

    def _config(self) -> str:
        tolerated = "\n".join(f"\t{name} = ignore" for name in _TOLERATED)
        return f"""[core]
\trepositoryformatversion = 0
\tbare = true
\thooksPath = {_quoted(str(self.root / "hooks"))}
\tlogAllRefUpdates = false
[http]
\treceivepack = true
\tgetanyfile = false
[receive]
\tfsckObjects = true
\tmaxInputSize = {self._push_bytes_max}
\tadvertisePushOptions = true
\tautogc = false
\tdenyDeleteCurrent = ignore
[receive "fsck"]
{tolerated}
[transfer]
\thideRefs = refs/harbor
[uploadpack]
\tallowFilter = true
[gc]
\tauto = 0
"""


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What git gets to see: nothing of this process, no configuration but the repository's, nobody to ask."""
    return {
        "PATH": os.defpath,
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        **(more or {}),
    }


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
