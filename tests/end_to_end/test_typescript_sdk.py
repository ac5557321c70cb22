"""The TypeScript SDK: its own tests, its types, the package that is published, and its way through a real server."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from tests.end_to_end import typescript
from tests.end_to_end.server import Server
from tests.end_to_end.tenant import Tenant, eventually
from tests.end_to_end.typescript import Package, node

ROOT = Path(__file__).parents[2]
README = typescript.SDK / "README.md"
GUIDE = ROOT / "docs" / "guides" / "typescript-sdk.md"
TSC = "node_modules/typescript/bin/tsc"

# The first of the tests installs a compiler and builds.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="session")
def package() -> Package:
    """The SDK, packed and installed."""
    return typescript.packed()


@pytest.fixture
def project(package: Package, tmp_path: Path) -> Path:
    """A project of the test's own that has the package."""
    return shutil.copytree(package.project, tmp_path / "project", symlinks=True)


def test_its_own_tests_pass(package: Package) -> None:
    tests = sorted(str(path) for path in (package.source / "test" / "unit").glob("*.test.mjs"))

    ended = node("--test", *tests, cwd=package.source)

    assert ended.returncode == 0, ended.stdout
    assert len(tests) > 5


@pytest.mark.parametrize("config", ["tsconfig.json", "tsconfig.node.json"])
def test_a_strict_program_with_every_method_compiles(package: Package, project: Path, config: str) -> None:
    shutil.copytree(package.source / "test" / "types", project / "types")

    ended = node(str(package.source / TSC), "-p", f"types/{config}", cwd=project)

    assert ended.returncode == 0, ended.stdout


def test_the_models_are_those_of_the_openapi_document() -> None:
    ended = subprocess.run(
        [sys.executable, ROOT / "scripts" / "typescript_models", "--check"], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr


def test_the_package_holds_what_runs_and_what_tells_of_it(package: Package) -> None:
    with tarfile.open(package.tarball) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}

    assert {name for name in names if not name.startswith("dist/")} == {"package.json", "README.md"}
    modules = {path.stem for path in (typescript.SDK / "src").glob("*.ts")}
    for kind in ("cjs", "esm"):
        assert {f"dist/{kind}/{module}{end}" for module in modules for end in (".js", ".d.ts")} <= names
    assert not [name for name in names if not name.endswith((".js", ".d.ts", "package.json", "README.md"))]


@pytest.mark.parametrize(
    ("file", "load"),
    [
        (
            "load.cjs",
            "const { Harbor } = require('@harbor/sdk'); const { version } = require('@harbor/sdk/package.json');",
        ),
        (
            "load.mjs",
            "import { Harbor } from '@harbor/sdk'; import manifest from '@harbor/sdk/package.json' with { type: 'json' };"
            "const { version } = manifest;",
        ),
    ],
)
def test_both_module_kinds_load_from_the_package(project: Path, file: str, load: str) -> None:
    (project / file).write_text(f"{load}\nconsole.log(JSON.stringify([typeof Harbor, version]));\n")

    ended = node(file, cwd=project)

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == [
        "function",
        json.loads((typescript.SDK / "package.json").read_text())["version"],
    ]


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (typescript.SDK / "package-lock.json").read_text()


async def test_it_goes_through_a_real_server(shop: Tenant, package: Package, project: Path) -> None:
    shutil.copy(package.source / "test" / "live" / "journey.test.mjs", project)

    ended = await asyncio.to_thread(node, "--test", "journey.test.mjs", cwd=project, env=_variables(shop))

    assert ended.returncode == 0, ended.stdout


async def test_the_readme_leads_to_a_sent_event_and_a_verified_webhook(shop: Tenant, project: Path) -> None:
    port = _free_port()
    for name, text in _programs(README):
        (project / name).write_text(text.replace("3000", str(port)))
    env = _variables(shop)

    registered = await asyncio.to_thread(node, "register.mjs", cwd=project, env=env)
    assert registered.returncode == 0, registered.stderr
    env["HARBOR_WEBHOOK_SECRET"] = registered.stdout.strip()
    with typescript.start("receive.mjs", cwd=project, env=env) as receiver:
        try:
            await eventually(lambda: _answers(port), "the receiver listens")
            sent = await asyncio.to_thread(node, "send.mjs", cwd=project, env=env)
            assert sent.returncode == 0, sent.stderr
            assert receiver.stdout is not None
            line = await asyncio.wait_for(asyncio.to_thread(receiver.stdout.readline), 30)
        finally:
            receiver.kill()
    read = await asyncio.to_thread(node, "read.mjs", cwd=project, env=env)

    event_id = sent.stdout.split()[0]
    assert line.split() == ["verified", "order.shipped", event_id]
    assert "ord_77" in read.stdout


@pytest.mark.parametrize("page", [README, GUIDE], ids=["README", "guide"])
def test_every_printed_program_compiles(page: Path, package: Package, project: Path) -> None:
    strict = re.findall(r"```ts\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    for name, text in [*_programs(page), *((f"strict-{at}.mts", text) for at, text in enumerate(strict))]:
        (project / name).write_text(text)
    options = ["--noEmit", "--target", "ES2022", "--module", "Node16", "--types", "node", "--allowJs", "--strict"]

    ended = node(str(package.source / TSC), *options, *_names(project), cwd=project)

    assert ended.returncode == 0, ended.stdout
    assert _names(project)


def _variables(shop: Tenant) -> dict[str, str]:
    assert shop.api.key is not None
    return {"HARBOR_URL": _url(shop.server), "HARBOR_SECRET_KEY": shop.api.key, "HARBOR_WORKSPACE": shop.workspace_id}


def _url(server: Server) -> str:
    return server.url


def _programs(page: Path) -> list[tuple[str, str]]:
    """The programs of a page, each with the name in its first line."""
    return re.findall(r"```js\n// (\S+)\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def _names(project: Path) -> list[str]:
    return sorted(path.name for path in project.glob("*.m*s"))


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
