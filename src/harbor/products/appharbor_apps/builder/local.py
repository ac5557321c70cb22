"""The builder of this machine: fetch, detect, install, build, test, package. Source: docs/products/appharbor.md#pipeline.

Everything it keeps lies below `root`, in a folder for each application: environments, a cache of packages, and while a
build runs its work tree. They are on one file system, so that packages are linked and not copied.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harbor.products.appharbor_apps.builder import testing
from harbor.products.appharbor_apps.builder.archive import pack
from harbor.products.appharbor_apps.builder.detection import Found, Language, detect, python_command, static_command
from harbor.products.appharbor_apps.builder.environments import Environment, Environments, Tools
from harbor.products.appharbor_apps.builder.fetching import Fetcher
from harbor.products.appharbor_apps.builder.interpreters import Interpreter, chosen
from harbor.products.appharbor_apps.builder.node import PLACE, Modules, Node, unmount, web_command
from harbor.products.appharbor_apps.builder.port import Built, Refused, Task
from harbor.products.appharbor_apps.builder.sandbox import HOME, Sandbox, Step
from harbor.products.appharbor_apps.deploys.port import Say


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalBuilder:
    """Builds Python projects, Node applications and static sites."""

    root: Path
    fetcher: Fetcher
    sandbox: Sandbox
    tools: Tools
    interpreters: Sequence[Interpreter]

    async def build(self, task: Task, say: Say) -> Built:
        """Fetch, detect, build, test, package. Raises `Refused`."""
        began = time.monotonic()
        home = self.root / str(task.application_id)
        await asyncio.to_thread(home.mkdir, mode=0o755, parents=True, exist_ok=True)
        work = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="work-", dir=home))
        try:
            tree = work / "tree"
            tree.mkdir()
            await self.fetcher.fetch(task, tree)
            built = await self._build(task, tree, home, work, say)
        finally:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        if built.is_good:
            await say(f"Built in {time.monotonic() - began:.1f} s")
        return built

    async def remove(self, _account_id: str, application_id: int) -> None:
        """Remove the caches of an application that is deleted."""
        home = self.root / str(application_id)
        for name in ("environments", "cache"):
            await asyncio.to_thread(shutil.rmtree, home / name, ignore_errors=True)

    async def _build(self, task: Task, tree: Path, home: Path, work: Path, say: Say) -> Built:
        found = await asyncio.to_thread(detect, tree)
        environment = modules = None
        if found.has_node:
            modules = await self._node(home).prepare(tree, say, task.environment)
        if found.language is Language.PYTHON:
            await say("This is a Python project")
            interpreter = chosen(found.python, self.interpreters)
            environment = await Environments(home / "environments", self.sandbox, self.tools).ensure(
                tree, interpreter, say
            )
        elif found.language is Language.NODE:
            await say("This is a Node application")
        else:
            await say("This is a static site")
        if task.build_command is not None:
            await self._run_build_command(task.build_command, task, tree, environment, modules, say)
        command = task.test_command or found.test_command
        tested = await testing.run(
            tree, environment, self.sandbox, command=command, more=found.environment, modules=modules
        )
        if not await _told(tested, say) and task.fail_on_test_failure:
            return Built(is_good=False, groups=tested.groups)
        await asyncio.to_thread(unmount, tree)
        archive = home / f"{work.name}.tar.gz"
        await asyncio.to_thread(pack, tree, archive)
        return Built(
            is_good=True,
            groups=tested.groups,
            archive=archive,
            commands=_commands(tree, found, environment),
            environment={
                **found.environment,
                **({} if environment is None and modules is None else testing.variables_of(environment, modules)),
            },
        )

    def _node(self, home: Path) -> Node:
        return Node(
            root=home / "environments",
            cache=home / "cache" / "npm",
            sandbox=self.sandbox,
            npm=shutil.which("npm"),
            registry=self.tools.index.get("npm_config_registry"),
        )

    async def _run_build_command(
        self, command: str, task: Task, tree: Path, environment: Environment | None, modules: Modules | None, say: Say
    ) -> None:
        variables = testing.variables_of(environment, modules)
        own: Mapping[str, str] = {"HOME": HOME if self.sandbox.is_closed else str(tree), "LC_ALL": "C.UTF-8"}
        outcome = await self.sandbox.run(
            Step(
                argv=["/bin/sh", "-c", command],
                environment={**task.environment, **own, **variables},
                work=tree,
                timeout_s=self.sandbox.limits.build_s_max,
                network=True,
                readable=() if environment is None else (environment.path, environment.interpreter.home),
                mounted=() if modules is None else ((modules.path, PLACE),),
            )
        )
        await say(f"Running {command}", outcome.output)
        if not outcome.is_good:
            raise Refused(f"The build command failed: {outcome.stopped or f'it ended with code {outcome.code}'}")


async def _told(tested: testing.Tested, say: Say) -> bool:
    """Tell what the tests came to; whether it was good."""
    if tested.command is None or tested.outcome is None:
        await say("There are no tests")
        return True
    if tested.outcome.stopped is not None:
        await say(f"The tests were stopped: {tested.outcome.stopped}", tested.outcome.output)
        return False
    await say("Tests passed" if tested.is_good else "Tests failed", tested.outcome.output)
    return tested.is_good


def _commands(tree: Path, found: Found, environment: Environment | None) -> dict[str, str]:
    commands = dict(found.processes)
    if "web" not in commands and environment is not None:
        command = python_command(tree, environment.programs)
        if command is not None:
            commands["web"] = command
    if "web" not in commands and found.has_node:
        # Pages that were built may be all there is.
        command = web_command(tree) or static_command(tree)
        commands |= {} if command is None else {"web": command}
    if not commands:
        raise Refused("There is nothing to run: no Procfile, no app.py, no main.py, no manage.py, no npm start")
    return commands
