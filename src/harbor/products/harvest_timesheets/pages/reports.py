"""Reports that are added up: time, expenses, what is not invoiced, and budgets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.http.page import Html
from harbor.kernel.http.routes import Route
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.pages import report_parts
from harbor.products.harvest_timesheets.pages.acting import get
from harbor.products.harvest_timesheets.pages.report_parts import BARS_MAX, PATHS, REPORTS, Asked
from harbor.products.harvest_timesheets.projects.model import MONEY_BUDGETS
from harbor.products.harvest_timesheets.reports import summaries
from harbor.products.harvest_timesheets.reports.question import SUBJECT_WORDS, Kind, Question
from harbor.products.harvest_timesheets.reports.sheets import Form, Line, Sheet
from harbor.products.harvest_timesheets.reports.trend import trend

TRAIL: Final = (("Reports", REPORTS),)
_WIDE: Final = frozenset({"Client", "Billable hours", "Billable", "Budget by", "Each month", "Uninvoiced expenses"})


def time(call: Call, query: Asked) -> Html:
    """Hours by client, project, task or person, and over the span."""
    asked = query.question(call, Kind.TIME)
    sheet = summaries.time(call, asked)

    def links(line: Line) -> Mapping[str, tuple[str, Mapping[str, str]]]:
        why = report_parts.to_explain(asked, line.id, report_parts.currency_of(sheet.columns, line))
        return {**_to_entries(asked, Kind.TIME_ENTRIES, line), "Amount": why}

    table = report_parts.table(call, sheet, links, wide=_WIDE)
    over = trend(call, asked.span)
    charts = []
    if over is not None and len(over.places) > 1 and sheet.lines:
        charts.append(_hours_chart("Hours over the span", over.places, over.billable_e2, over.other_e2))
    of = _biggest(sheet, "Hours")
    if len(of) > 1:
        billable = [_whole(sheet, line, "Billable hours") for line in of]
        other = [_whole(sheet, line, "Hours") - worth for line, worth in zip(of, billable, strict=True)]
        charts.append(_hours_chart(sheet.title, [str(line.values[0]) for line in of], billable, other))
    return _page(call, asked, sheet, table, charts)


def expenses(call: Call, query: Asked) -> Html:
    """Expenses by client, project, category or person."""
    asked = query.question(call, Kind.EXPENSES)
    sheet = summaries.expenses(call, asked)
    table = report_parts.table(call, sheet, lambda line: _to_entries(asked, Kind.EXPENSE_ENTRIES, line))
    return _page(call, asked, sheet, table, _money_charts(sheet, "Cost"))


def uninvoiced(call: Call, query: Asked) -> Html:
    """What is not invoiced, by project."""
    asked = query.question(call, Kind.UNINVOICED)
    sheet, sees = summaries.not_invoiced(call, asked), access.me(call).sees_rates

    def links(line: Line) -> Mapping[str, tuple[str, Mapping[str, str]]]:
        of = {**asked.span.asked(), "project": str(line.id)}
        is_open = {**of, "invoiced": "no", "billable": "yes"}
        why = {} if not sees else {"Uninvoiced amount": report_parts.to_explain(asked, line.id, "")}
        return {
            **why,
            "Project": (PATHS[Kind.TIME_ENTRIES], of),
            "Uninvoiced hours": (PATHS[Kind.TIME_ENTRIES], is_open),
            "Uninvoiced expenses": (PATHS[Kind.EXPENSE_ENTRIES], is_open),
        }

    table = report_parts.table(call, sheet, links, wide=_WIDE)
    return _page(call, asked, sheet, table, _money_charts(sheet, "Uninvoiced amount", name=1))


def budgets(call: Call, query: Asked) -> Html:
    """Budgets of projects and how much of them is used."""
    asked = query.question(call, Kind.BUDGETS)
    here = company.of(call)
    bars = []
    rows = summaries.budget_rows(call, asked)
    for row, currency in rows[: report_parts.ROWS_MAX]:
        form = Form.MONEY if row.project.budget_by in MONEY_BUDGETS else Form.HOURS
        words = {
            name: report_parts.word(here, form, value, currency)
            for name, value in (("budget", row.budget_e2), ("spent", row.spent_e2), ("left", row.remaining_e2))
        }
        used = None if row.spent_e2 is None else summaries.share(row.spent_e2, row.budget_e2 or 0)
        percent = None if used is None else round(used / 10)
        bars.append((row, {**words, "percent": percent} if words["spent"] else None))
    context = {**report_parts.around(call, asked), "bars": bars, "count": len(rows)}
    return Html("report_budgets.html", Kind.BUDGETS.label, context, TRAIL)


def _page(call: Call, asked: Question, sheet: Sheet, table: dict[str, Any], charts: list[dict[str, Any]]) -> Html:
    context = {**report_parts.around(call, asked), "sheet": sheet, "table": table, "charts": charts, "hint": ""}
    return Html("report.html", sheet.title, context, TRAIL)


def _to_entries(asked: Question, kind: Kind, line: Line) -> Mapping[str, tuple[str, Mapping[str, str]]]:
    """From a subject to its entries in the span."""
    assert asked.subject is not None, asked.kind
    of = {**asked.span.asked(), SUBJECT_WORDS[asked.subject]: str(line.id)}
    if asked.includes_fixed_fee:
        of["fixed_fee"] = "yes"
    return {summaries.LABELS[asked.subject]: (PATHS[kind], of)}


def _hours_chart(title: str, places: list[str], billable_e2: list[int], other_e2: list[int]) -> dict[str, Any]:
    series = [("Billable", billable_e2, "1"), ("Not billable", other_e2, "6")]
    return {
        "title": title,
        "places": places,
        "series": [(label, [value / 100 for value in values], kind) for label, values, kind in series],
        "unit": "h",
    }


def _money_charts(sheet: Sheet, label: str, *, name: int = 0) -> list[dict[str, Any]]:
    """The largest amounts, of the currency that most lines have: amounts of several are not put side by side."""
    lines = list(sheet.lines)
    currencies = Counter(report_parts.currency_of(sheet.columns, line) for line in lines)
    if not currencies:
        return []
    currency = currencies.most_common(1)[0][0]
    own = [line for line in lines if report_parts.currency_of(sheet.columns, line) == currency]
    of = [line for line in _biggest(sheet, label, own) if _whole(sheet, line, label) > 0]
    if len(of) < 2:
        return []
    values = [_whole(sheet, line, label) / 100 for line in of]
    series = [(label, values, "1")]
    places = [str(line.values[name]) for line in of]
    return [
        {"title": f"{label} in {currency}" if currency else label, "places": places, "series": series, "unit": currency}
    ]


def _biggest(sheet: Sheet, label: str, lines: Sequence[Line] | None = None) -> list[Line]:
    found = list(sheet.lines) if lines is None else list(lines)
    return sorted(found, key=lambda line: -_whole(sheet, line, label))[:BARS_MAX]


def _whole(sheet: Sheet, line: Line, label: str) -> int:
    place = [column.label for column in sheet.columns].index(label)
    value = line.values[place]
    return value if isinstance(value, int) else 0


ROUTES: tuple[Route, ...] = (
    get("harvest.reports", REPORTS, time, read="long"),
    get("harvest.reports.expenses", PATHS[Kind.EXPENSES], expenses, read="long"),
    get("harvest.reports.uninvoiced", PATHS[Kind.UNINVOICED], uninvoiced, read="long"),
    get("harvest.reports.budgets", PATHS[Kind.BUDGETS], budgets, read="long"),
)
