"""The routes of the service itself: whether it lives, whether it is ready, its figures, its document, its greeting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import harbor
from harbor.kernel import instance_store as instance
from harbor.kernel.errors import HarborError
from harbor.kernel.http.front import Service, json_reply
from harbor.kernel.http.openapi import document, encode
from harbor.kernel.http.product import Product
from harbor.kernel.metrics import Metrics
from harbor.kernel.storage.database import Database


@dataclass(frozen=True)
class ServiceRoutes:
    """What is answered whichever product is asked. `origin` gives the address a request came to."""

    database: Database
    metrics: Metrics
    draining: asyncio.Event
    root: Product
    origin: Callable[[Any], str]

    def by_path(self) -> dict[str, Service]:
        """The routes."""
        return {
            "/healthz": self._health,
            "/readyz": self._readiness,
            "/metrics": self._metrics_text,
            "/openapi.json": self._openapi,
            "/": self._greeting,
        }

    async def _health(self, _scope: object) -> tuple[int, str, bytes]:
        return json_reply(200, {"status": "ok"})

    async def _readiness(self, _scope: object) -> tuple[int, str, bytes]:
        if self.draining.is_set():
            return json_reply(503, {"status": "draining"})
        try:
            await self.database.write(lambda tx: instance.put(tx, instance.READY, str(tx.now_us)))
        except HarborError as error:
            return json_reply(503, {"status": "unavailable", "reason": error.message})
        return json_reply(200, {"status": "ready"})

    async def _metrics_text(self, _scope: object) -> tuple[int, str, bytes]:
        return 200, "text/plain; version=0.0.4; charset=utf-8", self.metrics.text()

    @cached_property
    def _document(self) -> Callable[[str], bytes]:
        return lru_cache(16)(lambda base_url: encode(document(self.root, base_url=base_url)))

    async def _openapi(self, scope: Any) -> tuple[int, str, bytes]:
        return 200, "application/json", self._document(self.origin(scope))

    async def _greeting(self, _scope: object) -> tuple[int, str, bytes]:
        return json_reply(
            200,
            {
                "name": "Harbor",
                "version": harbor.__version__,
                "openapi": "/openapi.json",
                "health": "/healthz",
                "api": "/v1",
            },
        )
