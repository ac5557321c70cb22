"""Multipart bodies: the fields of a form in their order, with files among them. Source: RFC 7578."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from harbor.kernel.errors import Invalid
from harbor.kernel.http.openapi_schemas import FILE, Schema

MEDIA_TYPE: Final = "multipart/form-data"
_PARTS_MAX = 100
_PART_HEAD_BYTES_MAX = 16_384
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))', re.IGNORECASE)
_NAME = re.compile(r'[;\s]name="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_FILE_NAME = re.compile(r'filename="((?:[^"\\]|\\.)*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart body. Name and type are what the sender says."""

    file_name: str
    content_type: str
    data: bytes

    @classmethod
    def documented_schema(cls) -> Schema:
        """A file, as OpenAPI describes it."""
        return dict(FILE)


@dataclass(frozen=True, slots=True)
class Fields:
    """What a form of a page sent, in its order. A file input that was left empty sent nothing."""

    pairs: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, Upload], ...] = ()

    def get(self, name: str) -> str | None:
        """The first value of a field."""
        return next((value for key, value in self.pairs if key == name), None)

    def file(self, name: str) -> Upload | None:
        """The first file of a field."""
        return next((value for key, value in self.files if key == name), None)


def is_multipart(content_type: str | None) -> bool:
    """Whether a body says that it is one."""
    return (content_type or "").partition(";")[0].strip().lower() == MEDIA_TYPE


def parts(raw: bytes, content_type: str) -> list[tuple[str, str | Upload]]:
    """The parts of a body, at most 100: texts and files by their names. Raises `Invalid`."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise _unreadable("The multipart body names no boundary.")
    mark = b"--" + (found[1] or found[2]).encode("latin-1")
    pieces = (b"\r\n" + raw).split(b"\r\n" + mark, _PARTS_MAX + 2)
    if len(pieces) > _PARTS_MAX + 2:  # one more stands before the first mark, and one after the last
        raise _unreadable(f"The multipart body has more than {_PARTS_MAX} parts.")
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise _unreadable("The multipart body does not end with its boundary.")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> tuple[str, str | Upload]:
    head, divider, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if len(head) > _PART_HEAD_BYTES_MAX:
        raise _unreadable("A part of the multipart body has too many headers.")
    lines = dict(_header(line) for line in head.decode("utf-8", "replace").split("\r\n") if ":" in line)
    disposition = lines.get("content-disposition", "")
    name = _NAME.search(disposition)
    if not divider or name is None:
        raise _unreadable("A part of the multipart body has no name.")
    file_name = _FILE_NAME.search(disposition)
    if file_name is None:
        try:
            return name[1], data.decode("utf-8")
        except UnicodeDecodeError:
            raise _unreadable(f"{name[1][:100]} is not UTF-8.") from None
    return name[1], Upload(file_name[1], lines.get("content-type", "application/octet-stream"), data)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _unreadable(message: str) -> Invalid:
    return Invalid(message, code="invalid_json")
