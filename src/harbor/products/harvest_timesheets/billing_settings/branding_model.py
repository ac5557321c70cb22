"""How documents of an account look: a colour and a logo. Source: docs/products/harvest.md#logo-and-colour."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from harbor.kernel.bounds import KIB
from harbor.products.harvest_timesheets.sentences import problem

# It is part of each page and each PDF, so it is small.
LOGO_BYTES_MAX: Final = 256 * KIB
# Unpacked: four bytes a point, 16 MB.
LOGO_POINTS_MAX: Final = 4_000_000
LOGO_SIDE_MAX: Final = 8_000
COLOUR: Final = "#0b5a6e"
_COLOUR = re.compile(r"#[0-9a-f]{6}")
# WCAG 2.2, 1.4.3: what text needs against its ground, which is white paper.
_CONTRAST_MIN: Final = 4.5
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
# Marks of frames in a JPEG that carry its size: all SOF but DHT (C4), JPG (C8) and DAC (CC).
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARKS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture. `key` names its blob; width and height are in points of the picture."""

    key: str
    content_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Branding:
    """The look of an account."""

    colour: str = COLOUR
    logo: Logo | None = None


def check_colour(text: str) -> str:
    """A colour as `#rrggbb`, dark enough to be read on white. Raises `Invalid`."""
    colour = text.strip().lower()
    if not _COLOUR.fullmatch(colour):
        raise problem("colour", "must be six hexadecimal digits after #, such as #0b5a6e")
    if _contrast_to_white(colour) < _CONTRAST_MIN:
        raise problem("colour", "is too light to be read on white paper")
    return colour


def measured(data: bytes) -> tuple[str, int, int]:
    """Type, width and height of a picture, by its head and not by what the sender calls it. Raises `Invalid`."""
    if not data:
        raise problem("logo", "is empty")
    if len(data) > LOGO_BYTES_MAX:
        raise problem("logo", f"is larger than {LOGO_BYTES_MAX // KIB} KB")
    if data.startswith(_PNG):
        content_type, size = "image/png", _png(data)
    elif data.startswith(_JPEG):
        content_type, size = "image/jpeg", _jpeg(data)
    else:
        raise problem("logo", "must be a PNG or a JPEG")
    if size is None or 0 in size:
        raise problem("logo", "is damaged")
    width, height = size
    if max(size) > LOGO_SIDE_MAX or width * height > LOGO_POINTS_MAX:
        raise problem("logo", f"has more than {LOGO_POINTS_MAX // 10**6} million points, or a side of {LOGO_SIDE_MAX}")
    return content_type, width, height


def _png(data: bytes) -> tuple[int, int] | None:
    if len(data) < 33 or data[12:16] != b"IHDR":
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    for _ in range(_MARKS_MAX):
        if at + 9 > len(data) or data[at] != 0xFF:
            return None
        mark = data[at + 1]
        if mark == 0xFF:  # a filler
            at += 1
            continue
        if mark in _FRAMES:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _contrast_to_white(colour: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
