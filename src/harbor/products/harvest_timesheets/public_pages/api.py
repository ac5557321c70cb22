"""Public pages: whoever has the address sees the invoice, the estimate or the statement, as a page or as a PDF."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.public_pages import service
from harbor.products.harvest_timesheets.public_pages.logos import with_logo
from harbor.products.harvest_timesheets.public_pages.model import Document
from harbor.products.harvest_timesheets.public_pages.page import page
from harbor.products.harvest_timesheets.public_pages.pdf import PRESS
from harbor.products.harvest_timesheets.public_pages.service import CallIn

_HTML, _PDF, _SUFFIX = "text/html; charset=utf-8", "application/pdf", ".pdf"
# Nothing on these pages runs or is loaded (a logo is part of its page), and their addresses are told to nobody.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
Find = Callable[[Tx, CallIn, str], Document]
IsUnseen = Callable[[Tx, CallIn, str], bool]
See = Callable[[Tx, CallIn, str], None]


async def _answer(services: Services, key: str, find: Find, is_unseen: IsUnseen | None, see: See | None) -> Reply:
    """The document as a page, or as a PDF if the address ends so. That somebody looked is noted once."""
    name = key.removesuffix(_SUFFIX)
    document, is_news = await services.database.read(
        lambda tx: (
            find(tx, services.call, name),
            is_unseen is not None and is_unseen(tx, services.call, name),
        )
    )
    if see is not None and is_news:
        await services.database.write(lambda tx: see(tx, services.call, name))
    document = await with_logo(document, services.tools.get("blobs"))
    # A document may have ten thousand lines.
    if key.endswith(_SUFFIX):
        return Reply(200, await PRESS.pdf(document), dict(_HEADERS), _PDF)
    link = None if see is None else f"{name}{_SUFFIX}"
    text = await asyncio.to_thread(partial(page, document, pdf=link))
    return Reply(200, text.encode(), dict(_HEADERS), _HTML)


async def invoice(services: Services, client_key: str) -> Reply:
    """An invoice."""
    return await _answer(services, client_key, service.invoice, service.is_unseen_invoice, service.see_invoice)


async def estimate(services: Services, client_key: str) -> Reply:
    """An estimate."""
    return await _answer(services, client_key, service.estimate, service.is_unseen_estimate, service.see_estimate)


async def statement(services: Services, statement_key: str) -> Reply:
    """A client's statement of account."""
    return await _answer(services, statement_key, service.statement, None, None)


def _route(name: str, path: str, handler: Callable[..., Awaitable[Reply]], summary: str) -> Route:
    return Route(
        f"public_pages.{name}",
        "GET",
        path,
        handler,
        raw=True,
        auth="none",
        summary=summary,
        tags=("Public pages",),
        reply=_HTML,
    )


ROUTES = (
    _route("invoice", "/client/invoices/{client_key}", invoice, "Show an invoice to its client"),
    _route("estimate", "/client/estimates/{client_key}", estimate, "Show an estimate to its client"),
    _route("statement", "/client/statements/{statement_key}", statement, "Show a client their statement of account"),
)
