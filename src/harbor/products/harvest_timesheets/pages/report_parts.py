"""What the pages of reports share: the words they are asked with, their tabs, their span, and sheets as they are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.pages import hours, lists
from harbor.products.harvest_timesheets.pages.acting import PATH
from harbor.products.harvest_timesheets.reports.question import SUBJECT_WORDS, Kind, Question, question
from harbor.products.harvest_timesheets.reports.sheets import Column, Form, Line, Sheet, Value
from harbor.products.harvest_timesheets.reports.spans import Unit
from harbor.products.harvest_timesheets.reports.summaries import LABELS

REPORTS: Final = f"{PATH}/reports"
FILE: Final = f"{REPORTS}/file"
SAVED: Final = f"{REPORTS}/saved"
EXPLAIN: Final = f"{REPORTS}/explain"
PATHS: Final = {
    Kind.TIME: REPORTS,
    Kind.TIME_ENTRIES: f"{REPORTS}/time-entries",
    Kind.EXPENSES: f"{REPORTS}/expenses",
    Kind.EXPENSE_ENTRIES: f"{REPORTS}/expense-entries",
    Kind.UNINVOICED: f"{REPORTS}/uninvoiced",
    Kind.BUDGETS: f"{REPORTS}/budgets",
    Kind.PROFIT: f"{REPORTS}/profit",
    Kind.CAPACITY: f"{REPORTS}/capacity",
}
# What fits side by side in a picture.
BARS_MAX: Final = 12
# What a page shows of a table; its files have all.
ROWS_MAX: Final = 1_000
_UNITS: Final = ((Unit.WEEK, "Week"), (Unit.MONTH, "Month"), (Unit.QUARTER, "Quarter"), (Unit.YEAR, "Year"))


class Asked(Query, kw_only=True):
    """The words of any report; each takes some of them."""

    span: str = ""
    from_: str = msgspec.field(default="", name="from")
    to: str = ""
    by: str = ""
    fixed_fee: str = ""
    archived: str = ""
    client: str = ""
    project: str = ""
    task: str = ""
    category: str = ""
    person: str = ""
    role: str = ""
    billable: str = ""
    invoiced: str = ""
    approval: str = ""
    cursor: str = ""

    def question(self, call: Call, kind: Kind) -> Question:
        """The question. Raises `Invalid`."""
        names = {name: getattr(self, "from_" if name == "from" else name) for name in _WORDS}
        return question(call, kind, names)


_WORDS: Final = (
    *("span", "from", "to", "by", "fixed_fee", "archived", "client", "project", "task", "category", "person", "role"),
    *("billable", "invoiced", "approval"),
)


_CLASSES: Final = {Form.DAY: (("nowrap", True),), Form.NOTES: (("report-notes", True),)}


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table: its text, and where it leads."""

    text: str
    form: Form = Form.TEXT
    path: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    is_wide: bool = False

    @property
    def kind(self) -> str:
        """Its classes."""
        words = ("number", self.form.is_number), ("wide", self.is_wide), *_CLASSES.get(self.form, ())
        return " ".join(word for word, holds in words if holds)


# Where the cells of a line lead: by the label of their column.
Links = Callable[[Line], Mapping[str, tuple[str, Mapping[str, str]]]]


def around(call: Call, asked: Question) -> dict[str, Any]:
    """What every report shows of itself: the other reports, the ways to other spans, and its files."""
    here = {name: text for name, text in asked.words.items() if name not in ("span", "from", "to")}
    path = PATHS[asked.kind]
    today = company.today(call)
    units = [
        (
            label,
            path,
            {**here, "span": unit.value, "from": asked.span.period.from_on.isoformat()},
            unit is asked.span.unit,
        )
        for unit, label in _UNITS
    ]
    before, after = asked.span.beside(-1), asked.span.beside(1)
    return {
        "asked": asked,
        "path": path,
        "tabs": tabs(call, asked.kind),
        "has_span": asked.kind is not Kind.BUDGETS,
        "span": asked.span,
        "units": units,
        "before": None if before is None else {**here, **before.asked()},
        "after": None if after is None else {**here, **after.asked()},
        "now": None
        if asked.span.unit is Unit.CUSTOM or asked.span.period.from_on <= today <= asked.span.period.to_on
        else {**here, "span": asked.span.unit.value},
        "kept": here,
        "bys": [
            (LABELS[each], {**_but(asked.words, "by"), "by": SUBJECT_WORDS[each]}, each is asked.subject)
            for each in asked.kind.subjects
        ],
        "file_path": FILE,
        "file_query": {**asked.words, "kind": asked.kind.value},
        "fixed_fee": asked.includes_fixed_fee,
        "save_path": SAVED,
        "save_fields": {"kind": asked.kind.value, "words": urlencode(asked.words)},
        "can_move": asked.kind is not Kind.BUDGETS and asked.span.unit is not Unit.CUSTOM,
    }


