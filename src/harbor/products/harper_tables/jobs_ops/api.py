"""Bulk operations and their jobs on the wire. Source: docs/products/harper.md#jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from harbor.kernel.bounds import MIB
from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.errors import Invalid
from harbor.kernel.http.services import Services
from harbor.kernel.outbound import OutboundClient
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.jobs_ops import service
from harbor.products.harper_tables.jobs_ops.csv_rules import EMPTY, Sheet, Unreadable, parse
from harbor.products.harper_tables.jobs_ops.model import shown
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import documented_500, invalid

_GROUP = "Jobs"
_BYTES_MAX = 16 * MIB
_TIMEOUT_S = 60.0
_MEDIA_TYPES = ("text/csv", "application/octet-stream", "text/plain", "application/vnd.ms-excel")
_HEADERS_MAX = 20
_URL_LENGTH_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Brought:
    """A sheet as it was read before the transaction; or what the job says, or what the request is refused with."""

    sheet: Sheet = EMPTY
    fault: str = ""
    refusal: Invalid | None = None


async def prepare_text(value: object) -> Brought:
    """The sheet of the field `data`."""
    text = value.get("data") if isinstance(value, dict) else None
    return await _read(text) if isinstance(text, str) else Brought()


async def prepare_url(value: object, services: Services) -> Brought:
    """The sheet that lies at the field `csv_url`. Addresses pass the outbound guard, redirects are not followed."""
    fields = Fields(value if isinstance(value, dict) else {})
    url, headers = fields.raw("csv_url"), fields.raw("passthrough_headers") or {}
    if not _is_url(url) or not _are_headers(headers):
        return Brought()
    client = OutboundClient(services.outbound)
    try:
        outcome = await client.request(
            "GET", url, headers=headers, timeout_s=_TIMEOUT_S, read_bytes_max=_BYTES_MAX + 1, kept_bytes_max=_BYTES_MAX
        )
    finally:
        await client.close()
    failed = f"CSV Load failed from URL: {url}"
    if outcome.status != 200:
        return _refused(f"{failed}, status code: {outcome.status or 'none'}, message: {outcome.detail or 'no CSV'}")
    kind = (outcome.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if kind not in _MEDIA_TYPES:
        return _refused(f"{failed}, unsupported content type: {kind or 'none'}")
    if outcome.error is not None or outcome.truncated:
        return _refused(f"{failed}, message: {outcome.detail or f'it has more than {_BYTES_MAX} bytes'}")
    try:
        return await _read(outcome.body.decode())
    except UnicodeDecodeError:
        return Brought(fault="The CSV is not UTF-8.")


def csv_data_load(call: Call, body: Fields, prepared: Brought) -> dict[str, Any]:
    """Write the rows of a CSV text."""
    if not body.has("data"):
        body.refuse("'data' is required", field="data")
    elif not isinstance(body.raw("data"), str):
        body.refuse("'data' must be a string", field="data")
    return _load(call, body, prepared, "csv_data_load")


def csv_url_load(call: Call, body: Fields, prepared: Brought) -> dict[str, Any]:
    """Write the rows of a CSV file elsewhere."""
    if not body.has("csv_url"):
        body.refuse("'csv_url' is required", field="csv_url")
    elif not _is_url(body.raw("csv_url")):
        body.refuse("'csv_url' must be a valid url", field="csv_url")
    if not _are_headers(body.raw("passthrough_headers") or {}):
        body.refuse("'passthrough_headers' must be an object of texts", field="passthrough_headers")
    return _load(call, body, prepared, "csv_url_load")


def delete_records_before(call: Call, body: Fields) -> dict[str, Any]:
    """Remove the records that were created before a date."""
    text = body.text("date", required=True)
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    table = body.name("table", required=True)
    moment = _date(text)
    if text and moment is None:
        body.refuse("'date' must be in ISO 8601 date format", field="date")
    body.check()
    assert moment is not None
    job_id = service.remove_before(
        call, "delete_records_before", database=database, table=table, moment_us=micros(moment)
    )
    return _started(job_id)


def get_job(call: Call, body: Fields) -> list[dict[str, Any]]:
    """A job, in a list; the list is empty if there is none."""
    job_id = body.text("id", required=True)
    body.check()
    found = service.find(call, job_id)
    return [] if found is None else [shown(found)]


def search_jobs_by_start_date(call: Call, body: Fields) -> list[dict[str, Any]]:
    """The jobs of a span of time."""
    moments = []
    for label in ("from", "to"):
        value = body.raw(f"{label}_date")
        moment = _date(value) if isinstance(value, str) else None
        if moment is None:
            message = (
                f"There was an error searching jobs by date: Error: Invalid '{label}' date, must be in ISO-8601 format "
                "(YYYY-MM-DD)."
            )
            if body.compat is Compat.V4:
                raise documented_500(message)
            raise invalid(message, code="invalid_date", field=f"{label}_date")
        moments.append(moment)
    found = [shown(job) for job in service.between(call, *moments)]
    return [{**job, **_converted(job)} for job in found]


def _load(call: Call, body: Fields, brought: Brought, type_: str) -> dict[str, Any]:
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    table = body.name("table", required=True)
    action = body.raw("action") or "insert"
    if action not in service.ACTIONS:
        body.refuse("action is required and must be either insert, update, or upsert", field="action")
    body.check()
    if brought.refusal is not None:
        raise brought.refusal
    job_id = service.load(
        call, type_, database=database, table=table, action=action, sheet=brought.sheet, fault=brought.fault
    )
    return _started(job_id)


def _started(job_id: str) -> dict[str, Any]:
    # Clients take the fifth word.
    return {"message": f"Starting job with id {job_id}", "job_id": job_id}


async def _read(text: str) -> Brought:
    try:
        return Brought(await asyncio.to_thread(parse, text))
    except Unreadable as error:
        return Brought(fault=str(error))


def _refused(message: str) -> Brought:
    return Brought(refusal=invalid(message, code="load_failed", field="csv_url"))


def _is_url(url: object) -> bool:
    if not isinstance(url, str) or len(url) > _URL_LENGTH_MAX:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _are_headers(headers: object) -> bool:
    return (
        isinstance(headers, Mapping)
        and len(headers) <= _HEADERS_MAX
        and all(isinstance(name, str) and isinstance(text, str) for name, text in headers.items())
    )


def _date(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _converted(job: Mapping[str, Any]) -> dict[str, str]:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return {
        f"{name}_converted": (epoch + timedelta(milliseconds=job[name])).isoformat(timespec="milliseconds")
        for name in ("start_datetime", "end_datetime")
        if job[name] is not None
    }


OPERATIONS = (
    Operation(
        name="csv_data_load",
        handler=csv_data_load,
        prepare=prepare_text,
        writes=True,
        group=_GROUP,
        summary="Write the rows of a CSV text",
    ),
    Operation(
        name="csv_url_load",
        handler=csv_url_load,
        prepare=prepare_url,
        writes=True,
        group=_GROUP,
        summary="Write the rows of a CSV file elsewhere",
    ),
    Operation(
        name="delete_records_before",
        also=("delete_files_before",),
        handler=delete_records_before,
        only="deleteFilesBefore",
        writes=True,
        group=_GROUP,
        summary="Remove records by their age",
    ),
    Operation(name="get_job", handler=get_job, group=_GROUP, summary="A job"),
    Operation(
        name="search_jobs_by_start_date",
        handler=search_jobs_by_start_date,
        only="handleGetJobsByStartDate",
        group=_GROUP,
        summary="The jobs of a span of time",
    ),
)
