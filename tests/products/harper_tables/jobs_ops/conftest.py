"""Instances whose bulk jobs reach folders and a store, and processes that die between two steps of a job."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.products.harper_tables.conftest import Instance, open_instance

from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Unavailable
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.storage.database import Database
from harbor.products.harper_tables.jobs_ops.means import Means

AUTHOR = {"database": "press", "table": "author"}


async def finished(instance: Instance, started: dict[str, Any]) -> dict[str, Any]:
    """The job after it has run, however often its process dies."""
    assert started["message"].split(" ")[4] == started["job_id"]
    for _ in range(20):
        await instance.house.worker.run_due(instance.house.clock.now())
        (job,) = await instance.do("get_job", id=started["job_id"])
        if job["status"] in ("COMPLETE", "ERROR"):
            return dict(job)
        instance.house.clock.advance(3_600)
    raise AssertionError(job)


@dataclass(frozen=True, slots=True)
class Outside:
    """What jobs of an instance reach."""

    means: Means
    imports: Path
    exports: Path

    def file(self, name: str, content: str | bytes) -> Path:
        """A file to be loaded."""
        path = self.imports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


@pytest.fixture
def outside(tmp_path: Path, request: pytest.FixtureRequest) -> Outside:
    """Folders, and a store for tests that ask for one."""
    imports, exports = tmp_path / "imports", tmp_path / "exports"
    imports.mkdir()
    endpoint = request.getfixturevalue("s3_url") if "s3_url" in request.fixturenames else None
    return Outside(Means(imports=imports, exports=exports, s3_endpoint=endpoint), imports, exports)


async def operators(instance: Instance) -> Instance:
    """The instance as that of whoever runs the machine."""
    await instance.house.database.write(lambda tx: tx.run("UPDATE organizations SET is_operator = 1"))
    return instance


@pytest.fixture
async def reaching(database: Database, clock: ManualClock, tmp_path: Path, outside: Outside) -> AsyncIterator[Instance]:
    """An instance of the operator, on each engine."""
    async with open_instance(database, clock, tmp_path, means=outside.means) as opened:
        yield await operators(opened)


@pytest.fixture
async def one_reaching(
    sqlite_database: Database, clock: ManualClock, tmp_path: Path, outside: Outside
) -> AsyncIterator[Instance]:
    """The same on SQLite, where the engine does not matter."""
    async with open_instance(sqlite_database, clock, tmp_path, means=outside.means) as opened:
        yield await operators(opened)


class Died(Unavailable):
    """What stands for the end of a process; one that is expected, so that the log stays short."""


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run of a job dies after its first step was committed, or before its second one was, in turn."""
    steps: dict[str, int] = {}
    whole = JobContext.step

    async def step(self: JobContext, work: Any, **more: Any) -> Any:
        steps[self.job.id] = steps.get(self.job.id, 0) + 1
        if steps[self.job.id] % 4 == 3:
            raise Died("before the commit")
        result = await whole(self, work, **more)
        if steps[self.job.id] % 4 == 1:
            raise Died("after the commit")
        return result

    monkeypatch.setattr(JobContext, "step", step)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """A server that speaks S3."""
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_url(s3_server: str) -> str:
    """Its origin, after all that it held was forgotten and a bucket `desk` was made."""
    import urllib.request

    for method, path in (("POST", "/moto-api/reset"), ("PUT", "/desk")):
        with urllib.request.urlopen(urllib.request.Request(s3_server + path, method=method)) as answer:
            assert answer.status == 200
    return s3_server
