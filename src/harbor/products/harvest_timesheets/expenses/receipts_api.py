"""Receipts on the wire: kept before the transaction that names them, given to those who may see the expense.

A receipt that is replaced or removed stays as bytes that no row names, and the sweep of blobs takes it.
Source: docs/products/harvest.md#receipts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import quote

from harbor.kernel.blobs import Blobs
from harbor.kernel.bounds import KIB
from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid, Missing
from harbor.kernel.http.multipart import Upload
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.products.harvest_timesheets.expenses import reading
from harbor.products.harvest_timesheets.expenses.model import Expense, Receipt
from harbor.products.harvest_timesheets.expenses.receipt_types import check
from harbor.products.harvest_timesheets.places import at

_PIECE_BYTES = 256 * KIB


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the file of a request: kept, refused, or there was none."""

    receipt: Receipt | None = None
    refusal: Invalid | None = None

    def taken(self) -> Receipt | None:
        """The receipt, if one came. Raises the refusal: after expense and role were looked at, as everything wrong."""
        if self.refusal is not None:
            raise self.refusal
        return self.receipt


async def keep(value: object, request: Request, services: Services) -> Kept:
    """Look at the file of a request and keep it, outside the transaction."""
    upload = value.get("receipt") if isinstance(value, dict) else None
    return await keep_upload(upload if isinstance(upload, Upload) else None, request, services)


async def keep_upload(upload: Upload | None, request: Request, services: Services) -> Kept:
    """Look at a file and keep it, for the account that the request is about."""
    if upload is None or not (upload.data or upload.file_name):
        return Kept()
    try:
        checked = await asyncio.to_thread(check, upload)
    except Invalid as refusal:
        return Kept(refusal=refusal)
    assert request.principal is not None, request.route_name
    blobs: Blobs = services.tools["blobs"]
    blob = await asyncio.to_thread(blobs.put, request.principal.account_id, checked.data)
    return Kept(
        Receipt(
            key=blob.key,
            file_name=checked.file_name,
            size_bytes=blob.size_bytes,
            content_type=checked.content_type,
        )
    )


def address(expense: Expense, call: Call) -> str:
    """Where the receipt of an expense is given."""
    return f"{call.base_url}/expenses/{expense.id}/receipt"


async def download(request: Request, services: Services, stage: RawStage) -> Stream:
    """The receipt of an expense."""

    def look(_call: Call, supply: dict[str, Any]) -> Expense:
        expense: Expense = supply["place"].thing
        return expense

    return await send(await stage.read(look), request, services)


async def send(expense: Expense, request: Request, services: Services) -> Stream:
    """The receipt as a file to save: what somebody uploaded is never shown as a page of ours. Raises `Missing`."""
    receipt = expense.receipt
    if receipt is None:
        raise Missing(f"Expense {expense.id} has no receipt.")
    blobs: Blobs = services.tools["blobs"]
    file = await asyncio.to_thread(blobs.open, expense.account_id, receipt.key)
    headers = {
        "Content-Type": receipt.content_type,
        "Content-Length": str(receipt.size_bytes),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(receipt.file_name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    if request.method == "HEAD":  # nobody would read on, and a generator that never began closes nothing
        await asyncio.to_thread(file.close)
    return Stream(200, headers, _read(file))


async def _read(file: BinaryIO) -> AsyncIterator[bytes]:
    try:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece
    finally:
        file.close()


ROUTES = (
    Route(
        "expenses.receipt",
        "GET",
        "/expenses/{expense_id}/receipt",
        download,
        raw=True,
        locate=at(reading.to_read, "expense_id"),
        summary="Download the receipt of an expense",
        tags=("Expenses",),
        reply="application/octet-stream",
    ),
)
