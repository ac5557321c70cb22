"""Numbered pages: `size` and `page`, shown as items, total, page, size and pages.

Source: docs/products/harbour.md#pages.
"""

from __future__ import annotations

from typing import Any

from harbor.kernel.http.pagestyles import Numbered

SIZE = 50
SIZE_MAX = 100
PAGE_MAX = 1_000_000
PARAMETERS = ("size", "page")


def envelope(items: list[Any], total: int, number: int, size: int, pages: int, key: str | None) -> dict[str, Any]:
    """`{"items": […], "total": n, "page": p, "size": s, "pages": ceil(n / s)}`."""
    assert key is None, key
    return {"items": items, "total": total, "page": number, "size": size, "pages": pages}


PAGES = Numbered(size=SIZE, size_max=SIZE_MAX, size_parameter="size", envelope=envelope, page_max=PAGE_MAX)
