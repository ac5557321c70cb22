"""Profitability and capacity: what time is worth and costs, and who has too much or too little of it."""

from __future__ import annotations

from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.http.page import Html
from harbor.kernel.http.routes import Route
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.pages import report_parts
from harbor.products.harvest_timesheets.pages.acting import get
from harbor.products.harvest_timesheets.pages.report_parts import BARS_MAX, PATHS, Asked
from harbor.products.harvest_timesheets.pages.reports import TRAIL
from harbor.products.harvest_timesheets.reports import capacity as capacities
from harbor.products.harvest_timesheets.reports import costs
from harbor.products.harvest_timesheets.reports.capacity import Load
from harbor.products.harvest_timesheets.reports.profit import profit as profit_rows
from harbor.products.harvest_timesheets.reports.question import SUBJECT_WORDS, Kind
from harbor.products.harvest_timesheets.reports.sheets import Form

_WIDE: Final = frozenset({"Hours without cost", "Billable expenses", "Cost of expenses", "Time", "Cost of time"})
_LOAD_KINDS: Final = {Load.OVER: "bad", Load.UNDER: "warning", Load.FULL: "ok", Load.NONE: "idle"}


def profit(call: Call, query: Asked) -> Html:
    """Amounts against costs, by client, project or person."""
    asked = query.question(call, Kind.PROFIT)
    sheet = costs.profitability(call, asked)
    assert asked.subject is not None, asked
    word = SUBJECT_WORDS[asked.subject]
    table = report_parts.table(
        call,
        sheet,
        lambda line: {sheet.columns[0].label: (PATHS[Kind.TIME_ENTRIES], {**asked.span.asked(), word: str(line.id)})},
        wide=_WIDE,
    )
    rows = profit_rows(call, asked.subject, asked.span.period, includes_fixed_fee=asked.includes_fixed_fee)
    own = sorted((row for row in rows if row.is_home), key=lambda row: -row.amount_e2)[:BARS_MAX]
    charts = []
    if len(own) > 1:
        kept = [max(0, row.profit_e2 or 0) for row in own]
        spent = [row.cost_e2 + row.expenses_e2 for row in own]
        charts.append(
            {
                "title": f"Costs and profit in {sheet.home_currency}",
                "places": [row.subject.name for row in own],
                "series": [
                    ("Costs", [value / 100 for value in spent], "2"),
                    ("Profit", [value / 100 for value in kept], "ok"),
                ],
                "unit": sheet.home_currency,
            }
        )
    hints = [f"Time costs are in {sheet.home_currency}; with clients of other currencies no profit is told."]
    if any(row.uncosted_e2 for row in rows):
        hints.append("Hours of people without a cost rate cost nothing here.")
    context = {
        **report_parts.around(call, asked),
        "sheet": sheet,
        "table": table,
        "charts": charts,
        "hint": " ".join(hints),
    }
    return Html("report.html", sheet.title, context, TRAIL)


def capacity(call: Call, query: Asked) -> Html:
    """Who has too much to do and who too little."""
    asked = query.question(call, Kind.CAPACITY)
    here = company.of(call)
    rows = capacities.capacity(call, asked.span.period)
    whole = [sum(of) for of in zip(*((row.capacity_e2, row.total_e2, row.billable_e2) for row in rows), strict=True)]
    shown = [
        {
            "row": row,
            "capacity": report_parts.word(here, Form.HOURS, row.capacity_e2, ""),
            "hours": report_parts.word(here, Form.HOURS, row.total_e2, ""),
            "left": report_parts.word(here, Form.HOURS, abs(row.left_e2), ""),
            "used": report_parts.word(here, Form.PERCENT, row.used_tenths, ""),
            "billable": report_parts.word(here, Form.PERCENT, row.billable_tenths, ""),
            "percent": min(100, (row.used_tenths or 0) / 10),
            "load": costs.LOADS[row.load],
            "load_kind": _LOAD_KINDS[row.load],
            "query": {**asked.span.asked(), "person": str(row.user.id)},
        }
        for row in rows[: report_parts.ROWS_MAX]
    ]
    context = {
        **report_parts.around(call, asked),
        "rows": shown,
        "count": len(rows),
        "entries_path": PATHS[Kind.TIME_ENTRIES],
        "stats": [] if not whole else _stats(here, whole),
        "over": sum(row.load is Load.OVER for row in rows),
        "under": sum(row.load is Load.UNDER for row in rows),
        "is_going_on": asked.span.period.from_on <= company.today(call) < asked.span.period.to_on,
    }
    return Html("report_capacity.html", Kind.CAPACITY.label, context, TRAIL)


def _stats(here: Company, whole: list[int]) -> list[tuple[str, str, str]]:
    everybody, hours, billable = whole
    word = report_parts.word
    return [
        ("Capacity", f"{word(here, Form.HOURS, everybody, '')} h", ""),
        ("Hours", f"{word(here, Form.HOURS, hours, '')} h", _of(here, hours, everybody)),
        ("Billable", f"{word(here, Form.HOURS, billable, '')} h", _of(here, billable, everybody)),
    ]


def _of(here: Company, part: int, whole: int) -> str:
    return f"{report_parts.word(here, Form.PERCENT, round(part * 1_000 / whole), '')} of it" if whole else ""


ROUTES: tuple[Route, ...] = (
    get("harvest.reports.profit", PATHS[Kind.PROFIT], profit, read="long"),
    get("harvest.reports.capacity", PATHS[Kind.CAPACITY], capacity, read="long"),
)
