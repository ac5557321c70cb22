"""Developers → API explorer: every product's API, to read, to search and to call."""

from harbor.console.explorer.api import SECTION

__all__ = ["SECTION"]
