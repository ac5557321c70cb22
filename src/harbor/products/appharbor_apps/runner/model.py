"""What the runner knows: a release that is to run, its processes, and how it is kept over a restart.

All of it is JSON: it comes over the socket and goes into a sealed file. Source: docs/products/appharbor.md#runner.
"""

from __future__ import annotations

from typing import Final

import msgspec

from harbor.kernel.bounds import MIB

MEMORY_MB_DEFAULT: Final = 512
QUANTITY_MAX: Final = 20
# What the release command and one-off commands are called in logs and variables.
RELEASE_COMMAND: Final = "release"
WEB: Final = "web"
CRON: Final = "cron-"
# The longest a message may be: all variables of an application, twice escaped.
MESSAGE_BYTES_MAX: Final = 64 * MIB


class Formation(msgspec.Struct, frozen=True, kw_only=True):
    """How many processes of a type there are, and how much memory each may take."""

    quantity: int = 1
    memory_mb: int = MEMORY_MB_DEFAULT


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One release with all it needs. `environment` is complete but for what differs from process to process."""

    account_id: str
    application_id: int
    slug: str
    number: int
    build_id: int
    sha256: str
    commands: dict[str, str]
    environment: dict[str, str]
    virtual_env: str | None
    hostnames: list[str]
    canonical: str | None
    health_check_path: str
    is_file_system_writable: bool
    formation: dict[str, Formation]
    node_modules: str | None = None

    def of(self, kind: str) -> Formation:
        """The formation of a process type: one process unless somebody said otherwise."""
        return self.formation.get(kind, Formation())

    @property
    def workers(self) -> list[str]:
        """The process types that run beside the web and until they end."""
        return [kind for kind in self.commands if kind not in (WEB, RELEASE_COMMAND) and not kind.startswith(CRON)]


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One process that was started. `ticks` is when, as the system counts: with it a pid names one process for ever."""

    id: str
    release: int
    kind: str
    index: int
    port: int | None
    pid: int
    ticks: int
    groups: list[str]
    started_at: float

    @property
    def name(self) -> str:
        """Like `web.1`."""
        return f"{self.kind}.{self.index}"


class Kept(msgspec.Struct, kw_only=True):
    """What is kept of an application: the release that is live, the one before, and the processes of the live one."""

    current: Release | None = None
    previous: Release | None = None
    instances: list[Instance] = msgspec.field(default_factory=list)
