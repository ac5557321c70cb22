"""Searches on the wire. Source: docs/products/harper.md#reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE, SYSTEM, Table
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation, exchange
from harbor.products.harper_tables.refusals import documented_500, invalid
from harbor.products.harper_tables.rights import readable, user_of
from harbor.products.harper_tables.search import pages, service
from harbor.products.harper_tables.search.asked import (
    Selection,
    condition_tree,
    known,
    page_asked,
    selection,
    sort_keys,
    wants_explained,
)
from harbor.products.harper_tables.search.explaining import as_page, explained
from harbor.products.harper_tables.search.large import PART, Parts, answered, in_parts
from harbor.products.harper_tables.search.model import (
    COMPARATORS,
    WORDS,
    Comparator,
    Condition,
    Node,
    Query,
    SortKey,
    attributes_of,
)
from harbor.products.harper_tables.search.page_shown import page_shown
from harbor.products.harper_tables.search.pages import PageAsked
from harbor.products.harper_tables.system_tables import reading as system
from harbor.products.harper_tables.values import Doc

_GROUP = "Searches"
Found = list[Doc] | dict[str, Any] | Answer | Parts
# More conditions than people write by hand.
_LIGHT_MAX = 16
# More records than a table can hold.
_PART_MAX = 1 << 40


def by_id(call: Call, body: Fields) -> list[Doc]:
    """Records by their keys, in the order of the request."""
    found = answer_by_id(call, body, None)
    assert isinstance(found, list), type(found)
    return found


def answer_by_id(call: Call, body: Fields, request: Request | None) -> list[Doc] | Parts:
    """The same on the wire, where many of them are bytes at once."""
    database, name = _table_of(body)
    ids = body.array("ids", "hash_values", required=True)
    wanted = selection(body, required=True)
    _as_documented(body)
    body.check()
    if (table := system.table_of(call, database, name)) is not None:
        return _shown(call, table, wanted, system.by_ids(call, name, ids))
    table = catalog.to_read(call, database, name, attributes=_named(wanted))
    field = body.label("ids", "hash_values")
    if len(ids) <= PART:  # one part is a list
        return _shown(call, table, wanted, service.by_ids(call, table, ids, field=field))
    return _large(call, table, wanted, service.each_by_id(call, table, ids, field=field), request, field=field)


def by_value(call: Call, body: Fields, request: Request | None = None) -> Found:
    """Records with a value of an attribute; `*` at its ends stands for anything."""
    database, name = _table_of(body)
    attribute = body.name("attribute", "search_attribute", required=True)
    if body.label("value", "search_value") not in body.values:
        body.refuse(f"'{body.label('value', 'search_value')}' is required", field="value")
    wanted = selection(body)
    page, explains = page_asked(body), wants_explained(body)
    limit, offset = _part(body)
    is_reversed = body.flag("reverse", "desc")
    sort = sort_keys(body)
    body.check()
    condition = _wild(attribute, body.raw("value", "search_value"))
    named = [attribute, *_named(wanted), *(key.attribute for key in sort)]
    table = system.table_of(call, database, name) or catalog.to_read(call, database, name, attributes=named)
    where = known(table, condition or Condition((attribute,), Comparator.EQUALS, None), sort)
    query = Query(sort=sort, limit=limit, offset=offset, is_reversed=is_reversed)
    if condition is not None:
        query = Query(where=where, sort=sort, limit=limit, offset=offset, is_reversed=is_reversed)
    _for_own_tables(table, page=page is not None, explain=explains)
    if explains:
        return explained(call, table, query if page is None else as_page(query, page.size))
    return _found(call, table, query, wanted, page, request)


def by_conditions(call: Call, body: Fields, request: Request | None = None) -> Found:
    """Records that satisfy conditions."""
    database, name = _table_of(body)
    tree = condition_tree(body)
    wanted = selection(body)
    page, explains = page_asked(body), wants_explained(body)
    limit, offset = _part(body)
    is_reversed = body.flag("reverse", "desc")
    sort = sort_keys(body)
    body.check()
    named = _all_named(tree, wanted, sort)
    table = system.table_of(call, database, name) or catalog.to_read(call, database, name, attributes=named)
    query = Query(where=known(table, tree, sort), sort=sort, limit=limit, offset=offset, is_reversed=is_reversed)
    _for_own_tables(table, page=page is not None, explain=explains)
    if explains:
        return explained(call, table, query if page is None else as_page(query, page.size))
    return _found(call, table, query, wanted, page, request)


def _for_own_tables(table: Table, **asked: bool) -> None:
    """Raise `Invalid` for what the tables of the platform do not have: they are made when they are read."""
    field = next((name for name, is_asked in asked.items() if is_asked), None)
    if field is not None and table.database == SYSTEM:
        raise invalid(f"'{field}' is not for tables of the database system", code="not_available", field=field)


def _found(
    call: Call, table: Table, query: Query, wanted: Selection, page: PageAsked | None, request: Request | None
) -> Found:
    if table.database == SYSTEM:
        return _shown(call, table, wanted, system.find(call, table.name, query))
    if page is None:
        return _large(call, table, wanted, service.each(call, table, query), request, field="limit")
    paged = pages.page(call, table, query, page)
    return page_shown(paged, _shown(call, table, wanted, paged.docs), request)


def _lane(values: Mapping[str, Any]) -> str:
    """Where a search is run: what looks long at each record must not begin on the loop. Wrong guesses cost time only."""
    if isinstance(page := values.get("page"), dict) and page.get("total"):
        return "long"
    conditions = values.get("conditions")
    waiting = list(conditions) if isinstance(conditions, list) else []
    for seen, each in enumerate(waiting):
        if seen >= _LIGHT_MAX:
            return "long"
        if isinstance(each, dict):
            if isinstance(inner := each.get("conditions"), list):
                waiting += inner
            word = each.get("comparator", each.get("search_type"))
            if isinstance(word, str) and COMPARATORS.get(word) in WORDS:
                return "long"
    return "short"


def _table_of(body: Fields) -> tuple[str, str]:
    return body.name("database", "schema", default=DEFAULT_DATABASE), body.name("table", required=True)


def _part(body: Fields) -> tuple[int | None, int]:
    limit, offset = body.count("limit", at_least=1), body.count("offset", at_least=0, default=0) or 0
    return None if limit is None else min(limit, _PART_MAX), min(offset, _PART_MAX)


def _wild(attribute: str, value: Any) -> Condition | None:
    """The condition that a value with wildcards at its ends stands for; None if it stands for every record."""
    if not isinstance(value, str):
        return Condition((attribute,), Comparator.EQUALS, value)
    if value in ("*", "%"):
        return None
    begins, ends = value[:1] in ("*", "%"), value[-1:] in ("*", "%")
    if begins and ends:
        return Condition((attribute,), Comparator.CONTAINS, value[1:-1])
    if begins:
        return Condition((attribute,), Comparator.ENDS_WITH, value[1:])
    if ends:
        return Condition((attribute,), Comparator.STARTS_WITH, value[:-1])
    return Condition((attribute,), Comparator.EQUALS, value)


def _as_documented(body: Fields) -> None:
    """Two faults that v4 answers with 500. Source: docs/products/harper.md#compatibility."""
    if body.compat is not Compat.V4:
        return
    for names in (("ids", "hash_values"), ("get_attributes",)):
        if body.has(*names) and not isinstance(body.raw(*names), list):
            raise documented_500(f"'{body.label(*names)}' must be an array")


