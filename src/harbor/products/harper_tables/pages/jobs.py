"""Jobs: bulk work that goes on behind the pages, how far it is, and which rows it left out and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.clock import moment
from harbor.kernel.errors import Missing
from harbor.kernel.http.page import Html
from harbor.kernel.http.routes import Route
from harbor.kernel.jobs.model import Job
from harbor.kernel.pages import PageRequest
from harbor.products.harper_tables import scopes
from harbor.products.harper_tables.jobs_ops import model, service
from harbor.products.harper_tables.pages import places, shown
from harbor.products.harper_tables.pages.acting import as_user, name_of

JOBS = f"{places.PATH}/jobs"
NAMES: Mapping[str, str] = {
    "csv_data_load": "Import of CSV",
    "csv_url_load": "Import of CSV from a URL",
    "csv_file_load": "Import of CSV from a file",
    "import_from_s3": "Import from a store",
    "export_local": "Export to a file",
    "export_to_s3": "Export to a store",
    "delete_records_before": "Removal by age",
    "create_backup": "Backup",
    "restore_backup": "Restore of a backup",
    "delete_audit_logs_before": "Removal of old audit",
    "delete_transaction_logs_before": "Removal of old audit",
}
WORDS: Mapping[str, tuple[str, str]] = {
    "CREATED": ("Waiting", "wait"),
    "IN_PROGRESS": ("Running", "wait"),
    "COMPLETE": ("Done", "ok"),
    "ERROR": ("Failed", "bad"),
}


def index(call: Call, page: PageRequest) -> Html:
    """The jobs of the account, newest first."""
    found = service.listed(as_user(call), page)
    return Html(
        "jobs.html",
        "Jobs",
        {
            "jobs": [line(call, job) for job in found.items],
            "next": f"{JOBS}?starting_after={found.items[-1].id}" if found.more else None,
            "first": JOBS if page.after is not None else None,
        },
    )


def show(call: Call, work_id: str) -> Html:
    """One job."""
    job = service.find(as_user(call), work_id)
    if job is None:
        raise Missing(f"No job found with id {work_id[:100]}.", code="resource_not_found")
    told = line(call, job)
    database, table = told["names"]
    result = told.pop("result", None)
    return Html(
        "job.html",
        f"{told['name']}: {told['table']}" if told["table"] else told["name"],
        {
            "job": told,
            "table_path": places.path_of(database, table) if database and table else None,
            **_outcome(result),
        },
        (("Jobs", JOBS),),
    )


def line(call: Call, job: Job) -> dict[str, Any]:
    """A job as lists tell it."""
    told = model.shown(job)
    word, kind = WORDS.get(told["status"], (told["status"], "idle"))
    names = [name if isinstance(name, str) else None for name in map(job.data.get, ("database", "table"))]
    message = told["message"]
    return {
        **told,
        "name": NAMES.get(told["type"], told["type"]),
        "word": word,
        "kind": kind,
        "is_open": job.is_open,
        "user": name_of(call, told["user"]),
        # A refusal of rights is an object.
        "message": message if isinstance(message, str) else shown.encoded(message),
        "progress": told.get("progress"),
        "names": names,
        "table": ".".join(each for each in names if each) or None,
        "created_at": job.created_at,
        "started_at": None if told["start_datetime"] is None else moment(told["start_datetime"] * 1_000),
        "finished_at": None if told["end_datetime"] is None else moment(told["end_datetime"] * 1_000),
    }


def _outcome(result: Any) -> dict[str, Any]:
    """What a job came to: how many rows it left out, why, and whatever else it tells."""
    if not isinstance(result, Mapping):
        more = None if result is None else shown.pretty({"result": result})
        return {"loaded": None, "skipped": None, "reasons": (), "more": more}
    others = {name: value for name, value in result.items() if name not in ("loaded", "skipped", "reasons")}
    return {
        "loaded": result.get("loaded"),
        "skipped": result.get("skipped"),
        "reasons": result.get("reasons") or (),
        "more": shown.pretty(others) if others else None,
    }


ROUTES = (
    Route("harper.jobs", "GET", JOBS, index, scope=scopes.MANAGE, paged=True),
    Route("harper.job", "GET", f"{JOBS}/{{work_id}}", show, scope=scopes.MANAGE),
)
