"""The port to what runs applications: it is given a release and says whether it is live.

The runner stands behind it. It knows no database: an order carries all it needs, and whatever it must remember is in
files of its own. `deploy` returns once the new processes are routed, or once it is sure that they will not be; the old
ones serve until then and after a failure. It may be called again with the same order after a crash of this process, and
then goes on or begins anew. Source: docs/products/appharbor.md#releases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """What a build made: a gzipped tar in the store of blobs, and how it is run.

    `commands` are the process types of the application by name: `web` is routed, the others are workers.
    """

    key: str
    sha256: str
    size_bytes: int
    commands: Mapping[str, str]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One release to bring up. `environment` is complete but for the port, the host and the name of the process.

    `formation` says how many processes of a type there are and how many MiB each may take, where it is not one of 512.
    """

    account_id: str
    application_id: int
    slug: str
    release: int
    build_id: int
    artefact: Artefact
    environment: Mapping[str, str] = field(repr=False)
    hostnames: Sequence[str]
    canonical: str | None
    health_check_path: str
    is_file_system_writable: bool
    formation: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deployed:
    """What came of an order. `reason` says why it is not live."""

    is_live: bool
    reason: str = ""


class Say(Protocol):
    """Tells the log of a build what is done now: a sentence, and perhaps a longer text behind it."""

    async def __call__(self, message: str, details: str | None = None) -> None:
        """The line is kept when this returns."""
        ...


class Deployer(Protocol):
    """Brings releases up and takes applications down."""

    async def deploy(self, order: Order, say: Say) -> Deployed:
        """Start the release beside the old one, wait until it answers, switch, and end the old one."""
        ...

    async def remove(self, account_id: str, application_id: int) -> None:
        """Stop routing and all processes of an application that is deleted, and remove what it left."""
        ...
