"""Batches: what became of the events that were sent together."""

from __future__ import annotations

from dataclasses import dataclass

from harbor_sdk.core.decode import Model
from harbor_sdk.models.events import BatchItem, Event, ItemError


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult(Model):
    """What became of a batch, item by item, in the order sent."""

    items: tuple[BatchItem, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that were created."""
        return tuple(item.event for item in self.items if item.event is not None)

    @property
    def errors(self) -> tuple[ItemError, ...]:
        """Why the other items were refused; empty for an atomic batch."""
        return tuple(item.error for item in self.items if item.error is not None)
