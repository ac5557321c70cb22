"""Files of static sites. Nothing outside the folder of the release is ever opened, wherever a name or a link leads.

Source: docs/products/appharbor.md#router.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from aiohttp import hdrs, web

from harbor.products.appharbor_apps.router.pages import page, redirect

INDEX: Final = "index.html"
MISSING: Final = "404.html"
_PATH_LENGTH_MAX: Final = 4_000


async def serve(request: web.BaseRequest, folder: str) -> web.StreamResponse:
    """The file that a path names, the index of a folder, or the site's own page for what is missing."""
    if request.method not in ("GET", "HEAD"):
        return page(405)
    raw, _, query = request._message.path.partition("?")
    found = await asyncio.to_thread(find, folder, raw)
    if found is None:
        missing = await asyncio.to_thread(find, folder, f"/{MISSING}")
        if missing is None:
            return page(404)
        content = await asyncio.to_thread(missing.read_bytes)
        return web.Response(status=404, body=content, content_type="text/html", headers={"Server": "Harbor"})
    if found.name == INDEX and not raw.endswith(("/", INDEX)):
        return redirect(301, f"{_safe(raw)}/{f'?{query}' if query else ''}")
    headers = {"Server": "Harbor", "Cache-Control": "public, max-age=0, must-revalidate"}
    response = web.FileResponse(found, headers=headers)
    if found.suffix in (".html", ".htm"):
        response.headers[hdrs.CONTENT_TYPE] = "text/html; charset=utf-8"
    return response


def find(folder: str, raw: str) -> Path | None:
    """The file below a folder that a path of a request names; None for what is no file of this folder."""
    path = unquote(raw)
    if "\0" in path or len(path) > _PATH_LENGTH_MAX or "\\" in path:
        return None
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if any(part == ".." or (part.startswith(".") and part != ".well-known") for part in parts):
        return None
    root = os.path.realpath(folder)
    try:
        found = os.path.realpath(os.path.join(root, *parts), strict=True)
        if os.path.isdir(found):
            found = os.path.realpath(os.path.join(found, INDEX), strict=True)
    except (OSError, ValueError):
        return None
    inside = found == root or found.startswith(root + os.sep)
    return Path(found) if inside and os.path.isfile(found) else None


def _safe(raw: str) -> str:
    # Two slashes at the beginning would be the name of another host.
    return "/" + raw.lstrip("/")
