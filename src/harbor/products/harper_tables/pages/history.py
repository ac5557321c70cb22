"""History: what was done to a table or to one record, from its audit, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.clock import moment
from harbor.kernel.errors import Missing
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.products.harper_tables import scopes
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.ordering import order_key
from harbor.products.harper_tables.pages import editing, places, shown
from harbor.products.harper_tables.pages.acting import as_user, ask, name_of
from harbor.products.harper_tables.records import audit, revert_api
from harbor.products.harper_tables.records.audit import Change
from harbor.products.harper_tables.records.model import UNSET

NOTICES = {
    "change_undone": "The records are what they were before.",
    "change_undone_partly": "Some records were changed again since, and were left alone. The others are what they were before.",
    "change_not_undone": "Nothing was undone: the records were changed again since, or are what they were already.",
}
HISTORY = f"{places.TABLE}/history"
_CHANGES_A_PAGE = 30
_RECORDS_SHOWN = 5


class Asked(Query):
    """Of which record (its key as JSON; empty for all), and before which change."""

    key: str = ""
    before: str = ""


class Undo(Form):
    """Which change is undone; of it only a record, if one is named by its key."""

    position: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A property as it was and as it is; None where it was not there."""

    name: str
    before: shown.Cell | None
    after: shown.Cell | None


@dataclass(frozen=True, slots=True)
class Touched:
    """A record of a change."""

    label: str
    query: str
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Act:
    """One request's changes."""

    operation: str
    position: int
    who: str
    at: datetime
    count: int
    touched: Sequence[Touched]


def index(call: Call, place: Place, query: Asked) -> Html:
    """The changes of a table or of one of its records."""
    table: Table = place.thing
    at = places.table_path(table)
    key = shown.key_from(query.key) if query.key else None
    found: list[Change] = []
    if table.is_audited:
        me = as_user(call)
        found = audit.latest(
            me,
            audit.table_of(me, table.database, table.name),
            _CHANGES_A_PAGE + 1,
            before=_position(query.before),
            key=key,
        )
    part = found[:_CHANGES_A_PAGE]
    asked = f"key={shown.key_query(key)}&" if key is not None else ""
    trail = [*places.TRAIL, (table.database, places.database_path(table.database))]
    if key is not None:
        trail = [*places.trail_to(table), (shown.key_label(key), f"{at}/record?key={shown.key_query(key)}")]
    return Html(
        "history.html",
        table.name if key is None else "History",
        {
            "table": table,
            "at": at,
            "key": None if key is None else shown.key_label(key),
            "key_text": "" if key is None else shown.key_text(key),
            "acts": [act(call, each) for each in part],
            "next": f"{at}/history?{asked}before={part[-1].position}" if len(found) > len(part) else None,
            "first": f"{at}/history?{asked}".rstrip("?&") if query.before else None,
            "looked_at_max": audit.LOOKED_AT_MAX,
        },
        trail,
    )


def undo(call: Call, place: Place, environment: str, body: Undo) -> Answer:
    """Make the records of a change again what they were before it, but for those that were changed since."""
    table: Table = place.thing
    position = _position(body.position)
    if position is None:
        raise Missing("There is no such change.", code="change_missing")
    told = ask(
        call,
        revert_api.revert,
        database=table.database,
        table=table.name,
        txn_time=position / audit.US,
        ids=[shown.key_from(body.key)] if body.key else None,
    )
    done = "change_undone" if not told["conflicts"] else "change_undone_partly"
    query = {"key": body.key} if body.key else {}
    return go(
        f"{places.table_path(table)}/history".format(environment=environment),
        done=done if told["reverted_hashes"] else "change_not_undone",
        **query,
    )


def act(call: Call, change: Change) -> Act:
    """A change as the page tells it, with the first few of its records."""
    before = {order_key(doc.get(change.key)): doc for doc in change.before or ()}
    touched = []
    for place, id_ in enumerate(change.ids[:_RECORDS_SHOWN]):
        after = None if change.records is None else change.records[place]
        was = before.get(order_key(id_))
        touched.append(Touched(shown.key_label(id_), shown.key_query(id_), fields_of(change.key, was, after)))
    return Act(
        change.operation, change.position, name_of(call, change.user), moment(change.position), len(change.ids), touched
    )


def fields_of(key: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[Field]:
    """The properties that a request names, each as it was and as it is."""
    was = before or {}
    if after is None:
        return [Field(name, shown.cell(value), None) for name, value in was.items() if name != key]
    named = {name: value for name, value in after.items() if name not in (key, UNSET)}
    found = [
        Field(name, shown.cell(was[name]) if name in was else None, shown.cell(value))
        for name, value in named.items()
        if name not in was or not editing.same(was[name], value)
    ]
    gone = [name for name in after.get(UNSET) or () if name in was]
    return [*found, *(Field(name, shown.cell(was[name]), None) for name in gone)]


def _position(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


ROUTES = (
    Route(
        "harper.history",
        "GET",
        HISTORY,
        index,
        locate=places.of_table,
        scope=scopes.MANAGE,
        read="long",
    ),
    Route(
        "harper.history.undo",
        "POST",
        f"{HISTORY}/undo",
        undo,
        locate=places.of_table,
        scope=scopes.MANAGE,
        writes=True,
    ),
)
