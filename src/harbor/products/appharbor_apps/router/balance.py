"""Which process of an application gets a request: the one with the fewest under way, and none that has just refused.

Source: docs/products/appharbor.md#router.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

EJECTED_S: Final = 2.0


@dataclass(slots=True)
class Balance:
    """What is under way, by the address of a process; and what applications were asked, by their number."""

    under_way: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    _ejected: dict[str, float] = field(default_factory=dict)
    _waiting: dict[str, list[asyncio.Event]] = field(default_factory=dict)

    def choose(self, upstreams: Sequence[str], but: str | None = None) -> str | None:
        """The process to ask; one that refused only if there is no other. None if there is none at all."""
        others = [each for each in upstreams if each != but] or list(upstreams)
        if len(others) <= 1:
            return others[0] if others else None
        now = asyncio.get_running_loop().time()
        good = [each for each in others if self._ejected.get(each, 0.0) <= now] or others
        return min(good, key=lambda each: self.under_way.get(each, 0))

    def eject(self, upstream: str) -> None:
        """Ask others first for a while."""
        if len(self._ejected) > 10_000:
            self._ejected.clear()
        self._ejected[upstream] = asyncio.get_running_loop().time() + EJECTED_S

    @contextmanager
    def asking(self, upstream: str) -> Iterator[None]:
        """A request is under way."""
        self.under_way[upstream] = self.under_way.get(upstream, 0) + 1
        try:
            yield
        finally:
            left = self.under_way[upstream] - 1
            if left:
                self.under_way[upstream] = left
            else:
                del self.under_way[upstream]
                for event in self._waiting.pop(upstream, ()):
                    event.set()

    async def drained(self, upstream: str, timeout_s: float) -> int:
        """Wait until nothing is under way to a process, at most so long; how much still is."""
        if upstream in self.under_way:
            event = asyncio.Event()
            self._waiting.setdefault(upstream, []).append(event)
            try:
                async with asyncio.timeout(timeout_s):
                    await event.wait()
            except TimeoutError:
                pass
        return self.under_way.get(upstream, 0)

    def count(self, number: str, status: int) -> None:
        """An application has answered, or should have."""
        self.requests[number] = self.requests.get(number, 0) + 1
        if status >= 500:
            self.failures[number] = self.failures.get(number, 0) + 1
