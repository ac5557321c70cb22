"""Logs: the requests of the account as lines, with filters. As read_log gives them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Html
from harbor.kernel.http.routes import Route
from harbor.products.harper_tables import scopes
from harbor.products.harper_tables.admin_ops.system import log
from harbor.products.harper_tables.pages import places
from harbor.products.harper_tables.pages.acting import ask

LOGS = f"{places.PATH}/logs"
LEVELS = ("error", "warn", "info")
KINDS = {"error": "bad", "fatal": "bad", "warn": "warning", "info": "info", "notify": "info"}
_LINES_A_PAGE = 100
_PAGE_MAX = 10_000


class Filters(Query):
    """Which lines; moments without a zone are UTC."""

    level: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    order: str = ""
    page: str = ""

    @property
    def number(self) -> int:
        """Which page, from 1 on."""
        text = self.page
        return max(1, min(int(text), _PAGE_MAX)) if text.isascii() and text.isdigit() and len(text) < 8 else 1

    def query(self, **changes: str) -> str:
        """These filters as they stand in an address, with changes."""
        known: dict[str, str] = msgspec.structs.asdict(self)
        return urlencode({name: value for name, value in {**known, **changes}.items() if value})


def index(call: Call, query: Filters) -> Html:
    """Lines, newest first. A filter that cannot be is shown with what is wrong."""
    error: Invalid | None = None
    lines: list[dict[str, Any]] = []
    try:
        lines = ask(
            call,
            log.read_log,
            start=(query.number - 1) * _LINES_A_PAGE,
            limit=_LINES_A_PAGE + 1,
            level=query.level or None,
            filter=query.text or None,
            order="asc" if query.order == "asc" else None,
            **_span(query),
        )
    except Invalid as refused:
        error = refused
    return Html(
        "logs.html",
        "Logs",
        {
            "filters": query,
            "lines": lines[:_LINES_A_PAGE],
            "levels": LEVELS,
            "kinds": KINDS,
            "error": error,
            "is_filtered": any((query.level, query.text, query.since, query.until)),
            "next": query.query(page=str(query.number + 1)) if len(lines) > _LINES_A_PAGE else None,
            "first": query.query(page="") if query.number > 1 else None,
        },
    )


def _span(query: Filters) -> dict[str, Any]:
    return {"from": query.since or None, "until": query.until or None}


ROUTES = (Route("harper.logs", "GET", LOGS, index, scope=scopes.MANAGE, read="long"),)
