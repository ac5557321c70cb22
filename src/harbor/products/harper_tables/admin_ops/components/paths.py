"""Paths inside a component: never outside of it."""

from __future__ import annotations

from typing import Final

from harbor.products.harper_tables.refusals import invalid

PATH_LENGTH_MAX: Final = 512


def clean(path: str) -> str:
    """The path, with single slashes. Raises `Invalid` for one that is absolute, climbs, or no system could hold."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    is_inside = (
        not path.startswith("/")
        and "\\" not in path
        and ".." not in parts
        and all(letter.isprintable() for letter in path)
    )
    if not parts or not is_inside or len(path) > PATH_LENGTH_MAX:
        raise invalid("Invalid file path", code="invalid_path", field="file")
    return "/".join(parts)


def parents(path: str) -> list[str]:
    """The folders on the way to a path, outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
