"""The file a backup is written to: under another name until it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from harbor.cli.backup_remote import progress
from harbor.cli.output import Failure, Output
from harbor.kernel.backup import reading
from harbor.kernel.errors import Invalid


@contextmanager
def receiving(file: Path) -> Iterator[BinaryIO]:
    """A file beside `file`, for its owner only. It takes the name when the block ends well, and goes if it does not."""
    if file.exists():
        raise Failure(f"{file} exists already.", hint="Choose another name; a backup is never written over another.")
    part = file.with_name(f"{file.name}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise Failure(
            f"{part} cannot be written: {error.strerror}.", hint="Choose another place for the backup."
        ) from None
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            os.fchmod(descriptor, 0o600)
            try:
                yield stream
                stream.flush()
                os.fsync(descriptor)
            except OSError as error:
                raise Failure(
                    f"{part} cannot be written: {error.strerror}.", hint="Is there room on the disk?"
                ) from None
        os.rename(part, file)
        _sync(file.parent)
    finally:
        part.unlink(missing_ok=True)


def verified(stream: BinaryIO, out: Output) -> reading.Read:
    """What is in the file just written, read again from its beginning. Raises `Failure` if it is not whole."""
    stream.flush()
    size_bytes = stream.tell()
    stream.seek(0)
    with progress(out, "verifying", size_bytes, in_bytes=True) as moved:
        try:
            return reading.verify(stream, moved=moved)
        except Invalid as error:
            raise Failure(
                f"The backup did not arrive whole: {error.message}",
                hint="Take it again. Was the server stopped meanwhile? Its log tells.",
                code="backup_incomplete",
            ) from None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
