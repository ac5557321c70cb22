"""What a process can say of its machine and of itself, for those who look after it from afar."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What does not change while the process lives. `folder` is the data directory."""

    version: str
    engine: str
    clock: str
    folder: Path

    def disk(self) -> tuple[int, int]:
        """Free and total bytes of the disk that holds the data directory."""
        usage = shutil.disk_usage(self.folder)
        return usage.free, usage.total
