"""Export: everything of the account as one file."""

from __future__ import annotations

from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied
from harbor.kernel.http.page import Html
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.products.harvest_timesheets.exporting import api
from harbor.products.harvest_timesheets.pages.acting import as_user, get
from harbor.products.harvest_timesheets.pages.imports import EXPORT, tabs

_FILE: Final = f"{EXPORT}.zip"


def index(call: Call) -> Html:
    """What the file holds, and the two forms of it."""
    api.to_export(call)
    return Html("export.html", "Export", tabs("export"))


async def file(
    request: Request,
    services: Services,
    stage: RawStage,
    query: api.AskExport,  # noqa: ARG001 (read again in each part, with the caller)
) -> Reply | Stream:
    """The file."""
    return await api.archive(request, services, stage, _acting)


def _acting(call: Call) -> Call:
    acting = as_user(call)
    if acting is None:
        raise Denied("You are in no account of Harvest here.")
    return acting


ROUTES: tuple[Route, ...] = (
    get("harvest.export", EXPORT, index),
    Route("harvest.export.file", "GET", _FILE, file, raw=True, read="long"),
)
