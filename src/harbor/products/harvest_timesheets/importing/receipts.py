"""Receipts of imported expenses: fetched and kept as bytes before the transaction that names them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from harbor.kernel.blobs import Blobs
from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.multipart import Upload
from harbor.products.harvest_timesheets.expenses.receipt_types import RECEIPT_BYTES_MAX, check
from harbor.products.harvest_timesheets.importing import rows_store
from harbor.products.harvest_timesheets.importing.model import Problem
from harbor.products.harvest_timesheets.importing.source import NoReceipt, Source
from harbor.products.harvest_timesheets.importing.taking import Taken, plain
from harbor.products.harvest_timesheets.importing.work_records import ExpenseRecord, ReceiptRecord

_COLUMNS = ("receipt_key", "receipt_name", "receipt_bytes", "receipt_type")


@dataclass(slots=True)
class Fetched:
    """Receipts by expense, as columns; and why some could not be had."""

    kept: dict[int, Mapping[str, object]] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)


async def fetch(
    source: Source, blobs: Blobs, account_id: str, found: Taken, have: Mapping[int, tuple[str, int]]
) -> Fetched:
    """The receipts of a page, but those that are here by name and size. One at a time is in memory."""
    fetched = Fetched()
    for id_, record in found.records.items():
        assert isinstance(record, ExpenseRecord)
        receipt = record.receipt
        if receipt is None or have.get(id_) == (receipt.file_name, receipt.file_size):
            continue
        try:
            fetched.kept[id_] = await _one(source, blobs, account_id, receipt)
        except (NoReceipt, Invalid) as why:
            fetched.failed[id_] = str(why)
    return fetched


def have(call: Call, ids: list[int]) -> dict[int, tuple[str, int]]:
    """The receipts that are here: name and size by expense."""
    rows = rows_store.stored(call.tx, "harvest_expenses", call.account_id, ids, fixed={})
    return {row["id"]: (row["receipt_name"], row["receipt_bytes"]) for row in rows if row["receipt_key"] is not None}


def write(call: Call, found: Taken, fetched: Fetched) -> None:
    """Give expenses that are here what was fetched, and take away what the source has no more. Adds to the page's problems."""
    own = have(call, list(found.rows))
    for id_ in found.rows:
        if id_ in fetched.kept:
            rows_store.set_receipt(call.tx, call.account_id, id_, fetched.kept[id_])
        elif id_ in own and found.records[id_].receipt is None:
            rows_store.set_receipt(call.tx, call.account_id, id_, None)
        if id_ in fetched.failed:
            what = f"is here without its receipt: {plain(fetched.failed[id_])}"
            found.problems.append(Problem(phase="copy", resource="expenses", thing=str(id_), what=what))


async def _one(source: Source, blobs: Blobs, account_id: str, receipt: ReceiptRecord) -> Mapping[str, object]:
    content = await source.receipt(receipt.url, RECEIPT_BYTES_MAX)
    checked = await asyncio.to_thread(check, Upload(file_name=receipt.file_name, content_type="", data=content))
    blob = await asyncio.to_thread(blobs.put, account_id, checked.data)
    return dict(zip(_COLUMNS, (blob.key, checked.file_name, blob.size_bytes, checked.content_type), strict=True))
