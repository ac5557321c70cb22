"""A builder on this machine, and sources to give it."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

from harbor.kernel.blobs.local import LocalBlobs
from harbor.products.appharbor_apps.builder.environments import Tools
from harbor.products.appharbor_apps.builder.fetching import Fetcher
from harbor.products.appharbor_apps.builder.interpreters import installed
from harbor.products.appharbor_apps.builder.limits import Limits
from harbor.products.appharbor_apps.builder.local import LocalBuilder
from harbor.products.appharbor_apps.builder.port import Built, Kept, Task
from harbor.products.appharbor_apps.builder.sandbox import Sandbox

LIMITS = Limits(build_s_max=60, test_s_max=20, processes_max=64, memory_bytes_max=400 * 1024 * 1024)


def tarred(files: Mapping[str, str | bytes], *, members: list[tarfile.TarInfo] | None = None) -> bytes:
    """A gzipped tar of these files, and then these members as they are."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for member in members or []:
            tar.addfile(member)
    return raw.getvalue()


@dataclass(slots=True)
class Yard:
    """A builder, and what it said."""

    builder: LocalBuilder
    blobs: LocalBlobs
    folder: Path
    said: list[str] = field(default_factory=list)
    details: dict[str, str] = field(default_factory=dict)

    async def say(self, message: str, details: str | None = None) -> None:
        self.said.append(message)
        self.details[message] = details or ""

    async def build(self, files: Mapping[str, str | bytes], **fields: Any) -> Built:
        """What comes of building these files."""
        blob = self.blobs.put("acc_1", tarred(files))
        task = Task(
            **{
                "account_id": "acc_1",
                "application_id": 1,
                "slug": "tides",
                "build_id": 41,
                "commit_id": "a" * 40,
                "source": Kept(blob.key),
                "environment": {"SECRET": "hunter2"},
                **fields,
            }
        )
        return await self.builder.build(task, self.say)


async def no_download(url: str, file: IO[bytes], limits: Limits) -> None:
    raise AssertionError(url)


@pytest.fixture
def make_yard(tmp_path: Path) -> Callable[..., Yard]:
    def make(limits: Limits = LIMITS, uv: str | None = None) -> Yard:
        blobs = LocalBlobs(tmp_path / "blobs")
        builder = LocalBuilder(
            root=tmp_path / "apps",
            fetcher=Fetcher(shutil.which("git") or "git", blobs, no_download, limits),
            sandbox=Sandbox(limits, shutil.which("bwrap"), allow_unsandboxed=True),
            tools=Tools(uv=uv, index={"PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}),
            interpreters=installed(),
        )
        return Yard(builder, blobs, tmp_path)

    return make


@pytest.fixture
def yard(make_yard: Callable[..., Yard]) -> Yard:
    return make_yard()
