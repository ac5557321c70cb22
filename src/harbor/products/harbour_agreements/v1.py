"""What the older calls share: lists by offset, moments as ISO text. Source: docs/products/harbour.md#agreements."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from harbor.kernel.http.decode import Query
from harbor.kernel.http.request import Request
from harbor.products.harbour_agreements.refusals import Problem, invalid

LIMIT = 20
LIMIT_MAX = 100
OFFSET_MAX = 1_000_000


class Offset(Query, kw_only=True):
    """Which piece of a list."""

    offset: int = 0
    limit: int = LIMIT

    def check(self) -> None:
        """Raise `Invalid` for a piece that cannot be."""
        if not 0 <= self.offset <= OFFSET_MAX:
            raise invalid(Problem("offset", "out_of_range", f"offset lies between 0 and {OFFSET_MAX}.", self.offset))
        if not 1 <= self.limit <= LIMIT_MAX:
            raise invalid(Problem("limit", "out_of_range", f"limit lies between 1 and {LIMIT_MAX}.", self.limit))


def piece(key: str, items: list[Any], count: int, asked: Offset, request: Request) -> dict[str, Any]:
    """`{<plural>: […], "count", "next", "previous"}`, the last two as addresses."""
    after, before = asked.offset + asked.limit, max(0, asked.offset - asked.limit)
    return {
        key: items,
        "count": count,
        "next": _address(request, after) if after < count else None,
        "previous": _address(request, before) if asked.offset > 0 else None,
    }


def iso(value: datetime) -> str:
    """`2023-05-04T21:33:03.023949Z`."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _address(request: Request, offset: int) -> str:
    kept = [(name, value) for name, value in request.query if name != "offset"]
    return f"{request.base_url}{request.path}?{urlencode([*kept, ('offset', str(offset))])}"
