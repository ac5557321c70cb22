"""From a push to a built application, with the real builder: a failing test keeps the old release, a fix replaces it."""

from __future__ import annotations

import asyncio
import shutil
import tarfile
from pathlib import Path

from tests.products.appharbor_apps.builder.conftest import LIMITS, no_download
from tests.products.appharbor_apps.conftest import open_harbor
from tests.products.appharbor_apps.test_git import address, git, served

from harbor.kernel.blobs.local import LocalBlobs
from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.products.appharbor_apps.builder.environments import Tools
from harbor.products.appharbor_apps.builder.fetching import Fetcher
from harbor.products.appharbor_apps.builder.interpreters import installed
from harbor.products.appharbor_apps.builder.local import LocalBuilder
from harbor.products.appharbor_apps.builder.sandbox import Sandbox

TEST = "import unittest\nclass Tides(unittest.TestCase):\n    def test_ebb(self):\n        self.assertEqual({}, 2)\n"


async def test_a_failing_test_keeps_the_old_release_and_the_fix_replaces_it(
    sqlite_database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    blobs = LocalBlobs(tmp_path / "blobs")
    builder = LocalBuilder(
        root=tmp_path / "apps",
        fetcher=Fetcher(shutil.which("git") or "git", blobs, no_download, LIMITS),
        sandbox=Sandbox(LIMITS, shutil.which("bwrap"), allow_unsandboxed=True),
        tools=Tools(uv=None, index={"PIP_NO_INDEX": "1"}),
        interpreters=installed(),
    )
    work = tmp_path / "tides"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    (work / "app.py").write_text("print('tides')\n")
    said = {}
    async with open_harbor(sqlite_database, clock, tmp_path, builder=builder) as harbor, served(harbor) as port:
        slug = await harbor.application()
        for sum_, message in (("1 + 1", "good"), ("1 + 2", "bad"), ("4 - 2", "fixed")):
            (work / "test_tides.py").write_text(TEST.format(sum_))
            git(work, "add", ".")
            git(work, "commit", "--quiet", "-m", message)
            said[message] = await asyncio.to_thread(git, work, "push", address(harbor, port, slug), "main")
        found = await harbor.ada.get(f"/applications/{slug}/builds")
        failed = found[1]["url"].rpartition("/")[2]
        (tree,) = await harbor.ada.get(f"/applications/{slug}/builds/{failed}/tests")
        orders = list(harbor.deployer.orders)
        artefact = blobs.open(harbor.ada.organization.production.id, orders[1].artefact.key)

    assert [build["status"] for build in found] == ["Succeeded", "Failed", "Succeeded"]
    assert [build["deployed"] is not None for build in found] == [True, False, True]
    assert (tree["status"], tree["tests"][0]["name"]) == ("Failed", "test_ebb")
    assert "Tests: 1 failed" in said["bad"]
    assert "Dependencies are unchanged" in said["fixed"]
    assert [order.artefact.commands for order in orders] == [{"web": "python app.py"}] * 2
    with artefact, tarfile.open(fileobj=artefact) as tar:
        assert tar.getnames() == ["app.py", "test_tides.py"]
