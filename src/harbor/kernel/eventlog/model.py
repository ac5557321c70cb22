"""An event: a write-once record of something that happened."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

import msgspec

PRODUCT_WORDS = frozenset({"harbor", "harbour", "harvest", "appharbor", "harper"})


class Event(
    msgspec.Struct, frozen=True, kw_only=True, gc=False
):  # made for every request: ten times quicker than a dataclass
    """One event. `payload` is JSON text, kept as the sender wrote it; `product` is empty for outside senders."""

    id: str
    account_id: str
    workspace_id: str
    position: int
    product: str
    type: str
    subject: str | None
    payload: str
    actor: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TypeTerms:
    """Which types a list shows: the workspace's own (`own`), exact ones, and ranges [low, high) of text."""

    own: bool
    exact: tuple[str, ...] = ()
    ranges: tuple[tuple[str, str], ...] = ()


def product_of(type_: str) -> str:
    """The product whose word a type begins with, or the empty text: the type is an outside sender's."""
    word = type_.partition(".")[0]
    return word if word in PRODUCT_WORDS else ""


class Positions:
    """The writer's counter that orders the log on SQLite, where one thread writes."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def start_after(self, position: int) -> None:
        """Go on after the largest position in the database."""
        self._last = max(self._last, position)

    def next(self) -> int:
        """The next position; an undone work leaves a gap."""
        with self._lock:
            self._last += 1
            return self._last
