"""Reports as files: CSV, of detailed reports as they are read, and XLSX, written to the disk before it is sent.

What is read is read in short pieces, and nothing is written while a transaction is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any, Final, TypeVar

from harbor.kernel.bounds import KIB
from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Invalid, Unavailable
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.products.harvest_timesheets.pages.acting import as_user
from harbor.products.harvest_timesheets.pages.report_parts import FILE, Asked
from harbor.products.harvest_timesheets.reports import csv_file, detailed, detailed_sheets, making, summaries, xlsx_file
from harbor.products.harvest_timesheets.reports.detailed import Head
from harbor.products.harvest_timesheets.reports.question import Kind, Question
from harbor.products.harvest_timesheets.reports.sheets import Column, Line
from harbor.products.harvest_timesheets.reports.wanted import Cursor, Ledger

T = TypeVar("T")
# A minute of reading; whoever wants more asks for several spans.
CSV_ROWS_MAX: Final = 1_000_000
_AT_ONCE: Final = 2_000
_CHUNK_BYTES: Final = 256 * KIB
# Each takes most of a core while it is written.
_WRITERS_MAX: Final = 2
_RETRY_AFTER_S: Final = 5


class FileAsked(Asked, kw_only=True):
    """A report and the form of its file."""

    kind: str = Kind.TIME.value
    form: str = "csv"


@dataclass(slots=True)
class Desk:
    """How many XLSX files are being written."""

    busy: int = 0
    most: int = field(default=_WRITERS_MAX)


@dataclass(frozen=True, slots=True)
class Listing:
    """A detailed report that is to be written."""

    asked: Question
    ledger: Ledger
    heads: Sequence[Head]
    columns: Sequence[Column]


def routes() -> tuple[Route, ...]:
    """The route of files, with what it keeps of those that are being written."""
    desk = Desk()

    async def file(stage: RawStage, services: Services, query: FileAsked) -> Reply | Stream:  # noqa: ARG001
        """A report as a file."""
        made = await stage.read(lambda call, supply: _begin(call, supply["query"]), long=True)
        form, name = made[0].form, summaries.name_of(made[1])
        if isinstance(made[2], Listing):
            if form == "csv":
                return Stream(200, _headers(name, form), _csv_of(stage, made[2]))
            return await _written(desk, services, name, _pieces(stage, made[2]), made[1], made[2].columns)
        columns, lines = made[2].columns, list(made[2].lines)
        if form == "csv":
            body = await asyncio.to_thread(lambda: csv_file.head(columns) + csv_file.body(columns, lines))
            headers = _headers(name, form)
            return Reply(200, body, headers, headers.pop("Content-Type"))
        return await _written(desk, services, name, _once(lines), made[1], columns)

    return (Route("harvest.reports.file", "GET", FILE, file, raw=True, read="long"),)


def _begin(call: Call, query: FileAsked) -> tuple[FileAsked, Question, Any]:
    """What is asked for, checked and counted. Raises `Invalid` for too many rows."""
    acting = _acting(call)
    kind = next((each for each in Kind if each.value == query.kind), None)
    if kind is None:
        raise Invalid(f"kind must be one of {', '.join(Kind)}.", field="kind")
    if query.form not in ("csv", "xlsx"):
        raise Invalid("form must be csv or xlsx.", field="form")
    asked = query.question(acting, kind)
    if kind.ledger is None:
        return query, asked, making.sheet(acting, asked)
    heads, whole = detailed.heads(acting, kind.ledger, asked.wanted, asked.subject)
    most = CSV_ROWS_MAX if query.form == "csv" else xlsx_file.ROWS_MAX
    if whole.entries > most:
        way = "choose a shorter span" if query.form == "csv" else "choose a shorter span, or CSV"
        raise Invalid(
            f"This report has {whole.entries:,} rows, and a {query.form.upper()} file takes at most {most:,}; {way}.",
            code="report_too_long",
        )
    return query, asked, Listing(asked, kind.ledger, heads, detailed_sheets.columns_of(acting, kind.ledger))


def _acting(call: Call) -> Call:
    acting = as_user(call)
    if acting is None:
        raise Denied("You are in no account of Harvest here.")
    return acting


async def _pieces(stage: RawStage, listing: Listing) -> AsyncIterator[list[Line]]:
    """All lines, some at a time, each in a read of its own: who signs out or loses a right gets no more of them."""
    after: Cursor | None = None
    while True:

        def read(call: Call, _supply: dict[str, Any], after: Cursor | None = after) -> tuple[list[Line], Cursor | None]:
            acting, asked = _acting(call), listing.asked
            groups = None if asked.subject is None else (asked.subject, listing.heads)
            part = detailed.part(acting, listing.ledger, asked.wanted, groups, after, _AT_ONCE)
            rows = [row for _, row in part.rows]
            fees = asked.includes_fixed_fee
            return detailed_sheets.lines_of(acting, listing.ledger, rows, includes_fixed_fee=fees), part.next

        lines, after = await stage.read(read, long=True)
        yield lines
        if after is None:
            return


async def _csv_of(stage: RawStage, listing: Listing) -> AsyncIterator[bytes]:
    yield csv_file.head(listing.columns)
    async for lines in _pieces(stage, listing):
        yield await asyncio.to_thread(csv_file.body, listing.columns, lines)


async def _once(lines: list[Line]) -> AsyncIterator[list[Line]]:
    yield lines


async def _written(
    desk: Desk,
    services: Services,
    name: str,
    pieces: AsyncIterator[list[Line]],
    asked: Question,
    columns: Sequence[Column],
) -> Stream:
    """An XLSX file out of lines. Raises `Unavailable` while others are being written, and `Invalid` for too many lines."""
    if desk.busy >= desk.most:
        raise Unavailable(
            "Other files are being written; ask again in a moment.", code="files_busy", retry_after_s=_RETRY_AFTER_S
        )
    desk.busy += 1
    directory = services.budget.directory
    file: IO[bytes] = await asyncio.to_thread(lambda: TemporaryFile(dir=directory))  # noqa: SIM115 - `_sent` ends it
    try:
        book = await asyncio.to_thread(xlsx_file.XlsxFile, file, directory, summaries.title_of(asked), columns)
        try:
            async for lines in pieces:
                try:
                    await asyncio.to_thread(book.write, lines)
                except ValueError as error:  # entries have come since they were counted
                    raise Invalid(f"This report is too long: {error}.", code="report_too_long") from None
        finally:
            await asyncio.to_thread(book.close)  # its own files go with it
    except BaseException:
        file.close()
        raise
    finally:
        desk.busy -= 1
    return Stream(200, _headers(name, "xlsx"), _sent(file))


async def _sent(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        await asyncio.to_thread(file.seek, 0)
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield chunk
    finally:
        file.close()


def _headers(name: str, form: str) -> dict[str, str]:
    kind = csv_file.MEDIA_TYPE if form == "csv" else xlsx_file.MEDIA_TYPE
    return {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Content-Type": kind}


ROUTES: tuple[Route, ...] = routes()
