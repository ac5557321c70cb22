"""What an import may reach outside the database, and how it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from harbor.kernel.blobs import Blobs
from harbor.kernel.call import Call
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.importing.source import PACE, Asks

CallOf = Callable[[Tx, str], Call]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Set where the product is mounted: the guarded client, and where receipts are kept."""

    client: Asks
    blobs: Blobs
    pace: tuple[int, float] = PACE
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
