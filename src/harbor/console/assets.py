"""Style sheets, scripts and pictures: read once, served under an address that changes with their content."""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path

from harbor.kernel.errors import Missing
from harbor.kernel.http.page import CONSOLE
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Route

_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_KEPT = "public, max-age=31536000, immutable"
_TAKES_GZIP = re.compile(r"(^|,)\s*gzip\s*(;\s*q=(0?\.\d*[1-9]|1)[\d.]*\s*)?(,|$)", re.IGNORECASE)


@cache
def files() -> dict[str, tuple[bytes, str]]:
    """Every asset by its name: bytes and media type."""
    found = sorted(path for path in _FOLDER.iterdir() if path.suffix in _TYPES)
    return {path.name: (path.read_bytes(), _TYPES[path.suffix]) for path in found}


@cache
def packed(name: str) -> bytes:
    """An asset as gzip: measured, a third of all of them together. They hold no secret, so their length may tell."""
    return gzip.compress(files()[name][0], mtime=0)


@cache
def version() -> str:
    """A word that changes when any asset does. One for all, so that scripts may import each other by their names."""
    digest = hashlib.sha256()
    for name, (content, _) in files().items():
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:16]


def asset(name: str) -> str:
    """The address of an asset, below the server's root."""
    assert name in files(), f"there is no asset {name}"
    return f"{CONSOLE}/static/{version()}/{name}"


async def serve(request: Request, digest: str, name: str) -> Reply:
    """An asset. An address of another version is answered too, but not to be kept: a page may be older than we are."""
    if name not in files():
        raise Missing("There is no such file.", code="route_not_found")
    content, media_type = files()[name]
    caching = _KEPT if digest == version() else "no-store"
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
    if _TAKES_GZIP.search(request.header(b"accept-encoding") or ""):
        content, headers["Content-Encoding"] = packed(name), "gzip"
    return Reply(200, content, headers, media_type)


ROUTES = (Route("assets.serve", "GET", "/static/{digest}/{name}", serve, raw=True, auth="none", is_hidden=True),)
