"""The table of routes: which application a host name is for, and where its processes listen.

Source: docs/products/appharbor.md#router.
"""

from __future__ import annotations

from typing import Final

import msgspec

HOST_LENGTH_MAX: Final = 253


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One application. `upstreams` are addresses like `127.0.0.1:4001`; `folder` is what a static site is served from."""

    slug: str
    hostnames: list[str] = msgspec.field(default_factory=list)
    canonical: str | None = None
    upstreams: list[str] = msgspec.field(default_factory=list)
    folder: str | None = None
    release: int = 0
    is_in_maintenance: bool = False


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """All applications by their number."""

    version: int = 0
    applications: dict[str, Entry] = msgspec.field(default_factory=dict)


class Hosts:
    """A table made ready for looking up host names."""

    def __init__(self, table: Table, domain: str) -> None:
        self.version = table.version
        self._names: dict[str, tuple[str, Entry]] = {}
        self._wild: dict[str, tuple[str, Entry]] = {}
        for number, entry in table.applications.items():
            self._names[f"{entry.slug}.{domain}"] = (number, entry)
            for name in entry.hostnames:
                if name.startswith("*."):
                    self._wild[name[2:]] = (number, entry)
                else:
                    self._names[name] = (number, entry)

    def find(self, host: str) -> tuple[str, Entry] | None:
        """The application that a host name is for; an exact name counts before one with a star."""
        found = self._names.get(host)
        if found is not None:
            return found
        return self._wild.get(host.partition(".")[2])


def bare(authority: str) -> str:
    """The host of a Host header: lower case, without port and without a dot at its end; empty for what is none."""
    host, colon, port = authority.strip().lower().partition(":")
    # What stands behind the colon ends up in addresses that applications make.
    if host.startswith("[") or (colon and not (port.isascii() and port.isdigit())):
        return ""
    host = host.rstrip(".")
    return host if len(host) <= HOST_LENGTH_MAX else ""
