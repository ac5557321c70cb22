"""Getting the source of a build into a fresh tree: of a commit, from an address, or from what was uploaded.

Source: docs/products/appharbor.md#build-address.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import urljoin

import aiohttp

from harbor.kernel.blobs import Blobs
from harbor.kernel.bounds import KIB
from harbor.kernel.errors import Invalid
from harbor.kernel.outbound import OutboundPolicy
from harbor.kernel.outbound.resolver import CheckingResolver
from harbor.products.appharbor_apps.builder.archive import unpack
from harbor.products.appharbor_apps.builder.limits import Limits
from harbor.products.appharbor_apps.builder.port import Commit, Kept, Refused, Remote, Task
from harbor.products.appharbor_apps.git.repositories import environment

_PIECE_BYTES = 256 * KIB
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Download(Protocol):
    """Fetches an address into a file."""

    async def __call__(self, url: str, file: IO[bytes], limits: Limits) -> None:
        """The whole body is in the file when this returns. Raises `Refused`."""
        ...


class Fetcher:
    """Fetches sources."""

    def __init__(self, git: str, blobs: Blobs, download: Download, limits: Limits) -> None:
        self._git = git
        self._blobs = blobs
        self._download = download
        self._limits = limits

    async def fetch(self, task: Task, tree: Path) -> None:
        """Put the source of a task into an empty folder. Raises `Refused`."""
        source = task.source
        if isinstance(source, Commit):
            await asyncio.to_thread(self._checkout, source, tree)
        elif isinstance(source, Remote):
            with tempfile.TemporaryFile() as file:
                await self._download(source.url, file, self._limits)
                file.seek(0)
                await asyncio.to_thread(unpack, file, tree, self._limits, compressed=True, strips=True)
        else:
            await asyncio.to_thread(self._unpack_kept, task.account_id, source, tree)

    def _checkout(self, commit: Commit, tree: Path) -> None:
        """`git archive`, read as it is written: nothing is ever checked out in the repository."""
        argv = [self._git, "archive", "--format=tar", commit.commit_id]
        with subprocess.Popen(
            argv, cwd=commit.repository, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            try:
                unpack(process.stdout, tree, self._limits, compressed=False, strips=False)
                process.stdout.read()  # the blocks that fill up a tar
            except Refused:
                process.kill()
                trouble = process.stderr.read(1_000).decode("utf-8", "replace").strip()
                if trouble:
                    raise Refused(f"git cannot export the commit: {trouble}") from None
                raise
            if process.wait() != 0:
                raise Refused("git cannot export the commit")

    def _unpack_kept(self, account_id: str, kept: Kept, tree: Path) -> None:
        with self._blobs.open(account_id, kept.key) as file:
            unpack(file, tree, self._limits, compressed=True, strips=True)


def downloader(policy: OutboundPolicy) -> Download:
    """Downloads through the guard for everything that leaves the machine: each address on the way is checked."""

    async def download(url: str, file: IO[bytes], limits: Limits) -> None:
        connector = aiohttp.TCPConnector(resolver=CheckingResolver(policy), limit=1)
        timeout = aiohttp.ClientTimeout(total=limits.download_s_max)
        try:
            async with aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session:
                for _ in range(limits.redirects_max + 1):
                    target = policy.target(url, field="download_url")
                    async with session.get(target, allow_redirects=False) as response:
                        if response.status in _REDIRECTS and "location" in response.headers:
                            url = urljoin(str(target), response.headers["location"])
                            continue
                        if response.status != 200:
                            raise Refused(f"The archive cannot be downloaded: its server answered {response.status}")
                        await _keep(response, file, limits)
                        return
            raise Refused(f"The archive cannot be downloaded: more than {limits.redirects_max} redirects")
        except Invalid as refused:
            raise Refused(f"The archive cannot be downloaded: {refused.message}") from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            # What went wrong in detail would tell what answers inside the network.
            raise Refused("The archive cannot be downloaded: its server cannot be reached") from None

    return download


async def _keep(response: aiohttp.ClientResponse, file: IO[bytes], limits: Limits) -> None:
    size = 0
    async for piece in response.content.iter_chunked(_PIECE_BYTES):
        size += len(piece)
        if size > limits.archive_bytes_max:
            raise Refused(f"The archive has more than {limits.archive_bytes_max} bytes")
        await asyncio.to_thread(file.write, piece)
