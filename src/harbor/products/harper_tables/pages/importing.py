"""Import: CSV that is pasted or chosen, loaded by the same durable job as with csv_data_load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harbor.kernel.bounds import MIB
from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid, TooLarge
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables import scopes
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.jobs_ops import service
from harbor.products.harper_tables.jobs_ops.staging import Brought, bring
from harbor.products.harper_tables.pages import jobs, places
from harbor.products.harper_tables.pages.acting import as_user

NOTICES = {"import_started": "The import has started. It goes on if you leave this page."}
IMPORT = f"{places.TABLE}/import"
# As much as the operation takes, in a form that writes a comma with three letters.
CSV_BYTES_MAX = 16 * MIB
_BODY_BYTES_MAX = 3 * CSV_BYTES_MAX


class ImportForm(Form):
    """The text of a CSV file, and what becomes of rows whose key is there already."""

    data: str = ""
    action: str = service.ACTIONS[0]


def ask_for_it(place: Place) -> Html:
    """The form."""
    table: Table = place.thing
    context = {"table": table, "at": places.table_path(table), "bytes_max": CSV_BYTES_MAX}
    trail = [*places.TRAIL, (table.database, places.database_path(table.database))]
    return Html("import.html", table.name, context, trail)


async def read(value: Any, request: Request, services: Services, database: str, table: str) -> Brought:
    """The rows of the text, the first of many in the store already. Raises `Invalid` for what is no CSV."""
    text = (value and value.get("data")) or ""
    if not text.strip():
        raise Invalid("Paste CSV with the names of the columns in its first line, or choose a file.", field="data")
    if len(text.encode()) > CSV_BYTES_MAX:
        raise TooLarge(
            f"The CSV has more than {CSV_BYTES_MAX // MIB} MiB. Split it, or load it with csv_url_load.", field="data"
        )
    principal = request.principal
    assert principal is not None
    action = value.get("action") or service.ACTIONS[0]

    def may(tx: Tx, columns: Sequence[str]) -> object:
        names = places.named(database), places.named(table)
        return service.refusal_of(as_user(services.call(tx, principal)), _load(*names, action, columns))

    brought = await bring(text, services.database, principal.account_id, may)
    if brought.fault:
        raise Invalid(brought.fault, code="invalid_csv", field="data")
    if not brought.total:
        raise Invalid("There is no row below the names of the columns.", code="invalid_csv", field="data")
    return brought


def start(call: Call, place: Place, environment: str, body: ImportForm, prepared: Brought) -> Answer:
    """Start the job."""
    table: Table = place.thing
    load = _load(table.database, table.name, body.action, prepared.columns)
    job_id = service.load_rows(as_user(call), load, prepared)
    return go(f"{jobs.JOBS}/{job_id}".format(environment=environment), done="import_started")


def _load(database: str, table: str, action: str, columns: Sequence[str]) -> service.Load:
    if action not in service.ACTIONS:
        raise Invalid("Choose what becomes of rows whose key is there already.", field="action")
    return service.Load(type="csv_data_load", database=database, table=table, action=action, columns=columns)


ROUTES = (
    Route("harper.import", "GET", IMPORT, ask_for_it, locate=places.of_table, scope=scopes.MANAGE),
    Route(
        "harper.import.start",
        "POST",
        IMPORT,
        start,
        locate=places.of_table,
        scope=scopes.MANAGE,
        writes=True,
        prepare=read,
        body_bytes_max=_BODY_BYTES_MAX,
    ),
)
