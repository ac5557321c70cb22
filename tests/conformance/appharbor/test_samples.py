"""Requests and replies as AppHarbor's archived documentation prints them, through the real pipeline."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.products.appharbor_apps.conftest import BASE, Harbor, open_harbor

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.products.appharbor_apps.builds import service as builds
from harbor.products.appharbor_apps.builds.model import Source, Wanted
from harbor.products.appharbor_apps.test_results.model import Case, Group, Status

SAMPLES = json.loads((Path(__file__).parent / "samples.json").read_text())


@pytest.fixture
async def harbor(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Harbor]:
    """An installation with one application, a build with tests, and one of each of what belongs to it."""
    async with open_harbor(sqlite_database, clock, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("sample", SAMPLES, ids=[each["name"] for each in SAMPLES])
async def test_a_sample_is_answered_as_printed(harbor: Harbor, sample: dict[str, Any]) -> None:
    slug = await harbor.application("example-app")
    if sample.get("as") == "collaborator":
        await harbor.collaborator(slug)
    harbor.builder.groups = [Group(name="tests", items=[Case(name="t", status=Status.PASSED)])]
    wanted = Wanted(branch="master", commit_id="4be1c0d", commit_message="Fix", source=Source.GIT)
    build = await harbor.inside(slug, lambda call, app: builds.add(call, app, wanted, builders_max=1))
    await harbor.work()
    caller = harbor.grace if sample.get("as") == "collaborator" else harbor.ada
    method, _, target = sample["send"].replace("{build}", str(build.id)).replace("{token}", caller.token).partition(" ")
    client = harbor.client() if "{token}" in sample["send"] else caller.client

    body = sample.get("body")
    reply = await client.request(
        method,
        target,
        body=b"" if body is None else json.dumps(body).encode(),
        headers=sample.get("headers", {}),
    )

    assert reply.status == sample["status"], reply.body
    for name, value in sample.get("reply_headers", {}).items():
        assert reply.headers[name] == value.replace("{base}", BASE)
    if "reply" in sample:
        expected = json.dumps(sample["reply"]).replace("{base}", BASE).replace("{build}", str(build.id))
        moment = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
        assert json.loads(expected) == json.loads(moment.sub("<moment>", reply.body.decode()))
