"""Databases: what there is at a glance, one of them, a new one, and dropping one with all its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.clock import moment_or_none
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.products.harper_tables import scopes
from harbor.products.harper_tables.catalog import api, describing
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.pages import places, typed_name
from harbor.products.harper_tables.pages.acting import as_user, ask, may_manage

NOTICES = {
    "database_created": "The database is there. Make its first table next.",
    "database_dropped": "The database is gone, with all its tables.",
}
# Counting the records of a table takes a millisecond or more, so of many tables only the names are shown.
_TABLES_COUNTED_MAX = 60
_TABLES_A_PAGE = 60


class NewDatabase(Form):
    """The form of a new database."""

    database: str = ""


class From(Query):
    """The name at which the list of tables begins."""

    start: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A table in a list."""

    name: str
    path: str
    records: int
    attributes: int
    size: int
    changed_at: Any
    is_audited: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A database in the list; `lines` is None where its tables are only counted."""

    name: str
    path: str
    count: int
    lines: Sequence[Line] | None


def home(environment: str) -> Answer:
    """What the section's own address leads to."""
    return go(places.DATABASES.format(environment=environment))


def index(call: Call) -> Html:
    """All databases; with their tables as long as those are few."""
    me = as_user(call)
    found = {name: catalog.tables(me, name) for name in catalog.databases(me)}
    room = _TABLES_COUNTED_MAX
    groups = []
    for name, tables in found.items():
        lines = lines_of(me, tables) if len(tables) <= room else None
        room -= len(tables) if lines is not None else 0
        groups.append(Group(name, places.database_path(name), len(tables), lines))
    return Html("databases.html", "Tables", {"groups": groups, "can_manage": may_manage(call)})


def show(call: Call, place: Place, query: From) -> Html:
    """The tables of a database by their names, a page at a time."""
    me, name = as_user(call), place.thing
    tables = [table for table in catalog.tables(me, name) if table.name >= query.start]
    part = tables[:_TABLES_A_PAGE]
    return Html(
        "database.html",
        name,
        {
            "database": name,
            "at": places.database_path(name),
            "lines": lines_of(me, part),
            "is_first": not query.start,
            "next": tables[_TABLES_A_PAGE].name if len(tables) > _TABLES_A_PAGE else None,
            "can_manage": may_manage(call),
        },
        places.TRAIL,
    )


def lines_of(me: Call, tables: Sequence[Table]) -> list[Line]:
    """Tables as they stand in lists."""
    described = [(table, describing.describe(me, table)) for table in tables]
    return [
        Line(
            name=table.name,
            path=places.table_path(table),
            records=each["record_count"],
            attributes=len(each["attributes"]),
            size=each["table_size"],
            changed_at=moment_or_none(ms if ms is None else round(ms * 1_000)),
            is_audited=each["audit"],
        )
        for table, each in described
        for ms in [each["last_updated_record"]]
    ]


def new() -> Html:
    """The form of a new database."""
    return Html("database_new.html", "New database", trail=places.TRAIL)


def create(call: Call, environment: str, body: NewDatabase) -> Answer:
    """Add a database."""
    ask(call, api.create_database, database=body.database.strip())
    return go(places.database_path(body.database.strip()).format(environment=environment), done="database_created")


def drop(call: Call, place: Place, environment: str, body: typed_name.TypedName) -> Answer:
    """Remove a database, once its name was typed."""
    typed_name.check(body, place.thing)
    ask(call, api.drop_database, database=place.thing)
    return go(places.DATABASES.format(environment=environment), done="database_dropped")


ROUTES = (
    Route("harper.home", "GET", places.PATH, home, scope=scopes.READ),
    Route("harper.databases", "GET", places.DATABASES, index, scope=scopes.READ, read="long"),
    Route("harper.database.new", "GET", places.NEW_DATABASE, new, scope=scopes.MANAGE),
    Route("harper.database.create", "POST", places.NEW_DATABASE, create, scope=scopes.MANAGE, writes=True),
    Route(
        "harper.database",
        "GET",
        places.DATABASE,
        show,
        locate=places.of_database,
        scope=scopes.READ,
        read="long",
    ),
    Route(
        "harper.database.drop",
        "POST",
        f"{places.DATABASE}/drop",
        drop,
        locate=places.of_database,
        scope=scopes.MANAGE,
        writes=True,
    ),
)
