"""Jobs and the removal by age on the wire. Source: docs/products/harper.md#jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.jobs_ops import service
from harbor.products.harper_tables.jobs_ops.loads_api import GROUP, started
from harbor.products.harper_tables.jobs_ops.model import shown
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import documented_500, invalid


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
    return started(job_id)


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
        name="delete_records_before",
        also=("delete_files_before",),
        handler=delete_records_before,
        only="deleteFilesBefore",
        writes=True,
        group=GROUP,
        summary="Remove records by their age",
    ),
    Operation(name="get_job", handler=get_job, group=GROUP, summary="A job"),
    Operation(
        name="search_jobs_by_start_date",
        handler=search_jobs_by_start_date,
        only="handleGetJobsByStartDate",
        group=GROUP,
        summary="The jobs of a span of time",
    ),
)
