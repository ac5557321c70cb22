"""A parcel that waits on the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where a parcel stands; `announcing` is while the courier is being asked."""

    STORED = "stored"
    ANNOUNCING = "announcing"
    ANNOUNCED = "announced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One parcel. `recipient`, `email` and `note` are a person's content."""

    id: int
    account_id: str
    label: str
    recipient: str
    email: str | None
    note: str | None
    weight_g: int
    state: State
    tracking: str | None
    arrived_at: datetime
