"""An exception that nobody handled, with what caused it. Source: docs/products/appharbor.md#exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

KEPT_MAX: Final = 500
LISTED_MAX: Final = 50
DEPTH_MAX: Final = 10
TEXT_LENGTH_MAX: Final = 32_000
LINE_LENGTH_MAX: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The exception itself, and the one behind it."""

    type: str
    message: str
    stack_trace: str
    inner: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unhandled:
    """One occurrence. `commit_id` is what was deployed then."""

    account_id: str
    id: int
    application_id: int
    commit_id: str
    occurred_at: datetime
    request_path: str
    message: str
    cause: Cause


def clip(text: str, length: int) -> str:
    """The beginning of a text, without the characters that no store takes."""
    clean = text.replace("\0", "�").encode("utf-8", "replace").decode()
    return clean if len(clean) <= length else clean[: length - 1] + "…"
