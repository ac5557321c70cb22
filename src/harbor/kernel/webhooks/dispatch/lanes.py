"""A lane: what one process does for one subscription. Lanes share the process fairly and slow down by themselves."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from harbor.kernel import bounds
from harbor.kernel.webhooks.dispatch.prepare import Prepared

# A claim takes at least what can be under way, and more while the receiver keeps up.
CLAIM_MAX = 256
_DRAINED_FAST_S = 0.25


@dataclass(slots=True)
class Lane:
    """Claimed deliveries of one subscription (`buffer`) and those under way. `has_due` says another claim may find more."""

    account_id: str
    subscription_id: str
    buffer: deque[Prepared] = field(default_factory=deque)
    in_flight: int = 0
    limit: int = bounds.WEBHOOK_IN_FLIGHT_PER_ENDPOINT
    claim_size: int = bounds.WEBHOOK_IN_FLIGHT_PER_ENDPOINT
    has_due: bool = False
    is_claiming: bool = False
    is_waiting: bool = False
    is_strict: bool = False
    claimed_at: float = 0.0

    @property
    def is_idle(self) -> bool:
        """Nothing claimed, nothing under way, nothing known to be due."""
        return not (self.buffer or self.in_flight or self.has_due or self.is_claiming)

    @property
    def wants_claim(self) -> bool:
        """Whether it is time to claim more: something may be due and the buffer runs low."""
        if not self.has_due or self.is_claiming:
            return False
        if self.is_strict:
            return not self.buffer and self.in_flight == 0
        # The next claim waits for the writer's present batch and two syncs, and half a buffer lasts about as long.
        return len(self.buffer) <= self.claim_size // 2

    def claimed(self, found: int) -> None:
        """Adapt the size of the next claim: a receiver that keeps up gets larger ones."""
        now = time.monotonic()
        if found >= self.claim_size and now - self.claimed_at < _DRAINED_FAST_S:
            self.claim_size = min(CLAIM_MAX, self.claim_size * 2)
        elif now - self.claimed_at > _DRAINED_FAST_S * 4:
            self.claim_size = max(bounds.WEBHOOK_IN_FLIGHT_PER_ENDPOINT, self.claim_size // 2)
        self.claimed_at = now

    def slow_down(self) -> None:
        """The receiver is overloaded: half as many at once."""
        self.limit = max(1, self.limit // 2)

    def speed_up(self) -> None:
        """A success: one more at once, up to the bound."""
        if self.limit < bounds.WEBHOOK_IN_FLIGHT_PER_ENDPOINT:
            self.limit += 1
