"""What the process knows of its machine: looked at outside any transaction, because it reads the disk."""

from __future__ import annotations

import asyncio
import os
import platform
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_ISREG

from harbor.kernel.clock import real_now
from harbor.kernel.http.services import Services

# Imported with the program, so this is when the process began, to some tenths of a second.
_STARTED_AT = real_now()
_FILES_MAX = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Facts of the process and of the disk under the data directory."""

    version: str
    python: str
    system: str
    clock: str
    engine: str
    started_at: datetime
    uptime: timedelta
    blobs_bytes: int
    blobs_are_more: bool
    free_bytes: int
    disk_bytes: int
    dropped: int
    streams: int
    process_id: int


async def look(services: Services) -> Machine:
    """The facts as of now. Sizes of files are added up on a thread, of at most 20,000 of them."""
    facts = services.tools["facts"]
    blobs_bytes, blobs_are_more = await asyncio.to_thread(_size, facts.folder / "blobs")
    free_bytes, disk_bytes = await asyncio.to_thread(facts.disk)
    return Machine(
        version=facts.version,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        clock=facts.clock,
        engine=facts.engine,
        started_at=_STARTED_AT,
        uptime=real_now() - _STARTED_AT,
        blobs_bytes=blobs_bytes,
        blobs_are_more=blobs_are_more,
        free_bytes=free_bytes,
        disk_bytes=disk_bytes,
        dropped=services.write_behind.dropped,
        streams=services.tools["tail"].count,
        process_id=os.getpid(),
    )


def _size(folder: Path) -> tuple[int, bool]:
    """Bytes of the files below a folder, and whether there are more files than were looked at."""
    total, seen = 0, 0
    for path in folder.rglob("*"):
        if seen >= _FILES_MAX:
            return total, True
        seen += 1
        try:
            status = path.lstat()
        except FileNotFoundError:  # deleted meanwhile
            continue
        total += status.st_size if S_ISREG(status.st_mode) else 0
    return total, False
