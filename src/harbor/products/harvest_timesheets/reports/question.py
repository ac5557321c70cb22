"""A question to reports, out of the words of an address: which report, over which span, by what, and which filters.

Pages, files and saved reports are asked in the same words. Source: docs/products/harvest.md#reports-in-the-console.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.reports.model import Subject
from harbor.products.harvest_timesheets.reports.spans import Span, Unit, span
from harbor.products.harvest_timesheets.reports.wanted import Ledger, Wanted
from harbor.products.harvest_timesheets.time_entries.model import Approval
from harbor.products.harvest_timesheets.wire import read_date


class Kind(StrEnum):
    """Which report."""

    TIME = "time"
    EXPENSES = "expenses"
    UNINVOICED = "uninvoiced"
    BUDGETS = "budgets"
    TIME_ENTRIES = "time_entries"
    EXPENSE_ENTRIES = "expense_entries"
    PROFIT = "profit"
    CAPACITY = "capacity"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """By what it is added up or grouped; the first one is the default of reports that are added up."""
        return _SUBJECTS.get(self, ())

    @property
    def ledger(self) -> Ledger | None:
        """What a detailed report lists."""
        return {Kind.TIME_ENTRIES: Ledger.TIME, Kind.EXPENSE_ENTRIES: Ledger.EXPENSES}.get(self)

    @property
    def words(self) -> frozenset[str]:
        """The words it is asked with."""
        return _WORDS[self]


_LABELS: Final = {
    Kind.TIME: "Time",
    Kind.EXPENSES: "Expenses",
    Kind.UNINVOICED: "Uninvoiced",
    Kind.BUDGETS: "Budgets",
    Kind.TIME_ENTRIES: "Detailed time",
    Kind.EXPENSE_ENTRIES: "Detailed expenses",
    Kind.PROFIT: "Profitability",
    Kind.CAPACITY: "Capacity",
}
_SUBJECTS: Final = {
    Kind.TIME: (Subject.CLIENT, Subject.PROJECT, Subject.TASK, Subject.USER),
    Kind.EXPENSES: (Subject.CLIENT, Subject.PROJECT, Subject.CATEGORY, Subject.USER),
    Kind.TIME_ENTRIES: Ledger.TIME.groups,
    Kind.EXPENSE_ENTRIES: Ledger.EXPENSES.groups,
    Kind.PROFIT: (Subject.CLIENT, Subject.PROJECT, Subject.USER),
}
SUBJECT_WORDS: Final = {
    Subject.CLIENT: "client",
    Subject.PROJECT: "project",
    Subject.TASK: "task",
    Subject.CATEGORY: "category",
    Subject.USER: "person",
}
_SPAN: Final = frozenset({"span", "from", "to"})
_FILTERS: Final = frozenset({"client", "project", "person", "role", "billable", "invoiced", "approval"})
_WORDS: Final = {
    Kind.TIME: _SPAN | {"by", "fixed_fee"},
    Kind.EXPENSES: _SPAN | {"by"},
    Kind.UNINVOICED: _SPAN | {"fixed_fee"},
    Kind.BUDGETS: frozenset({"archived"}),
    Kind.TIME_ENTRIES: _SPAN | _FILTERS | {"by", "task", "fixed_fee"},
    Kind.EXPENSE_ENTRIES: _SPAN | _FILTERS | {"by", "category"},
    Kind.PROFIT: _SPAN | {"by", "fixed_fee"},
    Kind.CAPACITY: _SPAN,
}
_YES, _NO = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})
_ID_DIGITS_MAX = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked. `subject` None is a detailed report without groups, or one that is by nothing."""

    kind: Kind
    span: Span
    subject: Subject | None
    includes_fixed_fee: bool
    wanted: Wanted
    archived: bool
    words: Mapping[str, str]


def question(call: Call, kind: Kind, given: Mapping[str, str]) -> Question:
    """The question of some words; empty ones were not said. Raises `Invalid` for what they do not mean."""
    words = {name: text.strip() for name, text in given.items() if text.strip()}
    if unknown := sorted(set(words) - kind.words):
        raise Invalid(f"{kind.label} does not know {unknown[0][:50]}.", field=unknown[0][:50])
    here = company.of(call)
    asked = span(
        words.get("span", Unit.CUSTOM.value if "to" in words else Unit.MONTH.value),
        _day(words, "from"),
        _day(words, "to"),
        today=company.today(call),
        week_start_day=here.week_start_day,
    )
    return Question(
        kind=kind,
        span=asked,
        subject=_subject(kind, words.get("by")),
        # What is not invoiced counts fees, and so does profit; time does not, as in the API.
        includes_fixed_fee=_flag(words, "fixed_fee", default=kind in (Kind.UNINVOICED, Kind.PROFIT)) or False,
        wanted=Wanted(
            period=asked.period,
            client_id=_id(words, "client"),
            project_id=_id(words, "project"),
            task_id=_id(words, "task"),
            category_id=_id(words, "category"),
            user_id=_id(words, "person"),
            role_id=_id(words, "role"),
            billable=_flag(words, "billable"),
            is_billed=_flag(words, "invoiced"),
            approval=_approval(words),
        ),
        archived=_flag(words, "archived") or False,
        words=words,
    )


def _subject(kind: Kind, word: str | None) -> Subject | None:
    choices = {SUBJECT_WORDS[each]: each for each in kind.subjects}
    if word is None:
        return kind.subjects[0] if choices and kind.ledger is None else None
    if word not in choices:
        raise Invalid(f"by must be one of {', '.join(choices)}.", field="by")
    return choices[word]


def _day(words: Mapping[str, str], name: str) -> date | None:
    return read_date(words[name], field=name) if name in words else None


def _id(words: Mapping[str, str], name: str) -> int | None:
    text = words.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS_MAX):
        raise Invalid(f"{name} must be the number of one.", field=name)
    return int(text)


def _flag(words: Mapping[str, str], name: str, *, default: bool | None = None) -> bool | None:
    text = words.get(name)
    if text is None:
        return default
    if text.lower() not in _YES | _NO:
        raise Invalid(f"{name} must be yes or no.", field=name)
    return text.lower() in _YES


def _approval(words: Mapping[str, str]) -> Approval | None:
    text = words.get("approval")
    found = next((each for each in Approval if each.value == text), None)
    if text is not None and found is None:
        raise Invalid(f"approval must be one of {', '.join(Approval)}.", field="approval")
    return found
