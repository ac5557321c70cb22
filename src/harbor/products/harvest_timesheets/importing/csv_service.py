"""Starting an import of CSV, and the steps of its job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import uuid4

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid, Missing, TooLarge
from harbor.kernel.jobs import queue
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.importing import csv_store as store
from harbor.products.harvest_timesheets.importing import service
from harbor.products.harvest_timesheets.importing import store as imports
from harbor.products.harvest_timesheets.importing.csv_model import CsvImport
from harbor.products.harvest_timesheets.importing.csv_reading import BYTES_MAX, Kind, Row, rows
from harbor.products.harvest_timesheets.importing.csv_writing import Written, write
from harbor.products.harvest_timesheets.importing.model import PROBLEM_LENGTH_MAX, PROBLEMS_MAX, Problem, State
from harbor.products.harvest_timesheets.importing.taking import plain
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.telling import tell

CSV_IMPORT: Final = "harvest.csv_import"
# A row writes an entry, its sums and an event; so many take a tenth of a second.
PART_ROWS: Final = 100
_NAME_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Read:
    """The rows of a file, in parts as they are kept."""

    parts: Sequence[str]
    total: int


def read(text: str, kind: Kind, date_format: str) -> Read:
    """The rows of a text; needs no storage. Raises `Invalid` and `TooLarge`."""
    if len(text) > BYTES_MAX:
        raise TooLarge(f"The file has more than {BYTES_MAX // 1024**2} MiB. Split it.", field="file")
    parts, total, found = [], 0, rows(text, kind, date_format)
    while some := list(islice(found, PART_ROWS)):
        total += len(some)
        parts.append(msgspec.json.encode(some).decode())
    if not total:
        raise Invalid("There is no row below the names of the columns.", field="file")
    return Read(parts, total)


def kind_of(text: str) -> Kind:
    """What the rows are. Raises `Invalid`."""
    try:
        return Kind(text)
    except ValueError:
        raise Invalid(f"Kind must be one of {', '.join(Kind)}", field="kind") from None


def start(call: Call, read_: Read, *, kind: Kind, file_name: str, is_dry: bool, makes_missing: bool) -> CsvImport:
    """Begin to write the rows; the job goes on after a crash."""
    service.to_import(call)
    each = CsvImport(
        account_id=call.account_id,
        id=call.next_serial("harvest_imports"),
        job_id=str(uuid4()),
        kind=kind,
        file_name=plain(file_name)[:_NAME_LENGTH_MAX],
        user_id=access.me(call).user_id,
        is_dry=is_dry,
        makes_missing=makes_missing,
        state=State.WAITING,
        error=None,
        total=read_.total,
        came=0,
        same=0,
        wrong=0,
        made={},
        created_at=call.tx.now,
        finished_at=None,
    )
    store.insert(call.tx, call.account_id, each, read_.parts)
    queue.enqueue(call.tx, call.account_id, CSV_IMPORT, {"import": each.id}, job_id=each.job_id)
    if not is_dry:
        tell(call, "csv_import.started", each.id, kind=kind.value, rows=each.total)
    return each


def find(call: Call, import_id: int) -> CsvImport:
    """An import of CSV, for administrators. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, import_id)
    service.to_import(call)
    if found is None:
        raise Missing(f"There is no import of CSV {import_id}.")
    return found


def listed(call: Call, page: PageRequest) -> Listed[CsvImport]:
    """Imports of CSV, newest first."""
    service.to_import(call)
    return store.newest_first(call.tx, call.account_id, page)


def problems(call: Call, each: CsvImport) -> list[Problem]:
    """What is wrong with rows, by line."""
    return imports.problems(call.tx, call.account_id, each.id)


class _Undone(Exception):
    """Undoes what a dry run has written."""


def step(call: Call, import_id: int, number: int) -> bool:
    """Write a part; False after the last one, and then the import is done."""
    each = store.find(call.tx, call.account_id, import_id)
    if each is None or not each.is_open:
        return False
    text = store.part(call.tx, call.account_id, import_id, number)
    if text is None:
        store.end(call.tx, call.account_id, import_id, State.DONE)
        if not each.is_dry:
            tell(call, "csv_import.finished", each.id, kind=each.kind.value, came=each.came, wrong=each.wrong)
        return False
    part = msgspec.json.decode(text, type=list[Row])
    written = _tried(call, each, part) if each.is_dry else write(call, each, part)
    for index, (line, why) in enumerate(written.faults):
        if each.wrong + index < PROBLEMS_MAX:
            what = plain(why)[:PROBLEM_LENGTH_MAX]
            store.add_problem(call.tx, call.account_id, import_id, each.wrong + index, line, what)
    made = dict(Counter(each.made) + written.made)
    store.advance(
        call.tx,
        call.account_id,
        import_id,
        came=written.came,
        same=written.same,
        wrong=len(written.faults),
        made=made,
    )
    return True


def fail(call: Call, import_id: int, error: Exception) -> None:
    """Note that an import has ended before its end."""
    text = getattr(error, "message", None) or "Something unexpected happened; the rows counted here are written."
    store.end(call.tx, call.account_id, import_id, State.FAILED, error=text)


def end_lost(call: Call, import_id: int) -> None:
    """End an import whose job is gone; its rows are removed."""
    text = "The process ended while it ran, too often; the rows counted here are written."
    store.end(call.tx, call.account_id, import_id, State.FAILED, error=text)


def _tried(call: Call, each: CsvImport, part: list[Row]) -> Written:
    """What would become of the rows, of which nothing stays."""
    found: list[Written] = []

    def act() -> None:
        found.append(write(call, each, part))
        raise _Undone

    with suppress(_Undone):
        call.tx.attempt(act)
    return found[-1]
