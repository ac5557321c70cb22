"""Receipts: what a file is by its bytes, and what is refused."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.kernel.http.multipart import Upload
from harbor.products.harvest_timesheets.expenses.receipt_types import RECEIPT_BYTES_MAX, check


def png(width: int = 1, height: int = 1) -> bytes:
    """A picture of one colour, or the head of one."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


GIF = b"GIF89a" + struct.pack("<HH", 3, 2) + b"\0\0\0;"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 2, 3) + b"\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xd9"
)
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + struct.pack("<I", 2 | 1 << 14) + b"\0" * 8
BMP = b"BM" + struct.pack("<I", 58) + b"\0\0\0\0" + struct.pack("<IIii", 54, 40, 3, -2) + b"\0" * 32
TIFF = b"II*\0" + struct.pack("<IH", 8, 2) + struct.pack("<HHIHH", 256, 3, 1, 3, 0) + struct.pack("<HHII", 257, 4, 1, 2)
HEIC = (
    struct.pack(">I", 24)
    + b"ftypheic\0\0\0\0mif1heic"
    + struct.pack(">I", 20)
    + b"ispe\0\0\0\0"
    + struct.pack(">II", 3, 2)
)
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (png(), "image/png"),
        (GIF, "image/gif"),
        (JPEG, "image/jpeg"),
        (WEBP, "image/webp"),
        (BMP, "image/bmp"),
        (TIFF, "image/tiff"),
        (HEIC, "image/heic"),
        (PDF, "application/pdf"),
    ],
)
def test_a_file_is_what_its_bytes_are(data: bytes, content_type: str) -> None:
    assert check(Upload("scan.exe", "application/x-msdownload", data)).content_type == content_type


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 a zip", "must be a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "must be a picture"),
        (b"<html><script>alert(1)</script>", "must be a picture"),
        (png() + b"\0" * RECEIPT_BYTES_MAX, "is larger than 10 MB"),
        (png(200_000, 200_000), "million points"),
        (b"GIF89a" + struct.pack("<HH", 65_535, 65_535), "million points"),
        (png()[:20], "is damaged"),
        (b"\xff\xd8\xff\xe0\xff\xff", "is damaged"),
        (b"\xff\xd8" + b"\xff" * 2_000_000, "is damaged"),  # was looked through byte by byte, for seconds
        (b"%PDF-1.4 and no more", "is damaged"),
    ],
)
def test_what_is_no_receipt_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(Invalid, match=problem):
        check(Upload("receipt.png", "image/png", data))


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("lunch_receipt.gif", "lunch_receipt.gif"),
        ("C:\\Users\\me\\lunch.gif", "lunch.gif"),
        ("../../etc/passwd", "passwd"),
        ('a"b\r\nSet-Cookie: x.png', "abSet-Cookie x.png"),
        ("...", "receipt.png"),
        ("", "receipt.png"),
        ("page.html", "page.html.png"),
        ("a\u202egnp.html", "agnp.html.png"),
        ("Beleg März.png", "Beleg März.png"),
        ("a" * 300 + ".png", "a" * 190 + ".png"),
    ],
)
def test_names_of_files_are_names_alone(given_name: str, kept: str) -> None:
    assert check(Upload(given_name, "image/png", png())).file_name == kept


@given(st.sampled_from([png(), GIF, JPEG, WEBP, BMP, TIFF, HEIC, PDF]), st.binary(max_size=60), st.integers(0, 60))
def test_any_bytes_are_taken_or_refused(start: bytes, noise: bytes, at: int) -> None:
    data = start[:at] + noise + start[at:]
    try:
        checked = check(Upload("x", "", data))
    except Invalid:
        return
    assert checked.data == data
