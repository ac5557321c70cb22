"""Blobs: uploads and artefacts, kept beside the database and named in its rows."""

from __future__ import annotations

from harbor.kernel.blobs.blobs import Blob, Blobs, Referenced, StoredBlob, Swept
from harbor.kernel.blobs.local import LocalBlobs

__all__ = ["Blob", "Blobs", "LocalBlobs", "Referenced", "StoredBlob", "Swept"]