def to_explain(asked: Question, id_: int, currency: str) -> tuple[str, dict[str, str]]:
    """The address that explains the amount of a row."""
    return EXPLAIN, {**asked.words, "report": asked.kind.value, "id": str(id_), "currency": currency}


def tabs(call: Call, here: Kind | None) -> list[tuple[str, str, bool]]:
    """The reports that the caller may see, and those that are saved: labels, paths, and which one is shown."""
    found = [(kind.label, PATHS[kind], kind is here) for kind in PATHS if may_see(call, kind)]
    return [*found, ("Saved", SAVED, here is None)]


def may_see(call: Call, kind: Kind) -> bool:
    """Whether the caller is shown the way to a report."""
    me = access.me(call)
    if kind is Kind.UNINVOICED:
        return me.has(AccessRole.INVOICE_DRAFTER) or me.has(AccessRole.INVOICE_MANAGER)
    return kind is not Kind.PROFIT or me.is_administrator


def table(
    call: Call, sheet: Sheet, links: Links = lambda _line: {}, *, wide: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """A sheet as it is shown: columns, its first `ROWS_MAX` rows of cells of `count`, and what all of them come to."""
    here, lines = company.of(call), list(sheet.lines)
    return {
        "columns": [heading(column, wide) for column in sheet.columns if column.form is not Form.CURRENCY],
        "rows": [row(here, sheet.columns, line, links(line), wide) for line in lines[:ROWS_MAX]],
        "count": len(lines),
        "total": _total(here, sheet, lines, wide) if len(lines) > 1 else None,
    }


def heading(column: Column, wide: frozenset[str] = frozenset()) -> tuple[str, str]:
    """What stands above a column, and its class."""
    return column.label, Cell("", column.form, is_wide=column.label in wide).kind


def row(
    here: Company,
    columns: Sequence[Column],
    line: Line,
    links: Mapping[str, tuple[str, Mapping[str, str]]],
    wide: frozenset[str] = frozenset(),
) -> list[Cell]:
    """The cells of a line. Money names the currency that the line has in its own column."""
    currency = currency_of(columns, line)
    cells = []
    for column, value in zip(columns, line.values, strict=True):
        if column.form is Form.CURRENCY:
            continue
        path, query = links.get(column.label, (None, {}))
        text = word(here, column.form, value, currency)
        cells.append(Cell(text, column.form, path if text else None, query, column.label in wide))
    return cells


def currency_of(columns: Sequence[Column], line: Line) -> str:
    """The currency of a line, or the empty text where it is not shown."""
    found = [value for column, value in zip(columns, line.values, strict=True) if column.form is Form.CURRENCY]
    return str(found[0] or "") if found else ""


def word(here: Company, form: Form, value: Value, currency: str) -> str:
    """A value as people read it; nothing is the empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int):
        if form is Form.HOURS:
            return ("-" if value < 0 else "") + hours.word(abs(value), here.time_format)
        if form is Form.PERCENT:
            return f"{value / 10:,.1f}".removesuffix(".0") + " %"
        if form in (Form.MONEY, Form.HOME_MONEY, Form.RATE):
            of = here.currency if form is Form.HOME_MONEY else currency
            return (lists.money(value, 4 if form is Form.RATE else 2, of) or "").strip()
    return str(value)


def _total(here: Company, sheet: Sheet, lines: Sequence[Line], wide: frozenset[str]) -> list[Cell]:
    cells = []
    for place, column in enumerate(sheet.columns):
        if column.form is Form.CURRENCY:
            continue
        sums: dict[str, int] = {}
        for line in lines:
            value = line.values[place]
            if isinstance(value, int) and not isinstance(value, bool):
                currency = currency_of(sheet.columns, line) if column.form is Form.MONEY else ""
                sums[currency] = sums.get(currency, 0) + value
        if column.form in (Form.HOURS, Form.MONEY, Form.HOME_MONEY, Form.COUNT):
            text = " · ".join(word(here, column.form, sum_, currency) for currency, sum_ in sorted(sums.items()))
        else:
            text = "Total" if place == 0 else ""
        cells.append(Cell(text, column.form, is_wide=column.label in wide))
    return cells


def _but(words: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: text for name, text in words.items() if name not in names}
