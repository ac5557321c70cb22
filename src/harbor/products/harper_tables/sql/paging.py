"""A SELECT page by page: the rows of one table, without groups, in the order of its columns or of an index."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.products.harper_tables.search import pages
from harbor.products.harper_tables.search.model import Query as Search
from harbor.products.harper_tables.search.model import SortKey
from harbor.products.harper_tables.search.pages import PageAsked, Paged
from harbor.products.harper_tables.sql.faults import wrong
from harbor.products.harper_tables.sql.planning import Planner
from harbor.products.harper_tables.sql.relations import TableRelation
from harbor.products.harper_tables.sql.selecting import SelectPlanner
from harbor.products.harper_tables.sql.tree import Name, Query, Select, Statement
from harbor.products.harper_tables.values import Doc


def page(call: Call, planner: Planner, statement: Statement, asked: PageAsked, text: str) -> Paged:
    """The page of a statement. Raises `Invalid` for one that has none."""
    if not isinstance(statement, Query) or not isinstance(statement.body, Select) or statement.named:
        raise _no_pages()
    select, is_exact = planner.selecting(statement.body, statement, None)
    planner.check_columns()
    relation, part = select.relation, select.part
    is_plain = select.grouped is None and not select.select.is_distinct and part.limit is None and not part.offset
    if not (isinstance(relation, TableRelation) and is_plain):
        raise _no_pages()
    query = Search(where=relation.where, sort=_sort(select, relation))

    def only(doc: Doc) -> bool:
        planner.budget.reading_one()
        return is_exact or select.where is None or select.where((doc,))

    paged = pages.page(call, relation.table, query, asked, only=only, said=text)
    rows = [{each.name: each.run((doc,)) for each in select.shown} for doc in paged.docs]
    return Paged(docs=rows, cursor=paged.cursor, total=paged.total)


def _sort(select: SelectPlanner, relation: TableRelation) -> tuple[SortKey, ...]:
    keys = []
    for order in select.order:
        # An alias may hide the column.
        if not isinstance(order.expr, Name) or order.expr.parts[0] in select.aliases:
            raise _no_pages()
        column = select.scope.find(order.expr.parts)
        if column.source is not relation.source or column.path:
            raise _no_pages()
        keys.append(SortKey(column.name, is_descending=order.is_descending))
    return tuple(keys)


def _no_pages() -> Exception:
    return wrong(
        "'page' is for rows of one table, without groups, DISTINCT and LIMIT, in the order of its columns.",
        "page",
    )
