"""Applications of Node: packages installed once, tests reported, pages built, and a process that finds its packages."""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path
from typing import Any

from tests.products.appharbor_apps.builder.conftest import Yard, tarred
from tests.products.appharbor_apps.runner.conftest import opened

from harbor.products.appharbor_apps.builder import environments, node
from harbor.products.appharbor_apps.builder.environments import Environments, in_use

PACKAGE = {
    "package/package.json": '{"name": "moon", "version": "1.0.0"}',
    "package/index.js": "exports.phase = 'full';",
}
SERVER = """
const http = require('http'), moon = require('moon');
http.createServer((q, s) => s.end(moon.phase)).listen(process.env.PORT, process.env.HOST);
"""
TESTS = """
const test = require('node:test'), assert = require('node:assert'), moon = require('moon');
test('the moon is full', () => assert.equal(moon.phase, 'full'));
test('the moon is new', {skip: true}, () => {});
"""


def files(**more: Any) -> dict[str, str | bytes]:
    """A small application with one package."""
    about = {
        "name": "tides",
        "version": "1.0.0",
        "dependencies": {"moon": "file:./moon.tgz"},
        "scripts": {"test": "node --test", "start": "node server.js"},
        **more,
    }
    return {"package.json": json.dumps(about), "moon.tgz": MOON, "server.js": SERVER, "moon.test.js": TESTS}


MOON = tarred(PACKAGE)


async def test_packages_are_installed_once_and_the_tests_are_told(yard: Yard) -> None:
    first = await yard.build(files())
    second = await yard.build(files())

    assert first.is_good, yard.details
    assert first.commands == {"web": "node server.js"}
    assert [(each.name, each.status) for group in first.groups for each in _cases(group)] == [
        ("the moon is full", "Passed"),
        ("the moon is new", "Skipped"),
    ]
    assert "Packages of Node are unchanged" in yard.said
    assert second.environment[node.VARIABLE] == first.environment[node.VARIABLE]
    assert second.archive is not None
    with tarfile.open(second.archive) as tar:
        assert not [name for name in tar.getnames() if name.startswith("node_modules/")]


async def test_a_failing_test_fails_the_build(yard: Yard) -> None:
    tree = {**files(), "moon.test.js": TESTS.replace("'full')", "'half')")}

    assert not (await yard.build(tree)).is_good


async def test_pages_that_are_built_are_a_site(yard: Yard) -> None:
    scripts = {
        "build": "mkdir dist && node -p \"require('moon').phase\" > dist/index.html",
        "test": "echo 'Error: no test specified'",
    }
    tree = files(scripts=scripts)
    del tree["server.js"]

    built = await yard.build(tree)

    assert built.is_good
    assert built.commands == {"web": "harbor-static dist"}
    assert built.groups == ()


async def test_a_python_project_may_have_pages_of_node(yard: Yard) -> None:
    built = await yard.build({**files(scripts={"build": "touch made"}), "requirements.txt": "", "app.py": "print(1)"})

    assert built.is_good
    assert built.commands == {"web": "python app.py"}
    assert built.environment["PATH"].startswith(built.environment["VIRTUAL_ENV"])
    assert node.PLACE in built.environment["PATH"]


async def test_a_process_finds_its_packages(yard: Yard, tmp_path: Path) -> None:
    built = await yard.build(files())
    assert built.archive is not None
    with tarfile.open(built.archive) as tar:
        members = {each.name: file.read() for each in tar if (file := tar.extractfile(each)) is not None}
    async with opened(tmp_path / "quay") as quay:
        place = quay.folder / "apps" / "1"
        place.mkdir()
        (yard.folder / "apps" / "1" / "environments").rename(place / "environments")
        modules = place / "environments" / built.environment[node.VARIABLE].rsplit("/", 2)[1] / node.FOLDER
        tree: dict[str, str | bytes] = {**members, "node_modules/.keep": ""}
        deployed = await quay.deploy(quay.release(1, tree, commands=dict(built.commands), node_modules=str(modules)))
        answered = await quay.get()
        used = in_use(place)
        await quay.supervisor.remove(1)

    assert deployed.is_live, (deployed.reason, quay.logs)
    assert answered == (200, "full")
    assert used == {modules.parent.name}


def _cases(group: Any) -> list[Any]:
    return [case for each in group.items for case in (_cases(each) if hasattr(each, "items") else [each])]


async def test_an_environment_that_a_release_runs_in_is_never_the_oldest(yard: Yard) -> None:
    home = yard.folder / "apps" / "1"
    for number in range(environments.KEPT_MAX + 3):
        (home / "environments" / f"env{number:02}").mkdir(parents=True)
        os.utime(home / "environments" / f"env{number:02}", (number, number))
    (home / environments.IN_USE).write_text("env00\n")

    Environments(home / "environments", yard.builder.sandbox, yard.builder.tools)._forget_old()

    left = sorted(path.name for path in (home / "environments").iterdir())
    assert left == ["env00", *(f"env{number:02}" for number in range(3, 13))]
