"""The spellings of a path: with or without a version segment, plural or singular. One route answers all of them.

`/v2.1/verification/{id}` is `/verifications/{id}` in version 2.1. The segment moves into the mount's prefix, so that
addresses in replies keep it. Source: docs/products/harbour.md#paths.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

from harbor.kernel.http.pipeline import Pipeline, Receive, Send
from harbor.kernel.http.product import Product
from harbor.kernel.http.request import Mount
from harbor.kernel.http.services import Services
from harbor.products.harbour_agreements.limits.shared import sliding

_VERSION = re.compile(r"/(v2(?:\.[0-9]{1,3})?)(?=/|$)")
_SINGULAR = re.compile(r"/(verification|webhook)(?=/|$)")


class Spellings(Pipeline):
    """Harbour's pipeline: every accepted spelling of a path reaches the one route, and requests count in a sliding window."""

    def __init__(self, product: Product, services: Services) -> None:
        super().__init__(product, replace(services, limiter=sliding(services.database)))

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Receive, send: Send, path: str, mount: Mount
    ) -> None:
        """Answer one request under its canonical path."""
        path, prefix = canonical(path)
        await super().__call__(scope, receive, send, path, replace(mount, prefix=mount.prefix + prefix))


def canonical(path: str) -> tuple[str, str]:
    """The path as routes have it, and the version segment that stood before it (`/v2.1` or the empty text)."""
    match = _VERSION.match(path)
    prefix = match[0] if match else ""
    rest = path[len(prefix) :] or "/"
    return _SINGULAR.sub(lambda found: f"/{found[1]}s", rest, count=1) if _SINGULAR.match(rest) else rest, prefix


def segment_of(prefix: str) -> str | None:
    """The version segment at the end of a mount's prefix: `v2.1`, `v2`, or None."""
    last = prefix.rpartition("/")[2]
    return last if _VERSION.fullmatch(f"/{last}") else None


def without_segment(prefix: str) -> str:
    """A mount's prefix without the version segment."""
    segment = segment_of(prefix)
    return prefix if segment is None else prefix[: -len(segment) - 1]
