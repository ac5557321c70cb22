"""The week as a grid: a row for each project and task, a cell for each day; and handing the week in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, HarborError, Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.locks import service as locks
from harbor.products.harvest_timesheets.locks.model import LockKind
from harbor.products.harvest_timesheets.pages import days, hours
from harbor.products.harvest_timesheets.pages.acting import get, post
from harbor.products.harvest_timesheets.time_entries import approval, service

NOTICES = {
    "week_saved": "The week is saved.",
    "week_same": "Nothing was changed.",
    "week_submitted": "The week is handed in for approval.",
    "week_withdrawn": "The week is taken back.",
}
WEEK = f"{days.TIME}/week"
# As many rows as a form can carry: each has two fields a day.
ROWS_MAX = 100
Key = tuple[int, int]


class Rows(days.At, kw_only=True):
    """The week, and rows besides those that have time: chosen ones, and with `copy=1` those of the week before."""

    row: list[str] = msgspec.field(default_factory=list)
    copy: str = ""


class Cells(Form, kw_only=True):
    """What stands in the grid. `cells` name the fields of `hours` in their order: project, task, day and what it was."""

    date: str = ""
    person: str = ""
    cells: list[str] = msgspec.field(default_factory=list)
    hours: list[str] = msgspec.field(default_factory=list)


class Which(Form, kw_only=True):
    """Whose week."""

    date: str = ""
    person: str = ""


@dataclass(slots=True)
class Cell:
    """A day of a row. `reason` says why it is not for typing; `name` is what the form calls it."""

    day: date
    entries: list[dict[str, Any]] = field(default_factory=list)
    reason: str | None = None
    name: str = ""

    @property
    def hours_e2(self) -> int:
        """What is tracked."""
        return sum(each["hours_e2"] for each in self.entries)


@dataclass(slots=True)
class Line:
    """A row of the grid. `work` names its project and task as forms do."""

    work: str
    client: str
    project: str
    task: str
    cells: list[Cell]

    @property
    def total_e2(self) -> int:
        """The hours of the row."""
        return sum(cell.hours_e2 for cell in self.cells)


def show(call: Call, query: Rows) -> Html:
    """The grid."""
    sheet = days.sheet(call, query.date, query.person)
    found = days.entries(call, sheet.user.id, sheet.week[0], sheet.week[-1])
    work = days.work(call, sheet.user.id) if sheet.can_write else []
    added = [days.chosen(word) for word in reversed(query.row)]
    copied: list[Key] = []
    if query.copy:
        before = days.entries(call, sheet.user.id, sheet.week[0] - timedelta(days=7), sheet.week[0] - timedelta(days=1))
        copied = [_key(each) for each in before]
    lines, count = _lines(call, sheet, found, work, added, copied)
    shown = {line.work for line in lines}
    totals = [sum(each["hours_e2"] for each in found if each["spent_date"] == str(day)) for day in sheet.week]
    state = days.state_of(found)
    context = {
        **days.around(sheet, "Week"),
        "lines": lines,
        "count": count,
        "totals": totals,
        "total_e2": sum(totals),
        "work": work,
        "shown": shown,
        "added": [word for word in map(_word, dict.fromkeys(reversed([*copied, *added]))) if word in shown],
        "state": state,
        "may_submit": sheet.can_write
        and sheet.here.approval_feature
        and any(each["approval_status"] == "unsubmitted" for each in found),
        "may_withdraw": sheet.can_write
        and (state == "submitted" or (bool(found) and access.me(call).is_administrator and state == "approved")),
        "earlier": sheet.day - timedelta(days=7),
        "later": sheet.day + timedelta(days=7),
    }
    return Html("week.html", "Timesheet", context)


def save(call: Call, environment: str, body: Cells) -> Answer:
    """Write the cells that were changed: all of them, or none."""
    sheet = days.sheet(call, body.date, body.person)
    if len(body.cells) != len(body.hours):
        raise Invalid("The form is not whole. Load the page anew.", field="cells")
    found = days.entries(call, sheet.user.id, sheet.week[0], sheet.week[-1])
    by_cell = _by_cell(found)
    count = 0
    for name, typed in zip(body.cells, body.hours, strict=True):
        project_id, task_id, day, was = _cell(name)
        if day not in sheet.week:
            raise Invalid("A cell is of another week. Load the page anew.", field="cells")
        if typed.strip() == was:
            continue
        there = by_cell.get(((project_id, task_id), str(day)), [])
        if (sheet.word(sum(each["hours_e2"] for each in there)) if there else "") != was or len(there) > 1:
            raise Conflict(f"{_told(day)} was changed meanwhile. Load the page anew; nothing was saved.")
        count += 1
        try:
            _write(call, sheet, (project_id, task_id), day, there, hours.read(typed))
        except HarborError as error:
            raise Invalid(f"{_told(day)}: {error.message}", code=error.code, field="hours") from None
    return go(WEEK.format(environment=environment), **sheet.asked, done="week_saved" if count else "week_same")


def submit(call: Call, environment: str, body: Which) -> Answer:
    """Hand in what of the week is not handed in yet."""
    sheet = days.sheet(call, body.date, body.person)
    approval.submit(call, _ids(call, sheet, {"unsubmitted", "submitted"}))
    return go(WEEK.format(environment=environment), **sheet.asked, done="week_submitted")


def withdraw(call: Call, environment: str, body: Which) -> Answer:
    """Take the week back; what is approved only administrators do."""
    sheet = days.sheet(call, body.date, body.person)
    approval.unsubmit(call, _ids(call, sheet, {"submitted", "approved"}))
    return go(WEEK.format(environment=environment), **sheet.asked, done="week_withdrawn")


def _lines(
    call: Call,
    sheet: days.Sheet,
    found: list[dict[str, Any]],
    work: Sequence[Any],
    added: Sequence[Key],
    copied: Sequence[Key],
) -> tuple[list[Line], int]:
    """The rows by client, project and task, and how many there are: if too many, first what was added, then what has time."""
    open_to = {
        (each.project.id, task.id): (each.client.name, each.project.name, task.name)
        for each in work
        for _, task in each.tasks
    }
    tracked = {_key(each): (each["client"]["name"], each["project"]["name"], each["task"]["name"]) for each in found}
    known = open_to | tracked
    keys = [key for key in dict.fromkeys((*added, *tracked, *copied)) if key in known]
    names = {key: known[key] for key in keys[:ROWS_MAX]}
    by_cell = _by_cell(found)
    cover = locks.cover(call, LockKind.TIME, [(key[0], sheet.user.id, day) for key in names for day in sheet.week])
    is_administrator = access.me(call).is_administrator
    lines = []
    for key, (client, project, task) in sorted(names.items(), key=lambda item: [name.casefold() for name in item[1]]):
        cells = []
        for day in sheet.week:
            entries = by_cell.get((key, day.isoformat()), [])
            cell = Cell(day, entries)
            is_closed = cover.covers(project_id=key[0], user_id=sheet.user.id, day=day) and not is_administrator
            cell.reason = _reason(sheet, cell, is_open=key in open_to, is_closed=is_closed)
            cell.name = f"{key[0]}/{key[1]}/{day}/{sheet.word(cell.hours_e2) if entries else ''}"
            cells.append(cell)
        lines.append(Line(_word(key), client, project, task, cells))
    return lines, len(keys)


def _by_cell(found: list[dict[str, Any]]) -> dict[tuple[Key, str], list[dict[str, Any]]]:
    """The entries of each row and day."""
    cells: dict[tuple[Key, str], list[dict[str, Any]]] = {}
    for each in found:
        cells.setdefault((_key(each), each["spent_date"]), []).append(each)
    return cells


def _key(entry: dict[str, Any]) -> Key:
    return entry["project"]["id"], entry["task"]["id"]


def _word(key: Key) -> str:
    return f"{key[0]}-{key[1]}"


def _reason(sheet: days.Sheet, cell: Cell, *, is_open: bool, is_closed: bool) -> str | None:
    if len(cell.entries) > 1:
        return f"{len(cell.entries)} entries: change them on the day"
    if any(each["is_running"] for each in cell.entries):
        return "A timer runs"
    if any(each["is_locked"] for each in cell.entries):
        return str(cell.entries[0]["locked_reason"])
    if is_closed:
        return "Locked for this Time Period"
    return None if sheet.can_write and is_open else "Not open to be tracked"


def _write(
    call: Call, sheet: days.Sheet, key: Key, day: date, there: Sequence[dict[str, Any]], hours_e2: int | None
) -> None:
    if not there:
        if hours_e2 is not None:
            new = service.NewEntry(
                project_id=key[0], task_id=key[1], spent_on=day, user_id=sheet.user.id, hours_e2=hours_e2
            )
            service.add(call, new)
        return
    entry = service.to_change(call, there[0]["id"])
    # Words that somebody wrote are not lost with a number.
    if hours_e2 is None and not entry.notes:
        service.delete(call, entry)
    else:
        service.change(call, entry, {"hours_e2": hours_e2 or 0})


def _ids(call: Call, sheet: days.Sheet, states: set[str]) -> list[int]:
    found = days.entries(call, sheet.user.id, sheet.week[0], sheet.week[-1])
    return [each["id"] for each in found if each["approval_status"] in states]


def _cell(name: str) -> tuple[int, int, date, str]:
    parts = name.split("/", 3)
    if len(parts) != 4:
        raise Invalid("A cell has no name. Load the page anew.", field="cells")
    project_id, task_id = days.chosen(f"{parts[0]}-{parts[1]}")
    return project_id, task_id, wire.read_date(parts[2], field="cells"), parts[3]


def _told(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B}"


ROUTES: tuple[Route, ...] = (
    get("harvest.week", WEEK, show),
    post("harvest.week.save", WEEK, save),
    post("harvest.week.submit", f"{WEEK}/submit", submit),
    post("harvest.week.withdraw", f"{WEEK}/withdraw", withdraw),
)
