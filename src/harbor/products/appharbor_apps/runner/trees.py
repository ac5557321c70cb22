"""Where releases lie: artefacts unpacked once by the digest of their bytes, never changed, and read by every release.

A release that may write has a copy of its own, and a folder that outlives it. Source: docs/products/appharbor.md#releases.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final

from harbor.products.appharbor_apps.builder.archive import unpack
from harbor.products.appharbor_apps.builder.limits import Limits
from harbor.products.appharbor_apps.builder.node import FOLDER
from harbor.products.appharbor_apps.runner.enclosure import Places
from harbor.products.appharbor_apps.runner.model import Release

KEPT_MAX: Final = 5
_ARTEFACTS, _RELEASES, _FILES, _ENVIRONMENTS = "artefacts", "releases", "files", "environments"


def artefact(folder: Path, sha256: str) -> Path:
    """Where an artefact of an application lies, once it is unpacked."""
    assert len(sha256) == 64 and sha256.isalnum(), sha256  # noqa: PT018
    return folder / _ARTEFACTS / sha256


def prepare(folder: Path, sha256: str, file: IO[bytes], limits: Limits) -> Path:
    """Unpack an artefact, if it is not there. It appears whole or not at all. Raises `Refused`."""
    path = artefact(folder, sha256)
    if path.is_dir():
        os.utime(path)
        return path
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = path.with_name(f".new-{secrets.token_hex(8)}")
    fresh.mkdir(mode=0o755)
    try:
        unpack(file, fresh, limits, compressed=True, strips=False)
        fresh.rename(path)
    except OSError:
        if not path.is_dir():  # else somebody else was faster
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return path


def copy(folder: Path, release: Release) -> None:
    """Give a release that may write its own copy, and the folder that outlives it."""
    if not release.is_file_system_writable:
        return
    places = places_of(folder, release)
    shutil.rmtree(places.tree, ignore_errors=True)
    shutil.copytree(artefact(folder, release.sha256), places.tree, symlinks=True)
    assert places.files is not None
    places.files.mkdir(mode=0o700, parents=True, exist_ok=True)


def places_of(folder: Path, release: Release) -> Places:
    """Where a release and what belongs to it lie. An environment counts only where the builder puts those of this application."""
    tree = artefact(folder, release.sha256)
    if release.is_file_system_writable:
        tree = folder / _RELEASES / str(release.number)
    environment = None
    if release.virtual_env is not None:
        path = Path(release.virtual_env)
        if path.parent == folder / _ENVIRONMENTS and path.is_dir() and not path.is_symlink():
            environment = path
    modules = None
    if release.node_modules is not None:
        path = Path(release.node_modules)
        is_there = path.is_dir() and not path.is_symlink() and not path.parent.is_symlink()
        # The place for it is part of what was built; without one there is nothing to mount it on.
        if (
            path.name == FOLDER
            and path.parent.parent == folder / _ENVIRONMENTS
            and is_there
            and (tree / FOLDER).is_dir()
        ):
            modules = path
    return Places(tree, folder / _FILES if release.is_file_system_writable else None, environment, modules)


def environments_of(releases: Iterable[Release]) -> frozenset[str]:
    """The names of the environments, of Python and of Node, that releases need."""
    found: set[str] = set()
    for release in releases:
        if release.virtual_env is not None:
            found.add(Path(release.virtual_env).name)
        if release.node_modules is not None:
            found.add(Path(release.node_modules).parent.name)
    return frozenset(name for name in found if name.isascii() and name.isalnum())


def forget_old(folder: Path, kept: Iterable[Release]) -> None:
    """Remove artefacts and copies that no kept release uses, but for the newest few."""
    kept = list(kept)
    digests = {release.sha256 for release in kept}
    numbers = [release.number for release in kept]
    for path in _newest(folder / _ARTEFACTS)[KEPT_MAX:]:
        if path.name not in digests:
            shutil.rmtree(path, ignore_errors=True)
    for path in _newest(folder / _RELEASES):
        # A later one is just being made.
        if numbers and path.name.isdigit() and int(path.name) < max(numbers) and int(path.name) not in numbers:
            shutil.rmtree(path, ignore_errors=True)


def _newest(folder: Path) -> list[Path]:
    try:
        paths = [folder / name for name in os.listdir(folder) if not name.startswith(".")]
        present = [(path.stat().st_mtime, path) for path in paths]
    except OSError:
        return []
    return [path for _, path in sorted(present, reverse=True)]
