"""Describing databases and tables on the wire. Source: docs/products/harper.md#tables.

Super users also see the tables of other products that SQL reads, and by name those of the database `system`: read-only,
and not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.sql_views import SqlView
from harbor.products.harper_tables import refusals
from harbor.products.harper_tables.catalog import describing, service
from harbor.products.harper_tables.catalog.api import GROUP
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE, SYSTEM
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.rights import user_of
from harbor.products.harper_tables.system_tables import reading as system


def describe_operations(views: Sequence[SqlView]) -> tuple[Operation, ...]:
    """describe_all, describe_database and describe_table; `views` are tables of other products."""
    known = _Describing(views)
    return (
        _described("describe_all", known.everything, "All databases and tables"),
        _described("describe_database", known.database, "The tables of a database", "describe_schema"),
        _described("describe_table", known.table, "One table"),
    )


class _Describing:
    def __init__(self, views: Sequence[SqlView]) -> None:
        self._views: dict[str, dict[str, SqlView]] = {}
        for view in views:
            self._views.setdefault(view.database, {})[view.name] = view

    def everything(self, call: Call, body: Fields) -> dict[str, Any]:
        """All databases and their tables."""
        with_count = _counts(body)
        body.check()
        tables = {
            name: describing.describe_all_of(call, service.tables(call, name), with_count=with_count)
            for name in service.databases(call)
        }
        return {**tables, **{name: self._described(call, name) for name in self._seen(call)}}

    def database(self, call: Call, body: Fields) -> dict[str, Any]:
        """The tables of a database."""
        database = body.name("database", "schema", default=DEFAULT_DATABASE)
        with_count = _counts(body)
        body.check()
        if database == SYSTEM and user_of(call).rights.is_super_user:
            return {name: _of_system(call, name) for name in system.names()}
        if database in self._seen(call):
            return self._described(call, database)
        return describing.describe_all_of(call, service.tables(call, database), with_count=with_count)

    def table(self, call: Call, body: Fields) -> dict[str, Any]:
        """One table."""
        database = body.name("database", "schema", default=DEFAULT_DATABASE)
        name = body.name("table", required=True)
        with_count = _counts(body)
        body.check()
        if system.table_of(call, database, name) is not None:
            return _of_system(call, name)
        if database in self._seen(call):
            view = self._views[database].get(name)
            if view is None:
                raise refusals.no_table(database, name)
            return describing.describe_view(view)
        return describing.describe(call, service.to_describe(call, database, name), with_count=with_count)

    def _seen(self, call: Call) -> dict[str, dict[str, SqlView]]:
        return self._views if user_of(call).rights.is_super_user else {}

    def _described(self, call: Call, database: str) -> dict[str, Any]:
        return {name: describing.describe_view(view) for name, view in self._seen(call)[database].items()}


def _of_system(call: Call, name: str) -> dict[str, Any]:
    found = system.table_of(call, SYSTEM, name)
    assert found is not None, name
    return describing.describe_read_only(SYSTEM, name, dict.fromkeys(found.names, "Any"))


def _counts(body: Fields) -> bool:
    body.flag("exact_count")  # the count is always exact
    body.flag("include_computed")
    return not body.flag("skip_record_count")


def _described(name: str, handler: Any, summary: str, *also: str) -> Operation:
    return Operation(name=name, also=also, handler=handler, read="long", group=GROUP, summary=summary)
