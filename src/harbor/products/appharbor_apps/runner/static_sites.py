"""Static sites run no process: the router serves the folder that the command of their web process names."""

from __future__ import annotations

from pathlib import Path

from harbor.products.appharbor_apps.builder.detection import STATIC


def folder_of(command: str, tree: Path) -> str | None:
    """The folder to serve, for a command like `harbor-static public`; None for any other, and for one that leads out."""
    words = command.split()
    if not words or words[0] != STATIC or len(words) > 2:
        return None
    folder = (tree / (words[1] if len(words) == 2 else ".")).resolve()
    return str(folder) if folder.is_relative_to(tree.resolve()) and folder.is_dir() else None


def is_static(command: str) -> bool:
    """Whether a command serves a folder."""
    return command.split()[:1] == [STATIC]
