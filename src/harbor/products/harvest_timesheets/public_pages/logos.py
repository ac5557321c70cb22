"""The logo of documents: looked at, unpacked once in a process of its own, and kept; later put on documents."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from harbor.kernel.blobs import Blobs
from harbor.kernel.errors import Missing
from harbor.products.harvest_timesheets.billing_settings.branding_model import Logo, measured
from harbor.products.harvest_timesheets.public_pages.model import Document, Picture, Table
from harbor.products.harvest_timesheets.public_pages.pdf import Press, Unprintable
from harbor.products.harvest_timesheets.sentences import problem

log = structlog.get_logger("harbor.harvest.logos")


async def keep(data: bytes, account_id: str, blobs: Blobs, press: Press) -> Logo:
    """The logo, kept as a blob. Raises `Invalid` for what is no picture that can be set on a page."""
    content_type, width, height = measured(data)
    picture = Picture(data=data, content_type=content_type, width=width, height=height)
    blank = Document(
        title="", company="", client="", facts=(), table=Table(headings=("",), rows=(), figures=0), sums=()
    )
    try:
        # Whoever unpacks a picture may be burst by it: that process has bounds of memory and time, and ends afterwards.
        await press.pdf(replace(blank, picture=picture))
    except Unprintable:
        raise problem("logo", "is damaged") from None
    blob = await asyncio.to_thread(blobs.put, account_id, data)
    return Logo(key=blob.key, content_type=content_type, width=width, height=height)


async def with_logo(document: Document, blobs: Blobs | None) -> Document:
    """The document with the bytes of its logo; one that is lost is left out, and the log says so."""
    if document.logo is None or blobs is None:
        return document
    account_id, logo = document.logo
    try:
        data = await asyncio.to_thread(blobs.read, account_id, logo.key)
    except (Missing, OSError) as error:
        log.warning("logo_missing", account=account_id, error=type(error).__name__)
        return document
    picture = Picture(data=data, content_type=logo.content_type, width=logo.width, height=logo.height)
    return replace(document, picture=picture)
