"""The one guard for everything that leaves the machine. Source: docs/products/harbor.md#network-safety."""

from __future__ import annotations

from harbor.kernel.outbound.client import OutboundClient
from harbor.kernel.outbound.outcome import Failure, Outcome
from harbor.kernel.outbound.policy import OutboundPolicy

__all__ = ["Failure", "OutboundClient", "OutboundPolicy", "Outcome"]
