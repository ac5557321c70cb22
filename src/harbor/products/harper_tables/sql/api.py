"""The operation `sql` on the wire. Source: docs/products/harper-sql.md#sql."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http import routes
from harbor.kernel.http.request import Request
from harbor.kernel.sql_views import SqlView
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.search.asked import page_asked, wants_explained
from harbor.products.harper_tables.search.page_shown import page_shown
from harbor.products.harper_tables.sql import service
from harbor.products.harper_tables.sql.bounds import Bounds
from harbor.products.harper_tables.sql.functions import libraries
from harbor.products.harper_tables.sql.parsing import Parsed, lane, parsed
from harbor.products.harper_tables.sql.views import by_name

# Longer texts are read on a thread, so that others are not kept waiting; so are those that need a library first.
_READ_APART_ABOVE = 20_000


async def _prepare(value: Any) -> Parsed:
    text = value.get("sql")
    if isinstance(text, str) and (len(text) > _READ_APART_ABOVE or libraries.wanted(text)):
        return await asyncio.to_thread(parsed, text)
    return parsed(text)


def sql_operations(views: Sequence[SqlView] = (), bounds: Bounds | None = None) -> tuple[Operation, ...]:
    """The operation, with the views of other products and the bounds of a statement."""
    known, limits = by_name(views), bounds or Bounds()

    def sql(
        call: Call, body: Fields, prepared: Parsed, request: Request | None = None
    ) -> service.Answer | routes.Answer:
        """Run one SQL statement."""
        asked = page_asked(body)
        body.check()
        if wants_explained(body):
            return service.explain(call, prepared, body.compat, limits, known)
        if asked is not None:
            text = body.text("sql")
            paged = service.page(call, prepared, body.compat, limits, known, asked, text)
            return page_shown(paged, paged.docs, request)
        return service.run(call, prepared, body.compat, limits, known)

    return (
        Operation(
            name="sql",
            handler=sql,
            prepare=_prepare,
            group="SQL",
            summary="Run one SQL statement",
            lane=lane,
        ),
    )
