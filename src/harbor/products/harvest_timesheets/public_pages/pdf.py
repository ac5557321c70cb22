"""A document as a PDF, set by Typst with its own fonts and those of the machine."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from harbor.kernel.errors import Unavailable
from harbor.products.harvest_timesheets.public_pages.model import Document, Picture, Table

log = structlog.get_logger("harbor.harvest.pdf")

_PROGRAM: Final = Path(__file__).parent / "typesetting.py"
_AT_ONCE, _WAITING_MAX = 2, 32
_SECONDS_MAX: Final = 20.0
# A word longer than any column may be broken after each of so many letters.
_LONG_WORD: Final = re.compile(r"\S{24,}")
_PIECE: Final = re.compile(r"(\S{12})(?=\S)")
_BREAK: Final = "\u200b"
_LOGO_WIDTH_MM, _LOGO_HEIGHT_MM = 60.0, 22.0


class Unprintable(Unavailable):
    """A document that cannot be made, now or later."""


class Press:
    """Sets a few documents at once, each in a process of its own. Measured: 0.2 s for a page, 0.8 s for 1,000 lines."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="press")
        self._under_way = 0

    async def pdf(self, document: Document) -> bytes:
        """The file. Raises `Unavailable` where too many wait, and for a document that takes too much."""
        if self._under_way >= _AT_ONCE + _WAITING_MAX:
            raise Unavailable("Many documents are being made; ask again in a moment.", retry_after_s=5)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, typeset, document)
        finally:
            self._under_way -= 1


PRESS: Final = Press()


def typeset(document: Document) -> bytes:
    """The file, made while the caller waits."""
    command = [sys.executable, "-I", str(_PROGRAM)]
    try:
        ended = subprocess.run(
            command, input=msgspec.json.encode(_told(document)), capture_output=True, timeout=_SECONDS_MAX, env={}
        )
    except subprocess.TimeoutExpired as late:
        raise Unprintable("This document takes too long to make; look at its page instead.") from late
    if ended.returncode != 0:
        log.warning("typesetting_failed", status=ended.returncode, said=ended.stderr[-500:].decode("utf-8", "replace"))
        raise Unprintable("This document could not be made; look at its page instead.")
    return ended.stdout


def _told(document: Document) -> dict[str, Any]:
    more = document.more
    return {
        "title": _shown(document.title),
        "company": _shown(document.company),
        "client": _shown(document.client),
        "facts": [(name, _shown(value)) for name, value in document.facts],
        "table": _table(document.table),
        "sums": document.sums,
        "notes": _shown(document.notes),
        "colour": document.colour,
        "more": None if more is None else {"title": more[0], **_table(more[1])},
        "logo": None if document.picture is None else _logo(document.picture),
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "headings": table.headings,
        "figures": table.figures,
        "rows": [[_shown(cell) for cell in row] for row in table.rows],
    }


def _logo(picture: Picture) -> dict[str, Any]:
    """The picture with the width at which it fits the head of a page."""
    scale = min(_LOGO_WIDTH_MM / picture.width, _LOGO_HEIGHT_MM / picture.height)
    return {
        "data": b64encode(picture.data).decode(),
        "ending": picture.content_type.partition("/")[2],
        "width_mm": round(picture.width * scale, 2),
    }


def _shown(text: str) -> str:
    """A text without control characters, whose longest words may be broken."""
    printable = "".join(each if each.isprintable() or each == "\n" else " " for each in text.replace("\r", ""))
    return _LONG_WORD.sub(lambda word: _PIECE.sub(rf"\1{_BREAK}", word[0]), printable)
