"""Addresses within the console: where somebody may be led who asked for it in a query."""

from __future__ import annotations

from harbor.console.rendering import BASE

# Nothing in the sandbox can hurt, so that is where one comes in.
HOME = f"{BASE}/sandbox"
_LENGTH_MAX = 2_000


def is_ours(address: str) -> bool:
    """Whether an address leads to a page of this console and nowhere else, in whatever way a browser reads it."""
    if len(address) > _LENGTH_MAX or not address.isascii() or not address.isprintable():
        return False
    path = address.partition("?")[0].partition("#")[0]
    # Browsers read a backslash as a slash, two slashes as a host, and go up where a segment is two dots.
    if any(mark in path.lower() for mark in ("\\", "//", "..", "%2e", "%2f", "%5c")):
        return False
    return path == BASE or path.startswith(BASE + "/")


def wanted(address: str) -> str:
    """The address if it is one of ours, else where everybody comes in."""
    return address if is_ours(address) else HOME
