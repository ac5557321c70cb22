"""Tables: making one, its attributes and their indexes, and dropping it."""

from __future__ import annotations

import math
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.clock import moment_or_none
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.http.services import Services
from harbor.products.harper_tables import scopes
from harbor.products.harper_tables.catalog import api, describing
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE, TIMES, TYPES, Table
from harbor.products.harper_tables.pages import attribute_lines, places, typed_name
from harbor.products.harper_tables.pages.acting import as_user, ask, may_manage

NOTICES = {
    "table_created": "The table is there.",
    "table_dropped": "The table is gone. Its records are removed in the background.",
    "attribute_created": "The attribute is declared.",
    "attribute_dropped": "The attribute is gone.",
}


class InDatabase(Query):
    """The database to begin with."""

    database: str = ""


class NewTable(Form):
    """The form of a new table. Without attributes it takes records of any shape."""

    database: str = ""
    table: str = ""
    primary_key: str = ""
    attributes: str = ""
    sealed: bool = False
    audit: bool = False
    expiration: str = ""


class NewAttribute(Form):
    """The form of a new attribute."""

    attribute: str = ""
    type: str = ""
    indexed: bool = False


class OneAttribute(Form):
    """Which attribute is meant."""

    attribute: str = ""


def new(call: Call, query: InDatabase) -> Html:
    """The form of a new table."""
    context = {
        "database": query.database or DEFAULT_DATABASE,
        "databases": catalog.databases(as_user(call)),
        "types": ", ".join(TYPES),
    }
    return Html("table_new.html", "New table", context, places.TRAIL)


def create(call: Call, environment: str, body: NewTable, services: Services) -> Answer:
    """Add a table, and its database if that is not there."""
    database, name = body.database.strip() or DEFAULT_DATABASE, body.table.strip()
    ask(
        call,
        api.create_table,
        database=database,
        table=name,
        primary_key=body.primary_key.strip() or None,
        attributes=attribute_lines.read(body.attributes),
        sealed=body.sealed,
        audit=body.audit,
        expiration=_seconds(body.expiration),
        services=services,
    )
    made = catalog.to_describe(as_user(call), database, name)
    return go(f"{places.table_path(made)}/records".format(environment=environment), done="table_created")


def show(call: Call, place: Place) -> Html:
    """What a table is made of."""
    table: Table = place.thing
    described = describing.describe(as_user(call), table)
    changed_ms = described["last_updated_record"]
    return Html(
        "table.html",
        table.name,
        {
            "table": table,
            "at": places.table_path(table),
            "described": described,
            "changed_at": moment_or_none(None if changed_ms is None else round(changed_ms * 1_000)),
            "attributes": [_line(table, each) for each in described["attributes"]],
            "types": TYPES,
            "can_manage": may_manage(call),
        },
        [*places.TRAIL, (table.database, places.database_path(table.database))],
    )


def drop(call: Call, place: Place, environment: str, body: typed_name.TypedName) -> Answer:
    """Remove a table, once its name was typed."""
    table: Table = place.thing
    typed_name.check(body, table.name)
    ask(call, api.drop_table, database=table.database, table=table.name)
    return go(places.database_path(table.database).format(environment=environment), done="table_dropped")


def add_attribute(call: Call, place: Place, environment: str, body: NewAttribute) -> Answer:
    """Declare an attribute."""
    _on(
        call,
        api.create_attribute,
        place,
        attribute=body.attribute.strip(),
        type=body.type or None,
        indexed=body.indexed,
    )
    return go(places.table_path(place.thing).format(environment=environment), done="attribute_created")


def drop_attribute(call: Call, place: Place, environment: str, body: OneAttribute) -> Answer:
    """Remove an attribute."""
    _on(call, api.drop_attribute, place, attribute=body.attribute)
    return go(places.table_path(place.thing).format(environment=environment), done="attribute_dropped")


def _on(call: Call, operation: Any, place: Place, **values: Any) -> None:
    ask(call, operation, database=place.thing.database, table=place.thing.name, **values)


def _seconds(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise Invalid("expiration must be a number of seconds.", field="expiration")
    return seconds


def _line(table: Table, described: dict[str, Any]) -> dict[str, Any]:
    name = described["attribute"]
    is_key, is_time = name == table.primary_key, name in TIMES
    attribute = table.attributes.get(name)
    return {
        "name": name,
        "type": described.get("type"),
        "is_key": is_key,
        "is_time": is_time,
        "index": "key" if is_key else "ready" if is_time or attribute is None else attribute.indexing.value,
        "may_drop": not (is_key or is_time),
    }


def _route(name: str, method: str, path: str, handler: Any) -> Route:
    scope = scopes.READ if method == "GET" else scopes.MANAGE
    writes = method == "POST"
    read = "short" if writes else "long"
    return Route(
        name,
        method,
        path,
        handler,
        locate=places.of_table,
        scope=scope,
        writes=writes,
        read=read,  # type: ignore[arg-type]
    )


ROUTES = (
    Route("harper.table.new", "GET", places.NEW_TABLE, new, scope=scopes.MANAGE),
    Route("harper.table.create", "POST", places.NEW_TABLE, create, scope=scopes.MANAGE, writes=True),
    _route("harper.table", "GET", places.TABLE, show),
    _route("harper.table.drop", "POST", f"{places.TABLE}/drop", drop),
    _route("harper.attribute.create", "POST", f"{places.TABLE}/attributes", add_attribute),
    _route("harper.attribute.drop", "POST", f"{places.TABLE}/attributes/drop", drop_attribute),
)
