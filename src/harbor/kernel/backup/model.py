"""What a backup says of itself: its manifest, and the names a file in it may have."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from harbor.kernel.errors import Invalid

FORMAT = 1
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
DATABASE = "harbor.db"
SETTINGS = "harbor.toml"
KEY = "instance.key"

SMALL_FILE_BYTES_MAX = 1024 * 1024  # of the manifest, the settings and the key
_BLOB = re.compile(r"blobs/[A-Za-z0-9_][A-Za-z0-9_-]{0,63}/([0-9a-f]{2})/\1[0-9a-f]{30}")
_SMALL = frozenset({MANIFEST, SETTINGS, KEY})
_LARGE = frozenset({DATABASE, SUMS})


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The first file of a backup. `key_ids` name the master keys that open what is sealed in it, newest last."""

    format: int
    harbor_version: str
    created_at: datetime
    engine: str
    migrations: tuple[str, ...]
    key_ids: tuple[str, ...]
    has_key: bool
    note: str


def encode(manifest: Manifest) -> bytes:
    """The manifest as JSON for people too."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode(content: bytes) -> Manifest:
    """The manifest in a backup. Raises `Invalid` if it is none, or of a format that only newer programs know."""
    try:
        version = msgspec.json.decode(content, type=_Format).format
        if version != FORMAT:
            raise Invalid(f"The backup has format {version} and this program knows {FORMAT}; use the newer program.")
        return msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError:
        raise Invalid(f"The file is no backup of Harbor: its {MANIFEST} cannot be read.") from None


class _Format(msgspec.Struct):
    format: int


def check_name(name: str, size_bytes: int) -> None:
    """Raise `Invalid` unless a backup may hold a file of this name and size.

    The names are listed rather than cleaned, so no name can lead out of the directory.
    """
    if name in _SMALL and size_bytes > SMALL_FILE_BYTES_MAX:
        raise Invalid(
            f"{name} in the backup has {size_bytes} bytes, which is too much; the file was not made by Harbor."
        )
    if name not in _SMALL and name not in _LARGE and not _BLOB.fullmatch(name):
        raise Invalid(f"The backup holds {name[:120]!r}, which does not belong there; the file was not made by Harbor.")
