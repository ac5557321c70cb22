"""A build and the lines of its log. Source: docs/products/appharbor.md#builds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from harbor.kernel.bounds import KIB

BUILD_JOB: Final = "appharbor.build"
MESSAGE_LENGTH_MAX: Final = 1_000
COMMIT_MESSAGE_LENGTH_MAX: Final = 4_000
COMMIT_ID_LENGTH_MAX: Final = 120
BRANCH_LENGTH_MAX: Final = 250
DETAILS_BYTES_MAX: Final = 256 * KIB
LOG_ENTRIES_MAX: Final = 500
BRANCHES_MAX: Final = 20
QUEUED_MAX: Final = 100


class Status(StrEnum):
    """The four words of the wire."""

    QUEUED = "Queued"
    BUILDING = "Building"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class Source(StrEnum):
    """Where the code comes from."""

    GIT = "git"
    ARCHIVE = "archive"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One build. `source_url` is the archive's address, or the key of an uploaded blob; the artefact is there once built."""

    account_id: str
    id: int
    application_id: int
    status: Status
    source: Source
    source_url: str | None = field(repr=False)
    branch: str
    commit_id: str
    commit_message: str
    artefact_key: str | None
    artefact_sha256: str | None
    artefact_bytes: int | None
    manifest: Mapping[str, object] | None
    created_at: datetime
    dispatched_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    deployed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether its outcome is still to come."""
        return self.status in (Status.QUEUED, Status.BUILDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One step of a build: a sentence, and the text behind it if there is more."""

    number: int
    message: str
    details: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A build that somebody asks for."""

    branch: str
    commit_id: str
    commit_message: str
    source: Source
    source_url: str | None = field(default=None, repr=False)


def clip(text: str, length: int) -> str:
    """The beginning of a text, without the characters that no store takes."""
    clean = text.replace("\0", "�").encode("utf-8", "replace").decode()
    return clean if len(clean) <= length else clean[: length - 1] + "…"


def clip_details(text: str) -> str:
    """The end of a long output, which is where the reason stands."""
    raw = text.replace("\0", "�").encode("utf-8", "replace")
    if len(raw) <= DETAILS_BYTES_MAX:
        return raw.decode()
    return "…\n" + raw[-DETAILS_BYTES_MAX:].decode("utf-8", "replace")
