"""Running one statement: tables and rights first, then the rows or the write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harbor.kernel.call import Call
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.refusals import unauthorized
from harbor.products.harper_tables.rights import user_of
from harbor.products.harper_tables.search.pages import PageAsked, Paged
from harbor.products.harper_tables.sql import paging, writing
from harbor.products.harper_tables.sql.bounds import WRITE_SECONDS_MAX, Bounds
from harbor.products.harper_tables.sql.faults import wrong
from harbor.products.harper_tables.sql.parsing import Parsed
from harbor.products.harper_tables.sql.planning import Planner
from harbor.products.harper_tables.sql.tree import Delete, Explain, Insert, Query, Statement, Update
from harbor.products.harper_tables.sql.views import ViewNames
from harbor.products.harper_tables.values import Doc

Answer = list[Doc] | dict[str, Any]


def run(call: Call, parsed: Parsed, compat: Compat, bounds: Bounds, views: ViewNames) -> Answer:
    """The answer to one statement. Raises what its faults are answered with."""
    statement = parsed.statement
    _admit(call, statement)
    if isinstance(statement, Insert | Update | Delete):
        bounds = replace(bounds, seconds=min(bounds.seconds, WRITE_SECONDS_MAX))
    planner = Planner(call, parsed, compat, bounds, views)
    try:
        with planner.budget.keeping:
            if not isinstance(statement, Insert | Update | Delete):
                planner.check_tables(statement)
            return _run(planner, statement)
    except RecursionError:
        raise wrong("The statement is nested too deep.") from None


def explain(call: Call, parsed: Parsed, compat: Compat, bounds: Bounds, views: ViewNames) -> dict[str, Any]:
    """The steps of a SELECT, which is not run, and the advice in them."""
    statement = parsed.statement
    explained = statement if isinstance(statement, Explain) else Explain(statement)
    steps = run(call, replace(parsed, statement=explained), compat, bounds, views)
    assert isinstance(steps, list)
    return {"steps": steps, "advice": [step["advice"] for step in steps if "advice" in step]}


def page(
    call: Call, parsed: Parsed, compat: Compat, bounds: Bounds, views: ViewNames, asked: PageAsked, text: str
) -> Paged:
    """One page of a SELECT, whose text is `text`."""
    _admit(call, parsed.statement)
    planner = Planner(call, parsed, compat, bounds, views)
    try:
        with planner.budget.keeping:
            planner.check_tables(parsed.statement)
            paged = paging.page(call, planner, parsed.statement, asked, text)
    except RecursionError:
        raise wrong("The statement is nested too deep.") from None
    return replace(paged, docs=_shown(planner, planner.budget.answering(paged.docs)))


def _run(planner: Planner, statement: Statement) -> Answer:
    if isinstance(statement, Query):
        plan = planner.query(statement, None)
        planner.check_columns()
        return _shown(planner, planner.budget.answering(plan.rows(())))
    if isinstance(statement, Explain):
        return _explained(planner, statement.statement)
    if isinstance(statement, Insert):
        return writing.insert(planner, statement)
    if isinstance(statement, Update):
        return writing.update(planner, statement)
    return writing.delete(planner, statement)


def _admit(call: Call, statement: Statement) -> None:
    """Raise the 403 of a role whose list of operations leaves out this kind of statement."""
    rights = user_of(call).rights
    verb = type(statement).__name__.lower() if isinstance(statement, Insert | Update | Delete) else "select"
    if not rights.is_super_user and not rights.may_run(f"sql:{verb}"):
        raise unauthorized(["Operation 'sql' is not permitted for this role's operations configuration"], [])


def _explained(planner: Planner, statement: Statement) -> list[Doc]:
    if not isinstance(statement, Query):
        raise wrong("EXPLAIN takes a SELECT.", "explain")
    plan = planner.query(statement, None)
    planner.check_columns()
    return plan.explained()


def _shown(planner: Planner, rows: list[Doc]) -> list[Doc]:
    """The rows as they are printed: nothing is null, and in the older line it is left out."""
    leaves_out = planner.compat is Compat.V4
    for row in rows:
        nothing = [name for name, value in row.items() if value != value]  # a number that is none
        for name in nothing:
            if leaves_out:
                del row[name]
            else:
                row[name] = None
    return rows
