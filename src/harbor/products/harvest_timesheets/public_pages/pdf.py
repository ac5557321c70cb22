"""A document as a PDF: A4, in a font that every reader has, so that nothing is embedded.

That font has the letters of Windows-1252; others are shown as a question mark. Source: ISO 32000-1, 7.3 to 7.8 and annex D.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Final

from harbor.products.harvest_timesheets.public_pages.model import Document

_WIDTH, _HEIGHT, _MARGIN = 595, 842, 50  # points
_SIZE, _LEADING = 9, 13
_COLUMNS: Final = (_MARGIN, 125, 395, 470, _WIDTH - _MARGIN)  # left edges of texts, right edges of figures
_LONG_WIDTH: Final = 215
_KIND_WIDTH: Final = 70
_CLOSING_WIDTH: Final = _WIDTH - 2 * _MARGIN
# Thousandths of the size, from the blank to the tilde. Source: the metrics of Helvetica that Adobe published.
_WIDTHS: Final = [
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *([556] * 10),
    *(278, 278, 584, 584, 584, 556, 1015),
    *(
        667,
        667,
        722,
        722,
        667,
        611,
        778,
        722,
        278,
        500,
        667,
        556,
        833,
        722,
        778,
        667,
        778,
        722,
        667,
        611,
        722,
        667,
        944,
    ),
    *(667, 667, 611, 278, 278, 278, 469, 556, 333),
    *(
        556,
        556,
        500,
        556,
        556,
        278,
        556,
        556,
        222,
        222,
        500,
        222,
        833,
        556,
        556,
        556,
        556,
        333,
        500,
        278,
        556,
        500,
        722,
    ),
    *(500, 500, 500, 334, 260, 334, 584),
]
_OTHER_WIDTH: Final = 600  # accented capitals are up to 722 wide, most other letters 556


def pdf(document: Document) -> bytes:
    """The bytes of the document."""
    writer = _Writer()
    writer.text(document.company)
    writer.space()
    writer.text(document.title, size=18)
    writer.space(2)
    for row in document.client.split("\n"):
        writer.text(row)
    writer.space()
    for label, value in document.facts:
        writer.row(((_MARGIN, label, False), (_MARGIN + 90, value, False)))
    writer.space()
    writer.row(_cells(document.table.headings, document.table.figures), is_bold=True)
    writer.rule()
    for texts in document.table.rows:
        _table_row(writer, texts, document.table.figures)
    writer.rule()
    for label, value in document.sums:
        writer.row(((_COLUMNS[3], label, True), (_COLUMNS[4], value, True)))
    writer.space()
    for row in wrapped(document.notes, _CLOSING_WIDTH):
        writer.text(row)
    return _file(writer.pages, document.title)


def wrapped(text: str, width: float, size: int = _SIZE) -> list[str]:
    """A text in lines that are no wider than so many points; a word that is wider is cut."""
    found: list[str] = []
    for paragraph in text.replace("\r", "").split("\n"):
        line = ""
        for word in paragraph.split():
            rest = word
            while (fits := _fitting(rest, width, size)) < len(rest):
                if line:
                    found.append(line)
                    line = ""
                found.append(rest[:fits])
                rest = rest[fits:]
            longer = f"{line} {rest}".strip()
            if line and width_of(longer, size) > width:
                found.append(line)
                longer = rest
            line = longer
        found.append(line)
    return found if text else []


def width_of(text: str, size: int = _SIZE) -> float:
    """How wide a line is, in points."""
    return sum(map(_thousandths, text)) * size / 1000


def _fitting(word: str, width: float, size: int) -> int:
    """How many letters of a word fit, at least one. No more of it are looked at: a word may be all of a long text."""
    taken = 0
    for number, letter in enumerate(word):
        taken += _thousandths(letter)
        if taken * size / 1000 > width:
            return max(1, number)
    return len(word)


def _thousandths(letter: str) -> int:
    return _WIDTHS[ord(letter) - 32] if " " <= letter <= "~" else _OTHER_WIDTH


class _Writer:
    """Places lines from the top, and goes on on the next page."""

    def __init__(self) -> None:
        self.pages: list[list[str]] = [[]]
        self._y = _HEIGHT - _MARGIN

    def text(self, text: str, *, size: int = _SIZE) -> None:
        self.row(((_MARGIN, text, False),), size=size)

    def row(self, cells: Iterable[tuple[float, str, bool]], *, size: int = _SIZE, is_bold: bool = False) -> None:
        """Texts beside each other: where each begins, or with True ends."""
        self._y -= max(_LEADING, size + 4)
        if self._y < _MARGIN:
            self.pages.append([])
            self._y = _HEIGHT - _MARGIN - _LEADING
        font = "F2" if is_bold else "F1"
        for x, text, is_right in cells:
            left = x - width_of(text, size) if is_right else x
            self.pages[-1].append(f"BT /{font} {size} Tf {left:.2f} {self._y:.2f} Td ({_escaped(text)}) Tj ET")

    def space(self, lines: int = 1) -> None:
        self._y -= lines * _LEADING

    def rule(self) -> None:
        self._y -= 4
        self.pages[-1].append(f"0.5 w {_MARGIN} {self._y:.2f} m {_WIDTH - _MARGIN} {self._y:.2f} l S")


def _cells(texts: Sequence[str], figures: int) -> list[tuple[float, str, bool]]:
    first_figure = len(texts) - figures
    return [(_COLUMNS[number], text, number >= first_figure) for number, text in enumerate(texts)]


def _table_row(writer: _Writer, texts: Sequence[str], figures: int) -> None:
    kinds = wrapped(texts[0], _KIND_WIDTH) or [""]
    longs = wrapped(texts[1], _LONG_WIDTH) or [""]
    for number in range(max(len(kinds), len(longs))):
        kind = kinds[number] if number < len(kinds) else ""
        long = longs[number] if number < len(longs) else ""
        rest = texts[2:] if number == 0 else ("",) * (len(texts) - 2)
        writer.row(_cells((kind, long, *rest), figures))


def _escaped(text: str) -> str:
    """A string of a PDF: bytes of Windows-1252, written as characters of Latin-1 until the file is put together."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    raw = printable.encode("cp1252", "replace").decode("latin-1")
    return raw.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _file(pages: Sequence[Sequence[str]], title: str) -> bytes:
    """Catalogue, pages, fonts and contents, with the table of where they begin."""
    first = 5  # after catalogue, pages and the two fonts
    numbers = [first + 2 * index for index in range(len(pages))]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        font.format(name="Helvetica").encode(),
        font.format(name="Helvetica-Bold").encode(),
    ]
    for number, content in zip(numbers, pages, strict=True):
        box = f"/MediaBox [0 0 {_WIDTH} {_HEIGHT}] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R {box} /Contents {number + 1} 0 R >>".encode())
        packed = zlib.compress("\n".join(content).encode("latin-1"))
        objects.append(f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode() + packed + b"\nendstream")
    objects.append(f"<< /Title ({_escaped(title)}) >>".encode("latin-1"))
    out, starts = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, start=1):
        starts.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{start:010} 00000 n \n" for start in starts)
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return bytes(out + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode())
