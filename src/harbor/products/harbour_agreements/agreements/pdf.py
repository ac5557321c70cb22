"""The gate for uploaded PDFs: whole, open, without anything that runs. Pure.

It reads what the file says of itself and unpacks object streams, within bounds; it does not lay out pages. What looks like an
action counts wherever it stands, in streams and texts as well, because a table of places may lead readers there. Source:
docs/products/harbour.md#agreements.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Final

from harbor.kernel.errors import Invalid
from harbor.products.harbour_agreements.refusals import Problem, invalid

BYTES_MAX: Final = 25 * 1024**2
PAGES_MAX: Final = 2_000
# What is not the content of a page, packed or not, is small: more of it is a bomb, or keeps a server busy.
_STRUCTURE_BYTES_MAX: Final = 8 * 1024**2
_STREAMS_MAX: Final = 50_000
# Texts and comments outside streams, and parentheses in them.
_MARKS_MAX: Final = 500_000
_HEAD_BYTES = _TAIL_BYTES = 1_024


def _named(*names: str) -> str:
    """Any of some names, each letter as it is or escaped as `#4A`."""
    spelled = ["".join(f"(?:{letter}|#(?i:{ord(letter):02x}))" for letter in name) for name in names]
    return f"/({'|'.join(spelled)})(?![A-Za-z0-9])"


_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_PAGE = re.compile(rb"/Type\s{0,20}/Page(?![A-Za-z0-9])")
_ENCRYPTED = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
_ACTIVE = re.compile(
    rb"/(JavaScript|JS|Launch|RichMedia|XFA|EmbeddedFiles?|SubmitForm|ImportData|Rendition|GoToE)(?![A-Za-z0-9])"
)
_ACTIONS = _named("JavaScript", "Launch", "SubmitForm", "ImportData", "Rendition", "GoToE")
_ACTION = re.compile((r"/(?:S|#53)(?:\s|%[^\r\n]{0,200}){0,20}" + _ACTIONS).encode())
_OBJECT_STREAM = re.compile(_named("ObjStm").encode())
# No other stream has the key First, and some readers ask for no type.
_LIKE_OBJECTS = re.compile(rb"/(?:ObjStm|First)(?![A-Za-z0-9])")
_FILTER = re.compile(rb"/Filter(?![A-Za-z0-9])\s{0,20}(\[\s{0,20}/[A-Za-z0-9]+\s{0,20}\]|/[A-Za-z0-9]+)?")
# What makes of an unpacked object stream something else: predictors, and content that lies in another file.
_ODD = re.compile(rb"/(?:DecodeParms|DP|F|FFilter|FDecodeParms)(?![A-Za-z0-9])")
_MARK = re.compile(rb"%[^\r\n]*|\(|(?<=[>\s])stream(?=\r?\n)")
_IN_TEXT = re.compile(rb"\\.|[()]", re.DOTALL)
_HEAD_OF_OBJECT = re.compile(rb"(?<![0-9])[0-9]{1,10}\s{1,20}[0-9]{1,5}\s{1,20}obj(?![A-Za-z])")


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
    if (active := _ACTIVE.search(structure) or _ACTION.search(content)) is not None:
        name = _unescaped(active[1]).decode()
        raise _refused(path, f"The PDF holds {name}, and nothing may run or lie hidden in what people sign.")
    pages = len(_PAGE.findall(structure))
    if not 1 <= pages <= PAGES_MAX:
        raise _refused(path, f"A PDF has 1 to {PAGES_MAX} pages; this one has {pages}.")
    return pages


def _structure(content: bytes, path: str) -> bytes:
    """The file without streams, texts and comments, and what its object streams hold, names unescaped."""
    found, left, object_streams = [], _STRUCTURE_BYTES_MAX, 0
    for about, packed in _streams(content, path):
        found.append(_unescaped(about))
        if packed is None:
            break
        head = _unescaped(_HEAD_OF_OBJECT.split(about)[-1])
        if _LIKE_OBJECTS.search(head):
            object_streams += len(_OBJECT_STREAM.findall(head))
            piece = _unpacked(packed, head, left, path)
            found.append(piece)
            left -= len(piece)
    if len(_OBJECT_STREAM.findall(content)) != object_streams:
        raise _refused(path, "The PDF has an object stream that is not where object streams are.")
    return b"\n".join(found)


def _streams(content: bytes, path: str) -> Iterator[tuple[bytes, bytes | None]]:
    """All before each stream, without texts and comments, and the stream's content; at last what follows them, and None."""
    place, since, left, streams, marks, about = 0, 0, _STRUCTURE_BYTES_MAX, 0, 0, list[bytes]()
    while True:
        mark = _MARK.search(content, place)
        end = len(content) if mark is None else mark.start()
        about.append(content[since:end])
        left -= end - since
        if left < 0:
            raise _refused(path, "The PDF has far more structure than a document has.", "too_long")
        if mark is None:
            yield b"".join(about), None
            return
        marks += 1
        if mark[0] == b"stream":
            ends = content.find(b"endstream", mark.end())
            if ends == -1:
                raise _refused(path, "The PDF is cut off: a stream has no end.")
            streams += 1
            if streams > _STREAMS_MAX:
                raise _refused(path, f"The PDF has more than {_STREAMS_MAX} streams.", "too_many")
            yield b"".join(about), content[mark.end() : ends].removeprefix(b"\r").removeprefix(b"\n")
            place, about = ends + len(b"endstream"), []
        elif mark[0] == b"(":
            place, inner = _end_of_text(content, mark.end(), path, _MARKS_MAX - marks)
            marks += inner
        else:
            place = mark.end()
        if marks > _MARKS_MAX:
            raise _refused(path, "The PDF has far more structure than a document has.", "too_long")
        left -= place - end if mark[0] == b"(" else 0
        about.append(b" ")
        since = place


def _end_of_text(content: bytes, place: int, path: str, marks_max: int) -> tuple[int, int]:
    """Where a text ends that began before `place`, and how many marks it has."""
    depth = 1
    for marks, mark in enumerate(_IN_TEXT.finditer(content, place), 1):
        depth += {b"(": 1, b")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end(), marks
        if marks > marks_max:
            raise _refused(path, "The PDF has far more structure than a document has.", "too_long")
    raise _refused(path, "The PDF is cut off: a text has no end.")


def _unescaped(piece: bytes) -> bytes:
    return _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), piece) if b"#" in piece else piece


def _unpacked(data: bytes, head: bytes, bytes_max: int, path: str) -> bytes:
    said = _FILTER.findall(head)
    if _ODD.search(head) or len(said) > 1 or (said and said[0].strip(b"[] \t\r\n") not in (b"/FlateDecode", b"/Fl")):
        raise _refused(path, "The PDF packs its structure in a way that is not read here.")
    if said:
        unpacker = zlib.decompressobj()
        try:
            data = unpacker.decompress(data, bytes_max + 1)
        except zlib.error:
            raise _refused(path, "The PDF is damaged: its structure cannot be unpacked.") from None
        # What looks like the end of the stream may stand in the middle of it.
        if not unpacker.eof and len(data) <= bytes_max:
            raise _refused(path, "The PDF is damaged: its structure is not whole.")
    if len(data) > bytes_max:
        raise _refused(path, "The PDF has far more structure than a document has.", "too_long")
    return _unescaped(data)


def _refused(path: str, message: str, code: str = "custom") -> Invalid:
    return invalid(Problem(path, code, message))
