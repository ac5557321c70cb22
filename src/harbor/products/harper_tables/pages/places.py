"""Where pages lie, and what the names in their paths stand for.

A name may be of any printable ASCII but `/` and backtick. Browsers go up where a segment is `.` or `..`, however it is
written, so those two, and what begins like our way of writing them, get a tilde in front.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from harbor.kernel.call import Call
from harbor.kernel.http.routes import Place
from harbor.products.harper_tables import refusals
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.pages.acting import as_user

PATH = "/{environment}/harper"
DATABASES = f"{PATH}/databases"
DATABASE = f"{DATABASES}/{{database}}"
TABLE = f"{DATABASE}/tables/{{table}}"
# Names begin otherwise, so no page of a thing lies under these.
NEW_DATABASE = f"{DATABASES}/~new-database"
NEW_TABLE = f"{DATABASES}/~new-table"
TRAIL = (("Tables", DATABASES),)
_TILDE = "~"


def segment(name: str) -> str:
    """A name as it stands in a path."""
    is_odd = name in (".", "..") or name.startswith(_TILDE)
    return quote(f"{_TILDE}{name}" if is_odd else name, safe="")


def named(text: str) -> str:
    """The name that a segment of a path stands for; the path is decoded already."""
    return text.removeprefix(_TILDE)


def database_path(name: str) -> str:
    """The page of a database, with the environment still to be filled in."""
    return f"{DATABASES}/{segment(name)}"


def path_of(database: str, table: str) -> str:
    """The structure of a table, in the same way. Its other pages lie below."""
    return f"{database_path(database)}/tables/{segment(table)}"


def table_path(table: Table) -> str:
    """The same of a table that is at hand."""
    return path_of(table.database, table.name)


def trail_to(table: Table) -> list[tuple[str, str]]:
    """The way to the pages below a table."""
    at = table_path(table)
    return [*TRAIL, (table.database, database_path(table.database)), (table.name, f"{at}/records")]


def of_database(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The database in the path: its name."""
    name = named(params["database"])
    if not catalog.has_database(call, name):
        raise refusals.no_database(name)
    return Place(workspace_id="", thing=name)


def of_table(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The table in the path."""
    found = catalog.to_describe(as_user(call), named(params["database"]), named(params["table"]))
    return Place(workspace_id="", thing=found)
