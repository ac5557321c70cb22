"""The month as a calendar: the hours of each day and week."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from harbor.kernel.call import Call
from harbor.kernel.http.page import Html
from harbor.kernel.http.routes import Route
from harbor.products.harvest_timesheets.pages import days
from harbor.products.harvest_timesheets.pages.acting import get
from harbor.products.harvest_timesheets.time_entries import approval

MONTH = f"{days.TIME}/month"


def show(call: Call, query: days.At) -> Html:
    """The weeks that touch the month."""
    sheet = days.sheet(call, query.date, query.person)
    first = sheet.day.replace(day=1)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    start = approval.week_of(first, sheet.here.week_start_day)
    end = approval.week_of(last, sheet.here.week_start_day) + timedelta(days=6)
    found = days.entries(call, sheet.user.id, start, end)
    by_day: dict[date, int] = {}
    for entry in found:
        day = date.fromisoformat(entry["spent_date"])
        by_day[day] = by_day.get(day, 0) + entry["hours_e2"]
    weeks = []
    while start <= end:
        week = [start + timedelta(days=count) for count in range(7)]
        inside = [each for each in found if week[0].isoformat() <= each["spent_date"] <= week[-1].isoformat()]
        line = {
            "start": start,
            "days": [(day, by_day.get(day, 0), day.month == first.month) for day in week],
            "total_e2": sum(by_day.get(day, 0) for day in week),
            "state": days.state_of(inside),
        }
        weeks.append(line)
        start += timedelta(days=7)
    context = {
        **days.around(sheet, "Month"),
        "first": first,
        "weeks": weeks,
        "total_e2": sum(value for day, value in by_day.items() if day.month == first.month),
        "earlier": (first - timedelta(days=1)).replace(day=1),
        "later": last + timedelta(days=1),
    }
    return Html("month.html", "Timesheet", context)


ROUTES: tuple[Route, ...] = (get("harvest.month", MONTH, show),)
