"""Which files may be receipts: pictures and PDF, told by their first bytes and not by what the sender calls them.

A picture is kept as it came and never unpacked here. One whose head promises an absurd number of points is refused all
the same, since it is made to burst whoever opens it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from harbor.kernel.bounds import MIB
from harbor.kernel.errors import Invalid
from harbor.kernel.http.multipart import Upload
from harbor.products.harvest_timesheets.sentences import problem

RECEIPT_BYTES_MAX: Final = 10 * MIB
# Twelve sheets at 300 dots an inch, or the largest cameras of telephones.
POINTS_MAX: Final = 250_000_000
FILE_NAME_LENGTH_MAX: Final = 200
_PDF_HEAD_BYTES = 1_024  # where readers look for the mark
_HEIF_HEAD_BYTES = 64 * 1024
_JPEG_MARKS_MAX = 10_000  # before the first frame; pictures have some tens, with profiles some hundreds
_ENDINGS = frozenset({"jpg", "jpeg", "jfif", "png", "gif", "webp", "bmp", "tif", "tiff", "heic", "heif", "avif", "pdf"})
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
# Marks of frames in a JPEG that carry its size: all SOF but DHT (C4), JPG (C8) and DAC (CC).
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be a receipt."""

    file_name: str
    content_type: str
    data: bytes


def check(upload: Upload) -> Checked:
    """The file with a safe name and its true type. Raises `Invalid`."""
    if not upload.data:
        raise problem("receipt", "is empty")
    if len(upload.data) > RECEIPT_BYTES_MAX:
        raise problem("receipt", f"is larger than {RECEIPT_BYTES_MAX // MIB} MB")
    for content_type, ending, is_of, size_of in _KINDS:
        if is_of(upload.data):
            _check_points(upload.data, size_of)
            return Checked(_file_name(upload.file_name, ending), content_type, upload.data)
    raise problem("receipt", "must be a picture (JPEG, PNG, GIF, WebP, BMP, TIFF, HEIC) or a PDF")


def _check_points(data: bytes, size_of: Callable[[bytes], Size | None]) -> None:
    try:
        size = size_of(data)
    except (IndexError, ValueError):
        size = None
    if size is None:
        raise _damaged()
    if size[0] * size[1] > POINTS_MAX:
        raise problem("receipt", f"has more than {POINTS_MAX // 10**6} million points")


def _damaged() -> Invalid:
    return problem("receipt", "is damaged")


def _file_name(text: str, ending: str) -> str:
    """The last part of the name, without what would be special elsewhere, and with the ending of a picture or a PDF."""
    name = _UNSAFE.sub("", text.replace("\\", "/").rpartition("/")[2])
    name = "".join(letter for letter in name if letter.isprintable()).strip(" .")
    # A PDF may hold a page with scripts behind its mark; whoever saves it is not to get a page.
    if "." in name and name.rpartition(".")[2].lower() not in _ENDINGS:
        name = f"{name}.{ending}"
    if len(name) > FILE_NAME_LENGTH_MAX:
        stem, _, last = name.rpartition(".")
        name = f"{stem[: FILE_NAME_LENGTH_MAX - 10]}.{last[:9]}" if stem else name[:FILE_NAME_LENGTH_MAX]
    return name or f"receipt.{ending}"


def _png(data: bytes) -> Size | None:
    return _big(data, 16, 4), _big(data, 20, 4)


def _gif(data: bytes) -> Size | None:
    return _little(data, 6, 2), _little(data, 8, 2)


def _bmp(data: bytes) -> Size | None:
    return _little(data, 18, 4), abs(int.from_bytes(_bytes(data, 22, 4), "little", signed=True))


def _webp(data: bytes) -> Size | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
    if kind == b"VP8L":
        bits = _little(data, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return (_little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF) if kind == b"VP8 " else None


def _jpeg(data: bytes) -> Size | None:
    at = 2
    for _ in range(_JPEG_MARKS_MAX):
        if at + 9 > len(data) or data[at] != 0xFF:
            return None
        mark = data[at + 1]
        if mark == 0xFF:
            at += 1
        elif mark in _JPEG_FRAMES:
            return _big(data, at + 7, 2), _big(data, at + 5, 2)
        else:
            at += 2 + max(2, _big(data, at + 2, 2))
    return None


def _tiff(data: bytes) -> Size | None:
    order = "little" if data[:2] == b"II" else "big"

    def whole(at: int, count: int) -> int:
        return int.from_bytes(_bytes(data, at, count), "little" if order == "little" else "big")

    directory = whole(4, 4)
    found: dict[int, int] = {}
    for number in range(min(whole(directory, 2), 500)):
        at = directory + 2 + 12 * number
        found[whole(at, 2)] = whole(at + 8, 2 if whole(at + 2, 2) == 3 else 4)
    return (found[256], found[257]) if 256 in found and 257 in found else None


def _heif(data: bytes) -> Size | None:
    sizes = list(_extents(data[:_HEIF_HEAD_BYTES]))
    return max(sizes, key=lambda size: size[0] * size[1]) if sizes else None


def _extents(head: bytes) -> Iterator[Size]:
    """What the boxes `ispe` say, wherever they lie in the head."""
    at = head.find(b"ispe")
    while at >= 0:
        yield _big(head, at + 8, 4), _big(head, at + 12, 4)
        at = head.find(b"ispe", at + 4)


def _pdf(data: bytes) -> Size | None:
    return (0, 0) if b"%%EOF" in data[-2 * _PDF_HEAD_BYTES :] or b"startxref" in data else None


def _big(data: bytes, at: int, count: int) -> int:
    return int.from_bytes(_bytes(data, at, count), "big")


def _little(data: bytes, at: int, count: int) -> int:
    return int.from_bytes(_bytes(data, at, count), "little")


def _bytes(data: bytes, at: int, count: int) -> bytes:
    piece = data[at : at + count]
    if len(piece) < count:
        raise ValueError("The file ends too early.")
    return piece


_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif"})
# Media type, ending, how it begins, where it says how large it is.
_KINDS: Final[tuple[tuple[str, str, Callable[[bytes], bool], Callable[[bytes], Size | None]], ...]] = (
    ("image/jpeg", "jpg", lambda data: data.startswith(b"\xff\xd8\xff"), _jpeg),
    ("image/png", "png", lambda data: data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR", _png),
    ("image/gif", "gif", lambda data: data[:6] in (b"GIF87a", b"GIF89a"), _gif),
    ("image/webp", "webp", lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", _webp),
    ("image/bmp", "bmp", lambda data: data[:2] == b"BM" and data[6:10] == b"\0\0\0\0", _bmp),
    ("image/tiff", "tiff", lambda data: data[:4] in (b"II*\0", b"MM\0*"), _tiff),
    ("image/heic", "heic", lambda data: data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS, _heif),
    ("application/pdf", "pdf", lambda data: b"%PDF-" in data[:_PDF_HEAD_BYTES], _pdf),
)
