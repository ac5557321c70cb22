"""The rows of a text on their way into the store: parsed part by part before the request's transaction.

A text may be as large as a body. What is more than some parts goes into the store ahead, in steps of the background; the
rest goes with the transaction that starts the job. Parts of a request that was refused then are removed later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from harbor.kernel.bounds import MIB
from harbor.kernel.errors import HarborError, Invalid
from harbor.kernel.storage.database import Database, Lane, Tx
from harbor.products.harper_tables.jobs_ops import store
from harbor.products.harper_tables.jobs_ops.csv_reading import lines_of, sheet
from harbor.products.harper_tables.jobs_ops.csv_rules import Unreadable
from harbor.products.harper_tables.jobs_ops.model import PART_ROWS

# A step of the background, and what the transaction that starts the job takes at most.
STEP_BYTES: Final = MIB
_PART_BYTES: Final = MIB // 4
# What a cell costs beside its text, when it is written as JSON.
_CELL_BYTES: Final = 3

Parts = list[list[list[str]]]
May = Callable[[Tx, Sequence[str]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Rows as they were read before the transaction: `parts` are those not yet in the store, numbered from `first_part`.

    Or what the job says is wrong with them (`fault`), or what the request is refused with.
    """

    job_id: str = ""
    columns: Sequence[str] = ()
    total: int = 0
    parts: Sequence[store.Part] = ()
    first_part: int = 0
    fault: str = ""
    refusal: Invalid | None = None


async def bring(text: str, database: Database, account_id: str, may: May) -> Brought:
    """The rows of a text. `may` raises, or gives a refusal, for columns that the caller may not write."""
    job_id = str(uuid4())
    first = total = 0
    try:
        columns, rows = await asyncio.to_thread(lambda: sheet(lines_of(text)))
        parts = _parts(rows)
        while True:
            some, is_end, count = await asyncio.to_thread(_some, parts)
            total += count
            if is_end:
                return Brought(job_id=job_id, columns=columns, total=total, parts=some, first_part=first)
            if first == 0 and await is_refused(database, columns, may):
                return Brought(job_id=job_id, columns=columns)
            await _put(database, account_id, job_id, first, some)
            first += len(some)
    except Unreadable as error:
        return Brought(job_id=job_id, fault=str(error))


async def _put(database: Database, account_id: str, job_id: str, first: int, parts: Parts) -> None:
    def put(tx: Tx) -> None:
        store.insert_input(tx, account_id, job_id)
        store.insert_parts(tx, account_id, job_id, first, parts)

    await database.write(put, lane=Lane.BACKGROUND)


async def is_refused(database: Database, columns: Sequence[str], may: May) -> bool:
    """Whether the request will be refused; then nothing of it goes into the store, and its transaction says why."""
    try:
        return await database.read(lambda tx: may(tx, columns)) is not None
    except HarborError:
        return True


def _parts(rows: Iterator[list[str]]) -> Iterator[tuple[list[list[str]], int]]:
    """Parts of some hundred rows, or fewer large ones, each with its size."""
    part, size = list[list[str]](), 0
    for cells in rows:
        part.append(cells)
        size += sum(map(len, cells)) + _CELL_BYTES * len(cells)
        if len(part) == PART_ROWS or size >= _PART_BYTES:
            yield part, size
            part, size = [], 0
    if part:
        yield part, size


def _some(parts: Iterator[tuple[list[list[str]], int]]) -> tuple[Parts, bool, int]:
    """Parts for one step, whether they are the last, and how many rows they hold."""
    some: Parts = []
    size = 0
    for part, part_size in parts:
        some.append(part)
        size += part_size
        if size >= STEP_BYTES:
            return some, False, sum(map(len, some))
    return some, True, sum(map(len, some))
