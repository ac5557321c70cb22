"""The export on the wire: an operation of ours. Source: docs/products/harvest.md#exports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from typing import Any

from harbor.kernel.blobs import Blobs
from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import Query
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.exporting.archive import MEDIA_TYPE, Form, written
from harbor.products.harvest_timesheets.exporting.lists import Read

Acting = Callable[[Call], Call]


class AskExport(Query, kw_only=True):
    """How lists are written: `jsonl`, a line of JSON for each thing, or `csv`."""

    format: str = Form.JSONL.value


def to_export(call: Call) -> None:
    """Whether the caller may take everything out. Raises `Denied`."""
    access.require_administrator(call, "export")


async def download(
    request: Request,
    services: Services,
    stage: RawStage,
    query: AskExport,  # noqa: ARG001 (read again in each part, with the caller)
) -> Reply | Stream:
    """Everything of the account as one archive."""
    return await archive(request, services, stage, lambda call: call)


async def archive(request: Request, services: Services, stage: RawStage, acting: Acting) -> Reply | Stream:
    """The archive, read as whoever `acting` makes of the caller: each part in a read of its own.

    Who loses the right meanwhile gets no more of it.
    """

    def begin(call: Call, supply: dict[str, Any]) -> tuple[str, Form, datetime]:
        mine = acting(call)
        to_export(mine)
        return mine.account_id, _form(supply["query"].format), call.tx.now

    account_id, form, now = await stage.read(begin)
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Disposition": f'attachment; filename="harvest-{date.today():%Y-%m-%d}.zip"',  # noqa: DTZ011 (a name)
    }
    if request.method == "HEAD":
        return Reply(200, b"", headers, MEDIA_TYPE)
    blobs: Blobs = services.tools["blobs"]
    return Stream(200, headers, _pieces(_reading(stage, acting), blobs, account_id, form, now))


def _reading(stage: RawStage, acting: Acting) -> Read:
    def read(act: Callable[[Call], Any]) -> Any:
        def as_allowed(call: Call, _supply: dict[str, Any]) -> Any:
            mine = acting(call)
            to_export(mine)
            return act(mine)

        return stage.read(as_allowed, long=True)

    return read


async def _pieces(read: Read, blobs: Blobs, account_id: str, form: Form, now: datetime) -> AsyncIterator[bytes]:
    # An archive knows years from 1980 on.
    moment = max(now.astimezone(UTC), datetime(1980, 1, 1, tzinfo=UTC))
    async for piece in written(read, blobs, account_id, form, moment):
        if piece:
            yield piece


def _form(text: str) -> Form:
    try:
        return Form(text)
    except ValueError:
        raise Invalid(f"Format must be one of {', '.join(Form)}", field="format") from None


ROUTES = (
    Route(
        "export.download",
        "GET",
        "/v2/export.zip",
        download,
        raw=True,
        read="long",
        summary="Download everything of the account",
        tags=("Export",),
        reply=MEDIA_TYPE,
    ),
)
