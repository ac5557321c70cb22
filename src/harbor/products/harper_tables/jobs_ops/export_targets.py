"""Where an export goes: a file or an object that is there whole under its name, or not at all.

What was appended is durable when `append` returns, so the job may commit how far it is.
"""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import suppress
from typing import Any, Final, Protocol

from harbor.products.harper_tables.jobs_ops.export_asked import Wrong
from harbor.products.harper_tables.jobs_ops.folders import Folder, Outside, open_folder
from harbor.products.harper_tables.jobs_ops.s3 import S3, S3Fault

_PARTS_MAX: Final = 10_000  # S3's own
_NAME_BYTES_MAX: Final = 200


class Target(Protocol):
    """A place. `kept` is what it needs to go on after a crash."""

    async def begin(self, kept: dict[str, Any], size: int) -> bool:
        """Go on after the first `size` bytes, or from nothing; False if what was there is gone."""
        ...

    async def append(self, content: bytes) -> dict[str, Any]:
        """Add bytes; what is to be kept from now on."""
        ...

    async def finish(self, rest: bytes) -> None:
        """Add the last bytes and give it its name."""
        ...

    async def has(self, kept: dict[str, Any], size: int) -> bool:
        """Whether a run that died had finished it, with so many bytes. Asked before `begin`."""
        ...

    async def discard(self) -> None:
        """Remove what is not finished."""
        ...

    def told(self, label: str) -> dict[str, Any]:
        """What the job says when it is done."""
        ...


class FileTarget:
    """A file. It is written beside its name, on disk, and then renamed."""

    def __init__(self, folder: Folder, path: str, filename: str, job_id: str) -> None:
        self.name = _checked(filename)
        self._part = f".{job_id}.part"
        self._at = _opened(folder, path)
        self._path = folder.path.joinpath(*folder.within(path), self.name)
        self._file = -1

    async def begin(self, kept: dict[str, Any], size: int) -> bool:
        """Open the part file, cut to what is known to be on disk."""

        def begin() -> bool:
            flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.open(self._part, flags, 0o600, dir_fd=self._at)
            has = os.fstat(self._file).st_size
            os.ftruncate(self._file, size if has >= size else 0)
            os.lseek(self._file, 0, os.SEEK_END)
            return has >= size

        return await asyncio.to_thread(begin)

    async def append(self, content: bytes) -> dict[str, Any]:
        """Write to the part file."""
        await asyncio.to_thread(self._write, content)
        return {}

    async def finish(self, rest: bytes) -> None:
        """Write the rest and rename."""

        def finish() -> None:
            self._write(rest)
            os.rename(self._part, self.name, src_dir_fd=self._at, dst_dir_fd=self._at)
            os.fsync(self._at)

        await asyncio.to_thread(finish)

    async def has(self, kept: dict[str, Any], size: int) -> bool:
        """Whether the part file has become the file."""

        def has() -> bool:
            with suppress(FileNotFoundError):
                os.stat(self._part, dir_fd=self._at, follow_symlinks=False)
                return False
            with suppress(FileNotFoundError):
                return os.stat(self.name, dir_fd=self._at, follow_symlinks=False).st_size == size
            return False

        return await asyncio.to_thread(has)

    async def discard(self) -> None:
        """Remove the part file."""

        def discard() -> None:
            with suppress(FileNotFoundError):
                os.unlink(self._part, dir_fd=self._at)

        await asyncio.to_thread(discard)

    async def __aenter__(self) -> FileTarget:
        return self

    async def __aexit__(self, *_: object) -> None:
        for each in (self._file, self._at):
            if each >= 0:
                os.close(each)

    def told(self, label: str) -> dict[str, Any]:
        """Where the file is."""
        return {"message": f"Successfully exported {label} locally.", "path": str(self._path)}

    def _write(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            left = left[os.write(self._file, left) :]
        os.fsync(self._file)


class S3Target:
    """An object. It is sent in parts, of which the store makes the object at the end."""

    def __init__(self, s3: S3, media_type: str) -> None:
        self._s3 = s3
        self._media_type = media_type
        self._upload = ""
        self._parts = 0

    async def begin(self, kept: dict[str, Any], size: int) -> bool:
        """Go on with the upload."""
        self._upload, self._parts = kept.get("upload", ""), kept.get("parts", 0)
        return True

    async def append(self, content: bytes) -> dict[str, Any]:
        """Send a part."""
        if self._parts + 1 >= _PARTS_MAX:
            raise S3Fault(f"The export has more than {_PARTS_MAX} parts.")
        if not self._upload:
            self._upload = await self._s3.begin(self._media_type)
        await self._s3.put_part(self._upload, self._parts + 1, content)
        self._parts += 1
        return {"upload": self._upload, "parts": self._parts}

    async def finish(self, rest: bytes) -> None:
        """Send the rest, and have the object made."""
        if not self._upload:
            await self._s3.put(rest, self._media_type)
            return
        if rest:
            await self.append(rest)
        await self._s3.finish(self._upload, self._parts)

    async def has(self, kept: dict[str, Any], size: int) -> bool:
        """Whether the upload has become the object. Without one the object is put again: an older one may be as large."""
        upload = kept.get("upload", "")
        if not upload or await self._s3.has_upload(upload):
            return False
        try:
            return (await self._s3.look()).size_bytes == size
        except S3Fault as error:
            if error.is_gone:
                return False
            raise

    async def discard(self) -> None:
        """Forget the parts."""
        if self._upload:
            with suppress(S3Fault):
                await self._s3.abort(self._upload)

    async def __aenter__(self) -> S3Target:
        await self._s3.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._s3.__aexit__()

    def told(self, label: str) -> dict[str, Any]:
        """Where the object is."""
        place = self._s3.place
        return {"message": f"Successfully exported {label} to S3.", "bucket": place.bucket, "key": place.key}


def _opened(folder: Folder, path: str) -> int:
    """A descriptor of the folder that a path names. Raises `Wrong`."""
    shown = path[:200]
    try:
        folder.make()
        return open_folder(folder, folder.within(path))
    except (FileNotFoundError, Outside):
        raise Wrong(f"path '{shown}' does not exist") from None
    except NotADirectoryError:
        raise Wrong(f"path '{shown}' is not a directory, please supply a valid folder path") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Wrong(f"path '{shown}' is not a directory, please supply a valid folder path") from None
        raise Wrong(f"path '{shown}' cannot be used: {error.strerror}") from None


def _checked(filename: str) -> str:
    """The name of a file in a folder. Raises `Wrong`."""
    is_good = 1 <= len(filename.encode()) <= _NAME_BYTES_MAX and filename.isprintable()
    if not is_good or "/" in filename or filename.startswith("."):
        raise Wrong("filename must be a name of 1 to 200 printable bytes, without / and without a dot before it")
    return filename
