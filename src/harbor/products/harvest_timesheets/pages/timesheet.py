"""The day: its entries, adding time or a timer, changing and removing an entry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.pages import days, hours
from harbor.products.harvest_timesheets.pages.acting import get, post
from harbor.products.harvest_timesheets.time_entries import reading, service, timers
from harbor.products.harvest_timesheets.time_entries.model import TimeEntry

NOTICES = {
    "time_added": "The time is tracked.",
    "timer_started": "The timer runs.",
    "timer_stopped": "The timer is stopped.",
    "time_saved": "The entry is saved.",
    "time_deleted": "The entry is gone.",
}
_ENTRY = f"{days.TIME}/entries/{{entry_id}}"


class Time(Form, kw_only=True):
    """Time as it is typed. `work` is project and task; without hours and an end a timer starts."""

    work: str = ""
    date: str = ""
    person: str = ""
    hours: str = ""
    started_time: str = ""
    ended_time: str = ""
    notes: str = ""


def show(call: Call, query: days.At) -> Html:
    """One day, with the week around it."""
    sheet = days.sheet(call, query.date, query.person)
    found = days.entries(call, sheet.user.id, sheet.week[0], sheet.week[-1])
    by_day = {
        day: sum(each["hours_e2"] for each in found if each["spent_date"] == day.isoformat()) for day in sheet.week
    }
    entries = [each for each in found if each["spent_date"] == sheet.day.isoformat()]
    context = {
        **days.around(sheet, "Day"),
        "entries": [_line(call, each) for each in entries],
        "total_e2": by_day[sheet.day],
        "strip": [(day, by_day[day]) for day in sheet.week],
        "work": days.work(call, sheet.user.id) if sheet.can_write else [],
        "earlier": sheet.day - timedelta(days=1),
        "later": sheet.day + timedelta(days=1),
    }
    return Html("day.html", "Timesheet", context)


def add(call: Call, environment: str, body: Time) -> Answer:
    """Track time on a day, or start a timer."""
    sheet = days.sheet(call, body.date, body.person)
    project_id, task_id = days.chosen(body.work)
    seen = _named(
        lambda: service.add(
            call,
            service.NewEntry(
                project_id=project_id,
                task_id=task_id,
                spent_on=sheet.day,
                user_id=sheet.user.id,
                hours_e2=hours.read(body.hours),
                started_time=_time(body.started_time, "started_time"),
                ended_time=_time(body.ended_time, "ended_time"),
                notes=body.notes.strip() or None,
            ),
        )
    )
    done = "timer_started" if seen.entry.is_running else "time_added"
    return go(days.TIME.format(environment=environment), **sheet.asked, done=done)


def edit(call: Call, entry_id: str) -> Html:
    """One entry and its form."""
    entry = reading.to_read(call, wire.read_id(entry_id))
    sheet = _sheet_of(call, entry)
    seen = reading.seen_one(call, entry)
    context = {
        **days.around(sheet, ""),
        "entry": entry,
        "seen": seen,
        "work": days.work(call, entry.user_id) if sheet.can_write else [],
        "chosen": f"{entry.project_id}-{entry.task_id}",
        "hours": sheet.word(seen.hours_e2),
    }
    return Html("entry.html", "Time entry", context, [("Timesheet", days.TIME)])


def save(call: Call, environment: str, entry_id: str, body: Time) -> Answer:
    """Change an entry."""
    entry = service.to_change(call, wire.read_id(entry_id))
    project_id, task_id = days.chosen(body.work)
    changes: dict[str, Any] = {
        "project_id": project_id,
        "task_id": task_id,
        "spent_on": wire.read_date(body.date, field="date"),
        "notes": body.notes.strip() or None,
    }
    # The form shows minutes: hours that read the same were not touched, and a running timer goes on.
    typed = hours.read(body.hours)
    shown = reading.seen_one(call, entry)
    if typed is not None and hours.word(typed) != hours.word(shown.hours_e2):
        changes["hours_e2"] = typed
    for name in ("started_time", "ended_time"):
        if time := _time(getattr(body, name), name):
            changes[name] = time
    after = _named(lambda: service.change(call, entry, changes)).entry
    return _back(call, environment, after, "time_saved")


def delete(call: Call, environment: str, entry_id: str) -> Answer:
    """Remove an entry."""
    entry = service.to_change(call, wire.read_id(entry_id))
    service.delete(call, entry)
    return _back(call, environment, entry, "time_deleted")


def stop(call: Call, environment: str, entry_id: str) -> Answer:
    """Stop the timer."""
    entry = service.to_change(call, wire.read_id(entry_id))
    service.refuse_locked(call, entry)
    return _back(call, environment, timers.stop(call, entry), "timer_stopped")


def restart(call: Call, environment: str, entry_id: str) -> Answer:
    """Start a timer on the entry again."""
    entry = service.to_change(call, wire.read_id(entry_id))
    return _back(call, environment, service.restart(call, entry).entry, "timer_started")


def _line(call: Call, entry: dict[str, Any]) -> dict[str, Any]:
    """An entry with the seconds of its clock, which the page counts on."""
    if not entry["is_running"]:
        return entry
    started = wire.read_moment(entry["timer_started_at"], field="timer_started_at")
    before = round(entry["hours_without_timer"] * 3_600)
    return {**entry, "seconds": before + max(0, int((call.tx.now - started).total_seconds()))}


def _back(call: Call, environment: str, entry: TimeEntry, done: str) -> Answer:
    return go(days.TIME.format(environment=environment), **_sheet_of(call, entry).asked, done=done)


def _sheet_of(call: Call, entry: TimeEntry) -> days.Sheet:
    return days.sheet(call, entry.spent_on.isoformat(), str(entry.user_id))


def _time(text: str, field: str) -> str | None:
    return wire.read_time(text, field=field) if text.strip() else None


def _named(act: Any) -> Any:
    """What `act` gives; a refusal that names the project or the task names the one field that holds both."""
    try:
        return act()
    except Invalid as error:
        names = {"project_id": "work", "task_id": "work", "spent_date": "date"}
        if error.field in names:
            raise Invalid(error.message, code=error.code, field=names[error.field]) from None
        raise


ROUTES: tuple[Route, ...] = (
    get("harvest.time", days.TIME, show),
    post("harvest.time.add", days.TIME, add),
    get("harvest.entry", _ENTRY, edit),
    post("harvest.entry.save", _ENTRY, save),
    post("harvest.entry.delete", f"{_ENTRY}/delete", delete),
    post("harvest.entry.stop", f"{_ENTRY}/stop", stop),
    post("harvest.entry.restart", f"{_ENTRY}/restart", restart),
)
