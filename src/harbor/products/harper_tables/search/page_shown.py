"""A page on the wire: an object with the records; for who asks for CSV its lines, and the rest in headers."""

from __future__ import annotations

from typing import Any

from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer
from harbor.products.harper_tables import replies
from harbor.products.harper_tables.operations import exchange
from harbor.products.harper_tables.search.pages import Paged
from harbor.products.harper_tables.values import Doc


def page_shown(paged: Paged, records: list[Doc], request: Request | None) -> dict[str, Any] | Answer:
    """`records`, `next_cursor` (null on the last page) and, if it was asked for, `total`."""
    if request is not None and exchange(request).media_type == replies.CSV:
        headers = {} if paged.cursor is None else {"Harper-Next-Cursor": paged.cursor}
        if paged.total is not None:
            headers["Harper-Total"] = str(paged.total)
        return Answer(200, records, headers)
    total = {} if paged.total is None else {"total": paged.total}
    return {"records": records, "next_cursor": paged.cursor, **total}
