"""What a search finds, page by page. Each page is of one moment, in a transaction of its own.

A search or a SELECT of one table is read along an index; any other statement is answered as a whole, within its bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.jobs_ops.means import Means
from harbor.products.harper_tables.refusals import invalid, unauthorized
from harbor.products.harper_tables.rights import readable, user_of
from harbor.products.harper_tables.search import api as searches
from harbor.products.harper_tables.search.asked import selection
from harbor.products.harper_tables.search.pages import PageAsked
from harbor.products.harper_tables.sql import service as sql
from harbor.products.harper_tables.sql.bounds import Bounds
from harbor.products.harper_tables.sql.parsing import parsed
from harbor.products.harper_tables.sql.tree import Query
from harbor.products.harper_tables.sql.views import by_name
from harbor.products.harper_tables.values import Doc

_NO_PAGES: Final = "page"
_BY_ID: Final = ("search_by_id", "search_by_hash")
# The part that is wanted is counted by who reads the pages.
_PART: Final = ("limit", "offset", "page")


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the cursor of the next ones; None on the last page."""

    rows: list[Doc]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one search. `offset` and `limit` say which of the rows are wanted."""

    body: Doc
    means: Means
    offset: int = 0
    limit: int | None = None

    @classmethod
    def of(cls, body: Doc, means: Means) -> Pages:
        """The pages of a body. Raises `Invalid`."""
        fields = Fields(body, means.compat)
        if body["operation"] in (*_BY_ID, "sql"):
            return cls(body, means)
        limit, offset = fields.count("limit", at_least=1), fields.count("offset", at_least=0, default=0) or 0
        fields.check()
        return cls({name: value for name, value in body.items() if name not in _PART}, means, offset, limit)

    def page(self, call: Call, cursor: str | None, size: int) -> Page:
        """The rows after a cursor. Raises what the search would be refused with."""
        operation = self.body["operation"]
        rights = user_of(call).rights
        if not rights.is_super_user and not rights.may_run(operation):
            raise unauthorized(
                [f"Operation '{operation}' is not permitted for this role's operations configuration"], []
            )
        if operation == "sql":
            return self._of_statement(call, cursor, size)
        if operation in _BY_ID:
            return Page(searches.by_id(call, Fields(self.body, self.means.compat)), None)
        handler = cast(
            Callable[..., Any], searches.by_value if operation == "search_by_value" else searches.by_conditions
        )
        asked = {"size": size} if cursor is None else {"size": size, "cursor": cursor}
        found = handler(call, Fields({**self.body, "page": asked}, self.means.compat))
        return Page(found["records"], found["next_cursor"])

    def names(self, call: Call, first: Iterable[Doc]) -> list[str] | None:
        """The columns of CSV; None where only a walk through all rows tells. `first` are the rows of the first page."""
        fields = Fields(self.body, self.means.compat)
        operation = self.body["operation"]
        if operation == "sql" and self.means.compat is Compat.V4:
            return None  # what is null is left out of a row
        if operation == "sql" or operation in _BY_ID:
            return list(dict.fromkeys(name for row in first for name in row))
        wanted = selection(fields)
        if not wanted.is_all:
            return list(dict.fromkeys(wanted.names))
        database = fields.name("database", "schema", default=DEFAULT_DATABASE)
        table = catalog.to_read(call, database, fields.name("table"))
        visible = readable(user_of(call), table.database, table.name, table.primary_key)
        if table.is_schema_defined and visible is None:
            return None  # records may hold what is not declared
        return list(dict.fromkeys(name for row in first for name in row)) or None

    def _of_statement(self, call: Call, cursor: str | None, size: int) -> Page:
        text = self.body.get("sql")
        statement = parsed(text)
        if not isinstance(statement.statement, Query):
            raise invalid("An export takes a SELECT.", code="no_select", field="sql")
        known = (self.means.compat, self.means.sql_bounds or Bounds(), by_name(self.means.views))
        try:
            paged = sql.page(call, statement, *known, PageAsked(size=size, cursor=cursor), str(text))
        except Invalid as error:
            if error.code != _NO_PAGES or cursor is not None:
                raise
            found = sql.run(call, statement, *known)
            assert isinstance(found, list)
            return Page(found, None)
        return Page(paged.docs, paged.cursor)
