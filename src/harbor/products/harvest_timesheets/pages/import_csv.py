"""Import of CSV: a file of time or expenses is tried or written, and what is wrong with its rows is said by line."""

from __future__ import annotations

from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.multipart import Upload
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.importing import csv_api
from harbor.products.harvest_timesheets.importing import csv_service as service
from harbor.products.harvest_timesheets.importing import service as imports
from harbor.products.harvest_timesheets.importing.csv_reading import BYTES_MAX, Kind
from harbor.products.harvest_timesheets.pages.acting import get, look_first, post
from harbor.products.harvest_timesheets.pages.imports import CSV, KINDS, TRAIL, tabs

_ONE: Final = f"{CSV}/{{csv_number}}"
NOTICES = {"csv_started": "The import has started. It goes on if you leave this page."}
WORDS: Final = {Kind.TIME: "Time", Kind.EXPENSES: "Expenses"}
_LISTED: Final = 20
_LINES_SHOWN: Final = 200


class File(Form, kw_only=True):
    """The file, and what is to become of its rows."""

    file: Upload | None = None
    kind: str = Kind.TIME.value
    is_dry: bool = False
    makes_missing: bool = False


def index(call: Call) -> Html:
    """The form, and what came before."""
    found = service.listed(call, PageRequest(limit=_LISTED))
    context = {
        **tabs("csv"),
        "imports": [(each, WORDS[each.kind], KINDS[each.state]) for each in found.items],
        "bytes_max": BYTES_MAX,
        "kinds": [(kind.value, word) for kind, word in WORDS.items()],
    }
    return Html("import_csv.html", "Import", context)


async def read(value: Any, request: Request, services: Services) -> service.Read | Invalid:
    """The rows of the file, or what is wrong with it."""
    await look_first(request, services, imports.to_import)
    return await csv_api.read(value.file("file"), value.get("kind") or "", request, services)


def start(call: Call, environment: str, body: File, prepared: service.Read | Invalid) -> Answer:
    """Begin an import."""
    each = service.start(
        call,
        csv_api.taken(prepared),
        kind=service.kind_of(body.kind),
        file_name=body.file.file_name if body.file else "",
        is_dry=body.is_dry,
        makes_missing=body.makes_missing,
    )
    return go(f"{CSV}/{each.id}".format(environment=environment), done="csv_started")


def show(call: Call, csv_number: str) -> Html:
    """One import: how far it is, and what is wrong with its rows."""
    each = service.find(call, wire.read_id(csv_number))
    context = {
        "each": each,
        "word": WORDS[each.kind],
        "kind": KINDS[each.state],
        "done": each.came + each.same + each.wrong,
        "made": [(name.replace("_", " ").capitalize(), count) for name, count in sorted(each.made.items())],
        "problems": service.problems(call, each)[:_LINES_SHOWN],
    }
    title = f"{'Trial' if each.is_dry else 'Import'} {each.id}"
    return Html("import_csv_one.html", title, context, (*TRAIL, ("CSV", CSV)))


ROUTES: tuple[Route, ...] = (
    get("harvest.import_csv", CSV, index),
    post("harvest.import_csv.start", CSV, start, prepare=read, body_bytes_max=csv_api.BODY_BYTES_MAX),
    get("harvest.import_csv.one", _ONE, show),
)