def _named(wanted: Selection) -> list[str]:
    return [name for name in wanted.names if name != "*"]


def _all_named(tree: Node, wanted: Selection, sort: Sequence[SortKey]) -> list[str]:
    names = [*attributes_of(tree), *_named(wanted), *(key.attribute for key in sort)]
    return list(dict.fromkeys(names))


def _large(
    call: Call, table: Table, wanted: Selection, docs: Iterable[Doc], request: Request | None, *, field: str
) -> list[Doc] | Parts:
    """Records that may be many: a list, or bytes already."""
    parts = (_shown(call, table, wanted, part) for part in in_parts(docs))
    return answered(parts, None if request is None else exchange(request).media_type, field=field)


def _shown(call: Call, table: Table, wanted: Selection, docs: list[Doc]) -> list[Doc]:
    shown = readable(user_of(call), table.database, table.name, table.primary_key)
    return wanted.cut(table, docs, shown)


OPERATIONS = (
    Operation(
        name="search_by_id",
        also=("search_by_hash",),
        handler=answer_by_id,
        group=_GROUP,
        summary="Records by their keys",
    ),
    Operation(name="search_by_value", handler=by_value, group=_GROUP, summary="Records with a value of an attribute"),
    Operation(
        name="search_by_conditions",
        also=("search",),
        handler=by_conditions,
        lane=_lane,
        group=_GROUP,
        summary="Records that satisfy conditions",
    ),
)
