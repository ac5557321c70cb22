"""Finding and running the tests of a tree. Source: docs/products/appharbor.md#tests-run."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harbor.products.appharbor_apps.builder import node, reports
from harbor.products.appharbor_apps.builder.environments import Environment
from harbor.products.appharbor_apps.builder.node import Modules
from harbor.products.appharbor_apps.builder.sandbox import HOME, Outcome, Sandbox, Step
from harbor.products.appharbor_apps.test_results.model import Group

PYTEST_NO_TESTS = 5
_PROGRAM = "unittest_program.py"
_NODE_REPORTS = "--test-reporter=junit --test-reporter-destination={folder}/node.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What the tests came to. `command` is None if there were none."""

    command: str | None = None
    groups: Sequence[Group] = field(default_factory=tuple)
    outcome: Outcome | None = None

    @property
    def is_good(self) -> bool:
        """Whether nothing failed."""
        return self.outcome is None or (
            self.outcome.is_good and not any(each.status == "Failed" for each in self.groups)
        )


async def run(
    tree: Path,
    environment: Environment | None,
    sandbox: Sandbox,
    *,
    command: str | None,
    more: Mapping[str, str],
    modules: Modules | None = None,
) -> Tested:
    """Run the tests of a tree without a network. `command` is what somebody has said; else the language's way."""
    # Not in the tree: what runs there could put a link in its place.
    folder = tree.with_name("reports")
    folder.mkdir()
    inside = str(folder)
    try:
        found = _command(
            tree, environment, command or (node.test_command(tree) if modules and environment is None else None), inside
        )
        if found is None:
            return Tested()
        name, argv, program = found
        if program is not None:
            await asyncio.to_thread(shutil.copyfile, Path(__file__).with_name(program), folder / program)
        outcome = await sandbox.run(_step(tree, environment, sandbox, argv, inside, more, modules))
        groups = await asyncio.to_thread(reports.of_folder, folder)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    if command is None and outcome.code == PYTEST_NO_TESTS and outcome.stopped is None and not groups:
        return Tested()
    groups = groups or reports.tap(outcome.output)
    if not groups:
        return Tested(
            command=name, groups=[reports.from_exit_code(name, _code(outcome), outcome.output)], outcome=outcome
        )
    groups = reports.with_exit_code(groups, name, _code(outcome), outcome.output)
    return Tested(command=name, groups=groups, outcome=outcome)


def _code(outcome: Outcome) -> int:
    return outcome.code or (1 if outcome.stopped else 0)


def _command(
    tree: Path, environment: Environment | None, command: str | None, inside: str
) -> tuple[str, list[str], str | None] | None:
    if command is not None:
        return command, ["/bin/sh", "-c", command], None
    if environment is None:
        return None
    if "pytest" in environment.programs:
        return "pytest", ["python", "-m", "pytest", "-q", f"--junitxml={inside}/pytest.xml"], None
    if any(tree.rglob("test*.py")):
        argv = ["python", f"{inside}/{_PROGRAM}", f"{inside}/unittest.xml"]
        return "unittest", argv, _PROGRAM
    return None


def _step(
    tree: Path,
    environment: Environment | None,
    sandbox: Sandbox,
    argv: list[str],
    inside: str,
    more: Mapping[str, str],
    modules: Modules | None,
) -> Step:
    variables = variables_of(environment, modules)
    return Step(
        argv=argv,
        environment={
            **variables,
            "HOME": HOME if sandbox.is_closed else str(tree),
            "LC_ALL": "C.UTF-8",
            "CI": "true",
            "ENVIRONMENT": "Test",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HARBOR_TEST_REPORTS": inside,
            # The runner of tests that Node brings heeds these; others take no notice.
            **({} if modules is None else {"NODE_OPTIONS": _NODE_REPORTS.format(folder=inside)}),
            **more,
        },
        work=tree,
        timeout_s=sandbox.limits.test_s_max,
        network=False,
        writable=(tree.with_name("reports"),),
        readable=() if environment is None else (environment.path, environment.interpreter.home),
        mounted=() if modules is None else ((modules.path, node.PLACE),),
    )


def variables_of(environment: Environment | None, modules: Modules | None) -> dict[str, str]:
    """What a process needs to find the programs of its languages."""
    found = {"PATH": "/usr/local/bin:/usr/bin:/bin"} if environment is None else environment.variables()
    if modules is None:
        return found
    own = modules.variables()
    if environment is not None:
        own["PATH"] = f"{environment.path}/bin:{own['PATH']}"
    return {**found, **own}
