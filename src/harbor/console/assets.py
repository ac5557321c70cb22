"""Style sheets, scripts and pictures: read once, served under an address that changes with their content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from harbor.kernel.errors import Missing
from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Route

_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_KEPT = "public, max-age=31536000, immutable"


@cache
def files() -> dict[str, tuple[bytes, str]]:
    """Every asset by its name: bytes and media type."""
    found = sorted(path for path in _FOLDER.iterdir() if path.suffix in _TYPES)
    return {path.name: (path.read_bytes(), _TYPES[path.suffix]) for path in found}


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
    return f"/console/static/{version()}/{name}"


async def serve(digest: str, name: str) -> Reply:
    """An asset. An address of another version is answered too, but not to be kept: a page may be older than we are."""
    if name not in files():
        raise Missing("There is no such file.", code="route_not_found")
    content, media_type = files()[name]
    caching = _KEPT if digest == version() else "no-store"
    return Reply(200, content, {"Cache-Control": caching}, media_type)


ROUTES = (Route("assets.serve", "GET", "/static/{digest}/{name}", serve, raw=True, auth="none", is_hidden=True),)
