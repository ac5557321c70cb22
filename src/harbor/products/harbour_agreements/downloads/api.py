"""What an address of a download gives: the file, without a key, until it ends."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from harbor.kernel.blobs import Blobs
from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.products.harbour_agreements.downloads import service


async def download(services: Services, token: str) -> Reply:
    """The file as something to save. 410 once the address has ended."""
    found = await services.database.read(lambda tx: service.given(tx, token))
    blobs: Blobs = services.tools["blobs"]
    content = await asyncio.to_thread(blobs.read, found.account_id, found.blob_key)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file_name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return Reply(200, content, headers, found.media_type)


ROUTES = (
    Route(
        "downloads.file",
        "GET",
        "/downloads/{token}",
        download,
        raw=True,
        auth="none",
        summary="Save a file",
        tags=("Agreements",),
        reply="application/pdf",
    ),
)
