"""The SQL editor: one statement, its rows or its plan, and a file of them. What changes records is asked about first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlencode

from harbor.kernel.bounds import QUERY_LENGTH_MAX
from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Invalid
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Route
from harbor.kernel.http.work import RawStage
from harbor.kernel.sql_views import SqlView
from harbor.products.harper_tables import replies, scopes
from harbor.products.harper_tables.pages import places, shown
from harbor.products.harper_tables.pages.acting import ask, may_manage
from harbor.products.harper_tables.pages.records import as_file
from harbor.products.harper_tables.sql.api import sql_operations
from harbor.products.harper_tables.sql.bounds import WRITE_SECONDS_MAX, Bounds
from harbor.products.harper_tables.sql.parsing import Parsed
from harbor.products.harper_tables.sql.tree import Delete, Insert, Update

SQL = f"{places.PATH}/sql"
_ROWS_SHOWN = 200
# A file is asked for by its address, beside whose statement other things stand.
_IN_ADDRESS_MAX = QUERY_LENGTH_MAX - 64
_PLAN = "EXPLAIN "
_WRITES = (Insert, Update, Delete)


class Prefilled(Query):
    """The statement to begin with."""

    sql: str = ""


class Filed(Query):
    """The statement whose rows go into a file, and of which form it is."""

    sql: str = ""
    form: Literal["csv", "json"] = "csv"


class Statement(Form):
    """What was typed, and what is wanted: `run` or `plan`."""

    sql: str = ""
    act: Literal["run", "plan"] = "run"


def sql_routes(views: Sequence[SqlView] = (), bounds: Bounds | None = None) -> tuple[Route, ...]:
    """The routes of the editor. `views` are tables of other products that administrators may read."""
    bounds = bounds or Bounds()
    operation = sql_operations(views, bounds)[0]
    assert operation.prepare is not None
    parse = operation.prepare

    def page(call: Call, query: Prefilled) -> Html:
        return _page(call, bounds, query.sql)

    async def read(value: Any) -> Parsed:
        text = _text(value)
        wants_plan = value is not None and value.get("act") == "plan"
        parsed: Parsed = await parse({"sql": f"{_PLAN}{text}" if wants_plan else text})
        return parsed

    def run(call: Call, body: Statement, prepared: Parsed) -> Html:
        """The rows or the plan; of a statement that writes the question whether it shall."""
        if isinstance(prepared.statement, _WRITES):
            if not may_manage(call):
                raise Denied("Your role reads only.", code="permission_denied")
            return _page(call, bounds, body.sql, asks=True)
        began = time.perf_counter()
        answer = ask(call, operation.handler, prepared=prepared, sql=body.sql)
        return _page(call, bounds, body.sql, answer=answer, took_s=time.perf_counter() - began, act=body.act)

    def change(call: Call, body: Statement, prepared: Parsed) -> Html:
        """What came of a statement that writes."""
        if not isinstance(prepared.statement, _WRITES):
            raise Invalid("This statement changes nothing; run it as it is.", field="sql")
        began = time.perf_counter()
        answer = ask(call, operation.handler, prepared=prepared, sql=body.sql)
        return _page(call, bounds, body.sql, answer=answer, took_s=time.perf_counter() - began, act="change")

    async def file(stage: RawStage, request: Request, query: Filed) -> Reply:  # noqa: ARG001
        """All rows of a statement that reads."""
        text = next((value for name, value in request.query if name == "sql"), "")
        parsed: Parsed = await parse({"sql": text})
        if isinstance(parsed.statement, _WRITES):
            raise Invalid("A file holds the rows of a SELECT.", field="sql")

        def look(call: Call, supply: dict[str, Any]) -> tuple[Any, str]:
            return ask(call, operation.handler, prepared=parsed, sql=text), supply["query"].form

        rows, form = await stage.read(look, long=True)
        kind = replies.CSV if form == "csv" else replies.JSON
        return as_file(await asyncio.to_thread(replies.encode, rows, kind), f"result.{form}", kind)

    return (
        Route("harper.sql", "GET", SQL, page, scope=scopes.READ),
        Route("harper.sql.run", "POST", SQL, run, scope=scopes.READ, prepare=read, read="long"),
        Route("harper.sql.change", "POST", f"{SQL}/change", change, scope=scopes.MANAGE, prepare=read, writes=True),
        Route("harper.sql.file", "GET", f"{SQL}/file", file, scope=scopes.READ, raw=True),
    )


def _text(value: Any) -> str:
    text = (value and value.get("sql")) or ""
    if not text.strip():
        raise Invalid("Type a statement first.", field="sql")
    return str(text)


def _page(
    call: Call,
    bounds: Bounds,
    text: str,
    *,
    answer: Any = None,
    took_s: float = 0.0,
    act: str = "",
    asks: bool = False,
) -> Html:
    rows = answer if isinstance(answer, list) else None
    query = urlencode({"sql": text})
    return Html(
        "sql.html",
        "SQL",
        {
            "sql": text,
            "act": act,
            "asks": asks,
            "told": answer if isinstance(answer, dict) else None,
            "columns": None
            if rows is None
            else list(dict.fromkeys(name for row in rows[:_ROWS_SHOWN] for name in row)),
            "rows": None
            if rows is None
            else [{name: shown.cell(row[name]) for name in row} for row in rows[:_ROWS_SHOWN]],
            "count": None if rows is None else len(rows),
            "rows_shown": _ROWS_SHOWN,
            "took_ms": round(took_s * 1_000, 1),
            "file": f"{SQL}/file?{query}" if len(query) <= _IN_ADDRESS_MAX else None,
            "bounds": bounds,
            "write_s_max": WRITE_SECONDS_MAX,
            "can_manage": may_manage(call),
        },
    )
