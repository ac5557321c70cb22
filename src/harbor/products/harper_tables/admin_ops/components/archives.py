"""Archives of components: a tar of their files, and back. Nothing of an archive reaches the file system."""

from __future__ import annotations

import binascii
import gzip
import io
import tarfile
import zlib
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Final

from harbor.kernel.bounds import MIB
from harbor.products.harper_tables.admin_ops.components.files_store import File
from harbor.products.harper_tables.admin_ops.components.paths import clean
from harbor.products.harper_tables.refusals import invalid

FILES_MAX: Final = 5_000
FILE_BYTES_MAX: Final = 8 * MIB
BYTES_MAX: Final = 32 * MIB
_GZIP: Final = b"\x1f\x8b"
NODE_MODULES: Final = "node_modules"

Files = Mapping[str, bytes | None]


def packed(files: Sequence[File], *, skips_node_modules: bool) -> bytes:
    """The files as a tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for each in files:
            if skips_node_modules and NODE_MODULES in each.path.split("/"):
                continue
            entry = tarfile.TarInfo(each.path)
            entry.mtime = each.updated_at // 1_000_000
            if each.is_folder:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                content = each.content or b""
                entry.size, entry.mode = len(content), 0o644
                archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def decoded(payload: object) -> bytes:
    """The bytes of a payload: as they are, or base64. Raises `Invalid`."""
    if isinstance(payload, bytes):
        return payload
    if not isinstance(payload, str):
        raise invalid("'payload' must be a string", code="invalid_field", field="payload")
    try:
        return b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("'payload' must be base64 of a tar", code="invalid_field", field="payload") from None


def unpacked(raw: bytes) -> Files:
    """The files of a tar or tar.gz by their paths; folders are None. Raises `Invalid` for anything but plain files."""
    if raw[:2] == _GZIP:
        raw = _gunzipped(raw)
    files: dict[str, bytes | None] = {}
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
            for entry in archive:
                if entry.name.strip("./") == "":
                    continue
                path = clean(entry.name.removeprefix("./").rstrip("/"))
                if len(files) >= FILES_MAX:
                    raise invalid(f"The archive holds more than {FILES_MAX} files.", code="archive_too_large")
                if entry.isdir():
                    files.setdefault(path, None)
                    continue
                if not entry.isreg():
                    raise invalid(
                        f"The archive holds '{path}', which is no file and no folder.", code="invalid_archive"
                    )
                total += entry.size
                if entry.size > FILE_BYTES_MAX or total > BYTES_MAX:
                    raise invalid(
                        f"A file may have {FILE_BYTES_MAX} bytes and an archive {BYTES_MAX}.", code="archive_too_large"
                    )
                held = archive.extractfile(entry)
                assert held is not None, path
                files[path] = held.read()
    except (tarfile.TarError, OSError, ValueError, EOFError, UnicodeError):
        raise invalid("'payload' must be base64 of a tar", code="invalid_archive", field="payload") from None
    return _without_package(files)


def _gunzipped(raw: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
            # Headers and padding of a tar come on top of what the files hold.
            found = stream.read(BYTES_MAX + FILES_MAX * 2 * tarfile.BLOCKSIZE)
            if stream.read(1):
                raise invalid(f"An archive may have {BYTES_MAX} bytes.", code="archive_too_large")
            return found
    except (OSError, EOFError, zlib.error):
        raise invalid("'payload' must be base64 of a tar", code="invalid_archive", field="payload") from None


def _without_package(files: dict[str, bytes | None]) -> Files:
    """npm puts everything into a folder `package`, which belongs to the archive and not to the component."""
    if files and all(path == "package" or path.startswith("package/") for path in files):
        return {path.removeprefix("package/"): held for path, held in files.items() if path != "package"}
    return files
