"""Imports of CSV on the wire: operations of ours. Source: docs/products/harvest.md#imports."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import Any, TypedDict

from harbor.kernel.bounds import MIB
from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.multipart import Upload
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.importing import csv_service as service
from harbor.products.harvest_timesheets.importing import service as imports
from harbor.products.harvest_timesheets.importing.csv_model import CsvImport
from harbor.products.harvest_timesheets.importing.csv_reading import BYTES_MAX, text_of
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.sentences import BLANK, problem

BODY_BYTES_MAX = BYTES_MAX + MIB


class LineBody(TypedDict):
    """What is wrong with a row, by its line in the file."""

    line: int
    problem: str


class CsvImportBody(TypedDict):
    """An import of CSV as it is shown. With `dry_run` nothing is written."""

    id: int
    state: str
    error: str | None
    kind: str
    file_name: str
    dry_run: bool
    create_missing: bool
    rows: int
    written: int
    there_before: int
    left_out: int
    created: dict[str, int]
    created_at: datetime
    finished_at: datetime | None


class CsvReportBody(CsvImportBody):
    """An import with what is wrong with its rows, the first thousand."""

    lines: list[LineBody]


class AddCsvImport(OpenBody, kw_only=True):
    """A file of rows, as a part of a multipart body. `kind` is `time_entries` or `expenses`."""

    kind: str
    file: Upload | None = None
    dry_run: bool = False
    create_missing: bool = False


async def keep(value: object, request: Request, services: Services) -> service.Read | Invalid:
    """Read the file of a request, outside the transaction; a refusal is raised after the caller was looked at.

    Sixteen megabytes are read for administrators alone.
    """
    principal = request.principal
    assert principal is not None, request.route_name
    await services.database.read(lambda tx: imports.to_import(services.call(tx, principal)))
    given: Any = value if isinstance(value, dict) else {}
    return await read(given.get("file"), str(given.get("kind")), request, services)


async def read(upload: object, kind: str, request: Request, services: Services) -> service.Read | Invalid:
    """The rows of a file, or what is wrong with it."""
    assert request.principal is not None, request.route_name
    if not isinstance(upload, Upload) or not upload.data:
        return problem("file", BLANK)
    principal = request.principal
    form = await services.database.read(lambda tx: company.of(services.call(tx, principal)).date_format)
    try:
        known = service.kind_of(kind)
        return await asyncio.to_thread(lambda: service.read(text_of(upload.data), known, form))
    except Invalid as refusal:
        return refusal


def taken(prepared: service.Read | Invalid) -> service.Read:
    """The rows. Raises what was wrong with the file."""
    if isinstance(prepared, Invalid):
        raise prepared
    return prepared


def index(call: Call, page: PageRequest) -> Listed[CsvImport]:
    """Imports, newest first."""
    return service.listed(call, page)


def create(call: Call, body: AddCsvImport, prepared: service.Read | Invalid) -> Created[CsvImport]:
    """Begin an import."""
    made = service.start(
        call,
        taken(prepared),
        kind=service.kind_of(body.kind),
        file_name=body.file.file_name if body.file else "",
        is_dry=body.dry_run,
        makes_missing=body.create_missing,
    )
    return Created(made)


def retrieve(place: Place) -> CsvImport:
    """One import."""
    found: CsvImport = place.thing
    return found


def show(each: CsvImport) -> CsvImportBody:
    """The fields of an import."""
    return {
        "id": each.id,
        "state": each.state.value,
        "error": each.error,
        "kind": each.kind.value,
        "file_name": each.file_name,
        "dry_run": each.is_dry,
        "create_missing": each.makes_missing,
        "rows": each.total,
        "written": each.came,
        "there_before": each.same,
        "left_out": each.wrong,
        "created": dict(each.made),
        "created_at": wire.whole(each.created_at),
        "finished_at": wire.whole_or_none(each.finished_at),
    }


def show_whole(each: CsvImport, call: Call) -> CsvReportBody:
    """The fields of an import, with what is wrong with its rows."""
    lines: list[LineBody] = [{"line": int(one.thing), "problem": one.what} for one in service.problems(call, each)]
    return {**show(each), "lines": lines}


_ALL, _ONE, _TAGS = "/v2/csv_imports", "/v2/csv_imports/{import_id}", ("Imports",)
_route = partial(Route, tags=_TAGS)
ROUTES = (
    _route(
        "csv_imports.list",
        "GET",
        _ALL,
        index,
        show=show,
        key="csv_imports",
        paged=True,
        locate=at(imports.to_import),
        summary="List imports of CSV",
    ),
    _route(
        "csv_imports.create",
        "POST",
        _ALL,
        create,
        show=show,
        status=201,
        locate=at(imports.to_import),
        writes=True,
        prepare=keep,
        body_bytes_max=BODY_BYTES_MAX,
        summary="Import time or expenses from CSV",
    ),
    _route(
        "csv_imports.retrieve",
        "GET",
        _ONE,
        retrieve,
        show=show_whole,
        locate=at(service.find, "import_id"),
        summary="Retrieve an import of CSV, with what is wrong with its rows",
    ),
)
