"""The port to what builds: it is given a source and gives an artefact, or says why there is none.

A builder knows no database. A task carries all it needs; what it finds out on the way it says line by line. It may be
given the same task again after a crash, and then begins anew. Source: docs/products/appharbor.md#pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harbor.products.appharbor_apps.deploys.port import Say
from harbor.products.appharbor_apps.test_results.model import Group


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of a bare repository."""

    repository: Path
    commit_id: str


@dataclass(frozen=True, slots=True)
class Remote:
    """An archive at an address, to be downloaded through the guard for everything that leaves the machine."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """An archive in the store of blobs."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One build. `environment` holds the variables that the build may see; tests do not see them."""

    account_id: str
    application_id: int
    slug: str
    build_id: int
    commit_id: str
    source: Commit | Remote | Kept
    environment: Mapping[str, str] = field(repr=False)
    build_command: str | None = None
    test_command: str | None = None
    precompilation: bool = True
    fail_on_test_failure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What came of a task. `archive` is a gzipped tar that the caller moves away or removes.

    `commands` are the process types by name, `environment` what they need besides the application's own variables.
    """

    is_good: bool
    groups: Sequence[Group] = ()
    archive: Path | None = None
    commands: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The source cannot be built; the message says why, in a sentence for the log."""


class Builder(Protocol):
    """Builds, one task at a time for each call."""

    async def build(self, task: Task, say: Say) -> Built:
        """Fetch, detect, build, test, package. Raises `Refused`."""
        ...

    async def remove(self, account_id: str, application_id: int) -> None:
        """Remove the caches of an application that is deleted."""
        ...
