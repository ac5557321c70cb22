"""Records: browsing a table by page, filter and order; one record; inserting, editing and deleting; a file of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any, Literal

from harbor.kernel.bounds import MIB
from harbor.kernel.call import Call
from harbor.kernel.clock import moment_or_none
from harbor.kernel.errors import Conflict, HarborError, Invalid, Missing
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.http.work import RawStage
from harbor.products.harper_tables import replies, scopes
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import TIMES, Table
from harbor.products.harper_tables.pages import editing, filtering, places, shown
from harbor.products.harper_tables.pages.acting import as_user, ask, may_manage
from harbor.products.harper_tables.pages.filtering import Filters
from harbor.products.harper_tables.records import api
from harbor.products.harper_tables.rights import UPDATE
from harbor.products.harper_tables.search import service as search
from harbor.products.harper_tables.values import Doc

NOTICES = {
    "record_saved": "The record is saved.",
    "record_same": "Nothing was changed: the record says this already.",
    "record_inserted": "The record is there.",
    "records_inserted": "The records are there.",
    "record_deleted": "The record is gone.",
}
RECORDS = f"{places.TABLE}/records"
RECORD = f"{places.TABLE}/record"
PAGE_RECORDS = 50
EXPORTED_MAX = 10_000
_COLUMNS_MAX = 6
# Of a larger record a page has the beginning; all of it is in its file.
_SHOWN_LENGTH_MAX = 96 * 1024
_BODY_BYTES_MAX = 4 * MIB
_UNSAFE = re.compile(r"[^\w.-]+", re.ASCII)


class Keyed(Query):
    """The primary key of a record, as JSON."""

    key: str = ""


class Exported(Filters, kw_only=True):
    """Which records go into a file, and of which form it is."""

    form: Literal["csv", "json"] = "json"


class RecordForm(Form):
    """A record as JSON. `key` and `seen` are of the one that is edited, as it was when it was shown."""

    record: str = ""
    key: str = ""
    seen: str = ""


class Delete(Form):
    """Which record is deleted, and whether the box was ticked without which nothing is."""

    key: str = ""
    confirm: str = ""


def index(call: Call, place: Place, query: Filters) -> Html:
    """A page of records. A filter that cannot be is shown with what is wrong."""
    table: Table = place.thing
    offset = (query.number - 1) * PAGE_RECORDS
    error: HarborError | None = None
    docs: list[Doc] = []
    try:
        docs = filtering.find(call, table, query, limit=PAGE_RECORDS + 1, offset=offset)
    except (Invalid, Missing) as refused:
        error = refused
    part = docs[:PAGE_RECORDS]
    own = [name for name in table.names if name != table.primary_key and name not in TIMES]
    columns = _columns(own, part)
    return Html(
        "records.html",
        table.name,
        {
            "table": table,
            "at": places.table_path(table),
            "filters": query,
            "error": error,
            "is_filtered": query.is_on,
            "columns": columns,
            "hidden": len(own) - len(columns),
            "rows": [_row(table, doc, columns) for doc in part],
            "first": offset + 1,
            "last": offset + len(part),
            "total": None if query.is_on else search.count(as_user(call), table),
            "names": table.names,
            "comparators": [(each.value, words) for each, words in filtering.COMPARATORS],
            "asked": query.query(page=""),
            "next": query.query(page=str(query.number + 1)) if len(docs) > PAGE_RECORDS else None,
            "previous": query.query(page=str(query.number - 1)) if query.number > 1 else None,
            "exported_max": EXPORTED_MAX,
            "can_manage": may_manage(call),
        },
        [*places.TRAIL, (table.database, places.database_path(table.database))],
    )


def show(call: Call, place: Place, query: Keyed) -> Html:
    """One record."""
    table: Table = place.thing
    doc = find(call, table, query.key)
    text = shown.pretty(shown.without_times(doc))
    created, updated = (moment_or_none(_us(doc.get(name))) for name in TIMES)
    key = doc[table.primary_key]
    return Html(
        "record.html",
        shown.key_label(key),
        {
            "table": table,
            "at": places.table_path(table),
            "key_query": shown.key_query(key),
            "key_text": shown.key_text(key),
            "key": shown.text_of(key),
            "text": text[:_SHOWN_LENGTH_MAX],
            "size": len(text.encode()),
            "is_cut": len(text) > _SHOWN_LENGTH_MAX,
            "can_edit": may_manage(call) and len(text) <= editing.TEXT_LENGTH_MAX,
            "can_manage": may_manage(call),
            "created_at": created,
            "updated_at": updated,
        },
        places.trail_to(table),
    )


def new(place: Place) -> Html:
    """The form of a new record."""
    table: Table = place.thing
    names = [name for name in table.names if name not in TIMES][: _COLUMNS_MAX + 1]
    return _form(table, "Insert a record", shown.pretty(dict.fromkeys(names)))


def edit(call: Call, place: Place, query: Keyed) -> Html:
    """The form of a record that is there."""
    table: Table = place.thing
    doc = find(call, table, query.key)
    text = shown.pretty(shown.without_times(doc))
    if len(text) > editing.TEXT_LENGTH_MAX:
        raise Invalid("This record is too large to be edited here. Use the API.", code="too_large")
    key = doc[table.primary_key]
    trail = [
        *places.trail_to(table),
        (shown.key_label(key), f"{places.table_path(table)}/record?key={shown.key_query(key)}"),
    ]
    return _form(table, "Edit record", text, key=key, seen=editing.stamp(doc), trail=trail)


def insert(call: Call, place: Place, environment: str, body: RecordForm) -> Answer:
    """Add a record, or several that stand in an array."""
    table: Table = place.thing
    docs = [_without_empty_key(table, doc) for doc in editing.read(body.record, "record")]
    reply = ask(call, api.insert, database=table.database, table=table.name, records=docs)
    at = places.table_path(table).format(environment=environment)
    if skipped := reply["skipped_hashes"]:
        # Nothing of a request that is refused is kept, so those that were new are not there either.
        raise Conflict(
            f"There is a record with the key {shown.key_label(skipped[0])} already; nothing was inserted.",
            code="record_exists",
            field="record",
        )
    if len(docs) == 1:
        return go(f"{at}/record", key=shown.key_text(reply["inserted_hashes"][0]), done="record_inserted")
    return go(f"{at}/records", done="records_inserted")


def update(call: Call, place: Place, environment: str, body: RecordForm) -> Answer:
    """Make a record what was typed, unless somebody has changed it since it was shown."""
    table: Table = place.thing
    typed = editing.read(body.record, "record")
    if len(typed) != 1:
        raise Invalid("record must be one JSON object.", field="record")
    # From here on nobody else changes the record.
    catalog.to_write(as_user(call), table.database, table.name, (UPDATE,))
    before = find(call, table, body.key)
    key = before[table.primary_key]
    if table.primary_key in typed[0] and not editing.is_key(typed[0][table.primary_key], key):
        raise Invalid(
            f"The key {table.primary_key} of a record cannot be changed. Insert another record, and delete this one.",
            field="record",
        )
    if editing.stamp(before) != body.seen:
        raise Conflict(
            "Somebody has changed this record meanwhile. Copy what you typed, and edit it as it is now.",
            code="record_changed",
            field="record",
        )
    change = editing.change_of(before, typed[0], table.primary_key)
    if change:
        ask(
            call,
            api.update,
            database=table.database,
            table=table.name,
            records=[{**change, table.primary_key: key}],
        )
    done = "record_saved" if change else "record_same"
    return go(f"{places.table_path(table)}/record".format(environment=environment), key=shown.key_text(key), done=done)


def delete(call: Call, place: Place, environment: str, body: Delete) -> Answer:
    """Remove a record."""
    table: Table = place.thing
    if body.confirm != "yes":
        raise Invalid("Tick the box to confirm; nothing was deleted.", field="confirm")
    doc = find(call, table, body.key)
    ask(call, api.delete, database=table.database, table=table.name, ids=[doc[table.primary_key]])
    return go(f"{places.table_path(table)}/records".format(environment=environment), done="record_deleted")


async def export(stage: RawStage, query: Exported) -> Reply:  # noqa: ARG001
    """The records of the filters as a file, at most so many."""

    def look(call: Call, supply: dict[str, Any]) -> tuple[Table, Exported, list[Doc]]:
        table, asked = supply["place"].thing, supply["query"]
        return table, asked, filtering.find(call, table, asked, limit=EXPORTED_MAX)

    table, asked, docs = await stage.read(look, long=True)
    kind = replies.CSV if asked.form == "csv" else replies.JSON
    # Thousands of records take longer to write than others may be kept waiting for.
    body = await asyncio.to_thread(replies.encode, docs, kind)
    return as_file(body, f"{table.name}.{asked.form}", kind)


async def one_file(stage: RawStage, query: Keyed) -> Reply:  # noqa: ARG001
    """One record as a file."""

    def look(call: Call, supply: dict[str, Any]) -> tuple[Table, Doc]:
        table = supply["place"].thing
        return table, find(call, table, supply["query"].key)

    table, doc = await stage.read(look)
    return as_file(
        shown.pretty(doc).encode(), f"{table.name}-{shown.key_label(doc[table.primary_key])}.json", replies.JSON
    )


def as_file(body: bytes, name: str, kind: str) -> Reply:
    """A reply that browsers keep as a file."""
    named = _UNSAFE.sub("_", name).strip("._") or "file"
    return Reply(200, body, {"Content-Disposition": f'attachment; filename="{named}"'}, kind)


def find(call: Call, table: Table, key_text: str) -> Doc:
    """The record of an address. Raises `Missing`."""
    me, key = as_user(call), shown.key_from(key_text)
    found = search.by_ids(me, catalog.to_read(me, table.database, table.name), [key])
    if not found:
        raise Missing(f"There is no record with the key {shown.key_label(key)}.", code="record_missing")
    return found[0]


def _form(
    table: Table,
    title: str,
    text: str,
    *,
    key: Any = None,
    seen: str = "",
    trail: Sequence[tuple[str, str]] | None = None,
) -> Html:
    context = {
        "table": table,
        "at": places.table_path(table),
        "text": text,
        "key_text": None if key is None else shown.key_text(key),
        "key_query": None if key is None else shown.key_query(key),
        "seen": seen,
        "rows": min(30, max(10, text.count("\n") + 2)),
    }
    return Html("record_form.html", title, context, places.trail_to(table) if trail is None else trail)


def _columns(names: Sequence[str], docs: Sequence[Doc]) -> Sequence[str]:
    """The attributes that fit: the first ones of which something is shown, and if there is none the first ones."""
    filled = [name for name in names if any(doc.get(name) is not None for doc in docs)]
    return (filled or names)[:_COLUMNS_MAX]


def _row(table: Table, doc: Doc, columns: Sequence[str]) -> dict[str, Any]:
    key = doc.get(table.primary_key)
    return {
        "key": shown.cell(key),
        "query": shown.key_query(key),
        "cells": [shown.cell(doc.get(name)) for name in columns],
    }


def _without_empty_key(table: Table, doc: Doc) -> Doc:
    """A record whose key is null gets one; the form begins so."""
    return {name: value for name, value in doc.items() if name != table.primary_key or value is not None}


def _us(ms: Any) -> int | None:
    return None if ms is None else round(ms * 1_000)


def _route(name: str, method: str, path: str, handler: Any, **more: Any) -> Route:
    shared: dict[str, Any] = {"locate": places.of_table, "scope": scopes.READ}
    if method == "POST":
        shared |= {"scope": scopes.MANAGE, "writes": True, "body_bytes_max": _BODY_BYTES_MAX}
    return Route(name, method, path, handler, **{**shared, **more})


ROUTES = (
    _route("harper.records", "GET", RECORDS, index, read="long"),
    _route("harper.record.insert", "POST", RECORDS, insert),
    _route("harper.record.new", "GET", f"{RECORDS}/new", new, scope=scopes.MANAGE),
    _route("harper.records.export", "GET", f"{RECORDS}/file", export, raw=True),
    _route("harper.record", "GET", RECORD, show),
    _route("harper.record.update", "POST", RECORD, update),
    _route("harper.record.edit", "GET", f"{RECORD}/edit", edit, scope=scopes.MANAGE),
    _route("harper.record.file", "GET", f"{RECORD}/file", one_file, raw=True),
    _route("harper.record.delete", "POST", f"{RECORD}/delete", delete),
)
