"""Slugs: what an application is called in addresses. Source: docs/products/appharbor.md#slugs."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from harbor.kernel.errors import Invalid

# A slug is the first label of a host name. RFC 1035, 2.3.4.
SLUG_LENGTH_MAX: Final = 63
SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# First segments of paths, and labels that people take for the platform's own.
RESERVED: Final = frozenset(
    {
        "admin",
        "api",
        "app",
        "appharbor",
        "application",
        "applications",
        "apps",
        "authorizations",
        "clients",
        "console",
        "docs",
        "git",
        "harbor",
        "header",
        "healthz",
        "help",
        "localhost",
        "login",
        "logs",
        "mail",
        "metrics",
        "openapi",
        "ops",
        "readyz",
        "root",
        "sessions",
        "smtp",
        "static",
        "status",
        "support",
        "token",
        "tokens",
        "user",
        "users",
        "v1",
        "vendor",
        "www",
    }
)
_UNFIT = re.compile(r"[^a-z0-9-]+")


def slug_of(name: str) -> str:
    """The slug a name gives: letters, digits and hyphens of it, lower case. Raises `Invalid` if nothing is left."""
    ascii_ = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"-{2,}", "-", _UNFIT.sub("", ascii_)).strip("-")[:SLUG_LENGTH_MAX].rstrip("-")
    if not slug:
        raise Invalid("name has no letter or digit to make an address of.", field="name")
    if slug in RESERVED:
        raise Invalid(f"{slug} is reserved; choose another name.", field="name")
    return slug


def numbered(slug: str, number: int) -> str:
    """The slug with a number behind it, for a name that somebody else has: `tides`, `tides-1`, `tides-2`."""
    if number == 0:
        return slug
    tail = f"-{number}"
    return slug[: SLUG_LENGTH_MAX - len(tail)].rstrip("-") + tail
