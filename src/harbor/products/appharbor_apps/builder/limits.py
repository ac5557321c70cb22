"""How much a build may take. Source: docs/products/appharbor.md#limits."""

from __future__ import annotations

from dataclasses import dataclass, field

from harbor.kernel.bounds import MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one build: its archive, its tree, its processes, its time."""

    archive_bytes_max: int = 512 * MIB
    tree_bytes_max: int = 2_048 * MIB
    entries_max: int = 100_000
    redirects_max: int = 5
    download_s_max: float = 300.0
    build_s_max: float = 900.0
    test_s_max: float = 600.0
    file_bytes_max: int = 1_024 * MIB
    memory_bytes_max: int = 2_048 * MIB
    # Of each folder in memory: /tmp, /home, /run, /dev/shm. uv and npm unpack there.
    temporary_bytes_max: int = 1_024 * MIB
    processes_max: int = 512
    output_bytes_max: int = MIB
    watch_s: float = field(default=0.25)
