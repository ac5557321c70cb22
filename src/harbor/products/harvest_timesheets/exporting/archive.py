"""The archive: a ZIP that is written while it is sent, with a file for each list, the receipts, and at the end a manifest.

Whoever finds no manifest has half of an archive. Source: docs/products/harvest.md#exports.
"""

from __future__ import annotations

import asyncio
import csv
import re
import zipfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from io import StringIO
from typing import Any, Final

import msgspec

from harbor.kernel.blobs import Blobs
from harbor.kernel.bounds import KIB
from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.products.harvest_timesheets.company import api as company_api
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.exporting import store
from harbor.products.harvest_timesheets.exporting.lists import LISTS, Read, parts
from harbor.products.harvest_timesheets.reports.csv_file import as_text

MANIFEST: Final = "manifest.json"
MEDIA_TYPE: Final = "application/zip"
_SENT_BYTES: Final = 64 * KIB
_PIECE_BYTES: Final = 256 * KIB
_RECEIPTS_AT_ONCE: Final = 100
_NAME_LENGTH_MAX: Final = 100
_UNSAFE: Final = re.compile(r"[^\w.-]+")
_encoder = msgspec.json.Encoder(decimal_format="number")


class Form(StrEnum):
    """How a list is written: a line of JSON for each thing, or a table in which inner objects are JSON."""

    JSONL = "jsonl"
    CSV = "csv"


class _Sink:
    """Takes what the archive writes until it is sent on. It cannot be sought in, so the archive never looks back."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """What waits is still to be taken."""

    def __len__(self) -> int:
        return len(self._waiting)

    def taken(self) -> bytes:
        found = bytes(self._waiting)
        self._waiting.clear()
        return found


async def written(read: Read, blobs: Blobs, account_id: str, form: Form, now: datetime) -> AsyncIterator[bytes]:
    """The archive in pieces. At most one part of a list or one piece of a receipt is in memory."""
    sink = _Sink()
    counts: dict[str, int] = {}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        shown = await read(_company)
        await asyncio.to_thread(archive.writestr, _info("company.json", now), _encoder.encode(shown) + b"\n")
        for each in LISTS:
            counts[each.name] = 0
            with archive.open(_info(f"{each.name}.{form}", now), "w", force_zip64=True) as entry:
                columns: Sequence[str] | None = None
                async for some in parts(read, each):
                    columns = columns or list(some[0])
                    is_first = not counts[each.name]
                    await asyncio.to_thread(entry.write, _lines(form, some, columns, is_first=is_first))
                    counts[each.name] += len(some)
                    if len(sink) >= _SENT_BYTES:
                        yield sink.taken()
        counts["receipts"] = 0
        async for expense_id, key, name in _receipts(read):
            with archive.open(_info(receipt_name(expense_id, name), now), "w", force_zip64=True) as entry:
                async for piece in _pieces(blobs, account_id, key):
                    await asyncio.to_thread(entry.write, piece)
                    yield sink.taken()
            counts["receipts"] += 1
        manifest = {"made_at": now, "company": shown["name"], "form": form.value, "counts": counts, "is_complete": True}
        archive.writestr(_info(MANIFEST, now), _encoder.encode(manifest) + b"\n")
    yield sink.taken()


def receipt_name(expense_id: int, name: str) -> str:
    """Where a receipt lies: a name without folders and without signs that some system reads in its own way."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip("._")[-_NAME_LENGTH_MAX:]
    return f"receipts/{expense_id}-{plain or 'receipt'}"


def _company(call: Call) -> Mapping[str, Any]:
    return company_api.show(company.of(call), call)


async def _receipts(read: Read) -> AsyncIterator[tuple[int, str, str]]:
    after = 0
    while True:

        def take(call: Call, after: int = after) -> list[tuple[int, str, str]]:
            return store.receipts(call.tx, call.account_id, after, limit=_RECEIPTS_AT_ONCE)

        some: list[tuple[int, str, str]] = await read(take)
        for each in some:
            yield each
        if not some:
            return
        after = some[-1][0]


async def _pieces(blobs: Blobs, account_id: str, key: str) -> AsyncIterator[bytes]:
    with suppress(Missing):  # a receipt that is gone leaves an empty file
        file = await asyncio.to_thread(blobs.open, account_id, key)
        try:
            while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
                yield piece
        finally:
            file.close()


def _lines(form: Form, some: Iterable[Mapping[str, Any]], columns: Sequence[str], *, is_first: bool) -> bytes:
    if form is Form.JSONL:
        return b"".join(_encoder.encode(each) + b"\n" for each in some)
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if is_first:
        writer.writerow(columns)
    writer.writerows([_cell(each.get(name)) for name in columns] for each in some)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return as_text(value)
    text = _encoder.encode(value).decode()
    return text[1:-1] if text.startswith('"') else text


def _info(name: str, now: datetime) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name, date_time=now.timetuple()[:6])
    found.compress_type = zipfile.ZIP_DEFLATED
    found.external_attr = 0o600 << 16
    return found
