"""What the pipelines of all products share: the kernel's parts of one process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harbor.kernel.call import Call, Faculties
from harbor.kernel.clock import Clock
from harbor.kernel.http.body import BodyBudget
from harbor.kernel.identity.callers import Callers
from harbor.kernel.identity.model import Principal
from harbor.kernel.metrics import Metrics
from harbor.kernel.outbound import OutboundPolicy
from harbor.kernel.ratelimit.limiter import RateLimiter
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.webhooks.dispatch.prepare import Prepared
from harbor.kernel.webhooks.dispatch.send import Finished
from harbor.kernel.writebehind import WriteBehind


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One process's kernel. `tools` holds what a product's raw routes and journeys need and the kernel does not know."""

    database: Database
    clock: Clock
    faculties: Faculties
    callers: Callers
    limiter: RateLimiter
    write_behind: WriteBehind
    budget: BodyBudget
    outbound: OutboundPolicy
    metrics: Metrics
    send_webhook: Callable[[Prepared], Any]
    record_webhook: Callable[[Tx, Finished], None]
    limits_are_on: bool = True
    cors_origins: frozenset[str] = frozenset()
    draining: asyncio.Event = field(default_factory=asyncio.Event)
    tools: Mapping[str, Any] = field(default_factory=dict)

    def call(self, tx: Tx, principal: Principal, **about: Any) -> Call:
        """A call of `principal` in a transaction."""
        return Call(tx, principal, self.faculties, **about)
