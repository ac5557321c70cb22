"""The gate for uploaded PDFs: whole, open, without anything that runs. Pure.

It reads what the file says of itself and unpacks object streams, within bounds; it does not lay out pages. Source:
docs/products/harbour.md#agreements.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from harbor.kernel.errors import Invalid
from harbor.products.harbour_agreements.refusals import Problem, invalid

BYTES_MAX: Final = 25 * 1024**2
PAGES_MAX: Final = 2_000
# What is not the content of a page, packed or not, is small: more of it is a bomb, or keeps a server busy.
_STRUCTURE_BYTES_MAX: Final = 8 * 1024**2
_STREAMS_MAX: Final = 50_000
_HEAD_BYTES = _TAIL_BYTES = 1_024
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_PAGE = re.compile(rb"/Type\s{0,20}/Page(?![A-Za-z0-9])")
_ENCRYPTED = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
_ACTIVE = re.compile(
    rb"/(JavaScript|JS|Launch|RichMedia|XFA|EmbeddedFiles?|SubmitForm|ImportData|Rendition|GoToE)(?![A-Za-z0-9])"
)
_OBJECT_STREAM = re.compile(rb"/Type\s{0,20}/ObjStm(?![A-Za-z0-9])")
_FILTER = re.compile(rb"/Filter\s{0,20}(\[[^\]]{0,200}\]|/[A-Za-z0-9]+)")


def pages_of(content: bytes, path: str) -> int:
    """How many pages a PDF has. Raises `Invalid` for what is none, or may not be signed here."""
    if not 1 <= len(content) <= BYTES_MAX:
        raise _refused(path, f"A PDF has at most {BYTES_MAX} bytes.", "too_long")
    if b"%PDF-" not in content[:_HEAD_BYTES]:
        raise _refused(path, "The file is no PDF.")
    tail = content[-_TAIL_BYTES:]
    if b"startxref" not in tail or b"%%EOF" not in tail:
        raise _refused(path, "The PDF is cut off: its end is missing.")
    structure = _structure(content, path)
    if _ENCRYPTED.search(structure):
        raise _refused(path, "The PDF is encrypted; save it without a password.")
    if (active := _ACTIVE.search(structure)) is not None:
        raise _refused(
            path, f"The PDF holds {active[1].decode()}, and nothing may run or lie hidden in what people sign."
        )
    pages = len(_PAGE.findall(structure))
    if not 1 <= pages <= PAGES_MAX:
        raise _refused(path, f"A PDF has 1 to {PAGES_MAX} pages; this one has {pages}.")
    return pages


def _structure(content: bytes, path: str) -> bytes:
    """The file without the contents of its streams, and what its object streams hold, names unescaped."""
    found, place, left = [], 0, _STRUCTURE_BYTES_MAX
    for _ in range(_STREAMS_MAX):
        at = content.find(b"stream", place)
        ends = content.find(b"endstream", at) if at != -1 else -1
        if at != -1 and ends == -1:
            raise _refused(path, "The PDF is cut off: a stream has no end.")
        # All since the stream before, and not only what looks like this one's dictionary: texts in it may look like another.
        about = _plain(content[place : at if at != -1 else None], left, path)
        found.append(about)
        left -= len(about)
        if at == -1:
            return b"\n".join(found)
        if _OBJECT_STREAM.search(about):
            piece = _unpacked(content[at + len(b"stream") : ends], about, left, path)
            found.append(piece)
            left -= len(piece)
        place = ends + len(b"endstream")
    raise _refused(path, f"The PDF has more than {_STREAMS_MAX} streams.", "too_many")


def _plain(piece: bytes, bytes_max: int, path: str) -> bytes:
    if len(piece) > bytes_max:
        raise _refused(path, "The PDF has far more structure than a document has.", "too_long")
    return _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), piece) if b"#" in piece else piece


def _unpacked(data: bytes, about: bytes, bytes_max: int, path: str) -> bytes:
    said = _FILTER.findall(about)
    filters = re.findall(rb"/([A-Za-z0-9]+)", said[-1]) if said else []
    data = data.removeprefix(b"\r").removeprefix(b"\n")
    if not filters:
        return _plain(data, bytes_max, path)
    if filters not in ([b"FlateDecode"], [b"Fl"]):
        raise _refused(path, "The PDF packs its structure in a way that is not read here.")
    unpacker = zlib.decompressobj()
    try:
        piece = unpacker.decompress(data, bytes_max + 1)
    except zlib.error:
        raise _refused(path, "The PDF is damaged: its structure cannot be unpacked.") from None
    return _plain(piece, bytes_max, path)


def _refused(path: str, message: str, code: str = "custom") -> Invalid:
    return invalid(Problem(path, code, message))
