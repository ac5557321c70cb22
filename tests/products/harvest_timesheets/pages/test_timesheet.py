"""A person's week: the day, the grid, the month, and its way through approval."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest
from tests.products.harper_tables.pages.workshop import Page
from tests.products.harvest_timesheets.pages.studio import BASE, Studio

from harbor.kernel.clock import ManualClock
from harbor.products.harvest_timesheets.pages import timesheet_week


def cells(page: Page) -> list[tuple[str, str]]:
    """The cells of a grid that can be typed into: what they are called and what they hold."""
    found = re.findall(r'name="cells" value="([^"]*)"><input name="hours" value="([^"]*)"', page.main)
    return [(html.unescape(name), value) for name, value in found]


def filled(page: Page, day: str, asked: list[str]) -> list[tuple[str, str]]:
    """The form of a grid with other hours in its first cells."""
    fields = [("date", day)]
    for number, (name, value) in enumerate(cells(page)):
        fields += [("cells", name), ("hours", asked[number] if number < len(asked) else value)]
    return fields


async def test_a_day_a_timer_a_week_and_its_approval(studio: Studio, clock: ManualClock) -> None:
    me = studio.max_
    empty = await studio.page("time", at=me)
    day = empty.value_of("date")
    assert "No time on this day yet." in empty.text
    assert "Sketching · Website" in empty.text

    # The day.
    new = {"work": studio.work, "date": day, "notes": "<b>wires</b>"}
    added = await studio.post("time", {**new, "hours": "1:30"}, at=me)
    assert "The time is tracked." in added.text
    assert "Total 1:30" in added.text
    assert "&lt;b&gt;wires" in added.main
    wrong = await studio.post("time", {**new, "hours": "1:75"}, at=me, status=422)
    assert wrong.refusal == ("hours", "Hours are written as 1:30 or 1.5, not 1:75.")
    unchosen = await studio.post("time", {"date": day, "hours": "1"}, at=me, status=422)
    assert unchosen.refusal == ("work", "Choose a project and a task.")

    # A timer, which counts on and stops.
    running = await studio.post("time", {"work": studio.work, "date": day}, at=me)
    assert "The timer runs." in running.text
    assert 'data-timer="0"' in running.main
    clock.advance(15 * 60)
    later = await studio.page(f"time?date={day}", at=me)
    assert 'data-timer="900"' in later.main
    stop = re.findall(r'action="/console([^"]*/stop)"', later.main)[0]
    stopped = await studio.post(stop, at=me)
    assert "Total 1:45" in stopped.text
    entry = stop.removesuffix("/stop")
    again = await studio.post(f"{entry}/restart", at=me)
    assert "The timer runs." in again.text
    await studio.post(stop, at=me)

    # An entry changed and removed.
    form = await studio.page(entry, at=me)
    assert form.value_of("hours") == "0:15"
    saved = await studio.post(entry, {"work": studio.work, "date": day, "hours": "0.5", "notes": "calls"}, at=me)
    assert "Total 2:00" in saved.text
    assert "calls" in saved.text
    gone = await studio.post(f"{entry}/delete", at=me)
    assert "Total 1:30" in gone.text

    # The grid: one form, all or nothing.
    week = await studio.page(f"time/week?date={day}", at=me)
    shown = cells(week)
    assert len(shown) == 7
    mine = next(number for number, (name, _) in enumerate(shown) if f"/{day}/" in name)
    typed = [value for _, value in shown]
    typed[mine], typed[(mine + 1) % 7] = "2", "0:45"
    kept = await studio.post("time/week", filled(week, day, typed), at=me)
    assert "The week is saved." in kept.text
    assert "Total" in kept.text
    assert sorted(value for _, value in cells(kept) if value) == ["0:45", "2:00"]
    stale = await studio.post("time/week", filled(week, day, ["9"] * 7), at=me, status=409)
    assert "was changed meanwhile" in stale.text
    broken = await studio.post("time/week", filled(kept, day, ["nine"] * 7), at=me, status=422)
    assert "not nine" in broken.refusal[1]
    same = await studio.post("time/week", filled(kept, day, []), at=me)
    assert "Nothing was changed." in same.text
    cleared = [value if number == mine else "" for number, (_, value) in enumerate(cells(kept))]
    emptied = await studio.post("time/week", filled(kept, day, cleared), at=me)
    assert [value for _, value in cells(emptied) if value] == ["2:00"]
    noted = await studio.post("time/week", filled(emptied, day, [""] * 7), at=me)
    assert [value for _, value in cells(noted) if value] == ["0:00"]
    await studio.post("time/week", filled(noted, day, typed), at=me)

    month = await studio.page(f"time/month?date={day}", at=me)
    assert "2:45" in month.text

    # Handed in, given back, handed in and approved.
    one = {"date": day}
    submitted = await studio.post("time/week/submit", one, at=me)
    assert "Handed in" in submitted.text
    inbox = await studio.page("approvals")
    start = inbox.value_of("week")
    assert "Max Member, week of" in inbox.text
    assert "2:45 hours, 2:45 of them billable." in inbox.text
    which = {"person": str(studio.colleague.id), "week": start}
    back = await studio.post("approvals/reject", which)
    assert "Nothing waits for you" in back.text
    await studio.post("approvals/approve", which, status=409)
    await studio.post("time/week/submit", one, at=me)
    withdrawn = await studio.post("time/week/withdraw", one, at=me)
    assert "Not handed in" in withdrawn.text
    await studio.post("time/week/submit", one, at=me)
    approved = await studio.post("approvals/approve", which)
    assert "The week is approved" in approved.text

    # What is locked is shown as such, and stays.
    locked = await studio.page(f"time/week?date={day}", at=me)
    assert cells(locked) == []
    assert "Approved" in locked.text
    assert "Item Approved and Locked for this Time Period" in locked.text
    refused = await studio.post("time", {**new, "hours": "1"}, at=me, status=422)
    assert refused.refusal == ("date", "Spent date is in a locked time period")
    shut = await studio.page(f"time?date={day}", at=me)
    assert "/restart" not in shut.main
    opened = await studio.post("time/week/withdraw", {**one, "person": str(studio.colleague.id)})
    assert "Not handed in" in opened.text


async def test_rights_are_those_of_the_person_in_harvest(on_sqlite: Studio) -> None:
    studio, today = on_sqlite, date(2026, 1, 1).isoformat()
    for path in ("time", "time/week", "time/month", "approvals"):
        told = await studio.page(path, at=studio.nobody)
        assert "You are in no account of Harvest" in told.text
        assert "person" in told.text
    assert (await studio.nobody.post(f"{BASE}/time", {"hours": "1"})).status == 403
    elsewhere = await studio.page("/sandbox/harvest/time")
    assert "Your Harvest is elsewhere" in elsewhere.text

    made = await studio.post("time", {"work": studio.work, "date": today, "hours": "1"})
    entry = re.findall(r"(/production/harvest/time/entries/\d+)\"", made.main)[0]
    for path in (entry, f"{entry}/delete", f"{entry}/stop"):
        reply = await (studio.max_.get(path) if path == entry else studio.max_.post(path))
        assert reply.status == 403
    assert (await studio.max_.get(f"{BASE}/time?person={studio.office.opened.administrator.id}")).status == 403
    assert (await studio.nobody.get(entry)).status == 404
    theirs = await studio.page(f"time?person={studio.colleague.id}")
    assert "This is the time of Max Member." in theirs.text
    none = await studio.page("approvals", at=studio.max_)
    assert "Approval is not yours" in none.text
    await studio.page("time?date=2026-13-01", status=422)
    await studio.page("time?date=0001-01-01", status=422)
    await studio.page("time/entries/x", status=404)


async def test_rows_are_added_and_taken_over_from_the_week_before(on_sqlite: Studio) -> None:
    studio, me = on_sqlite, on_sqlite.max_
    bare = await studio.page("time/week?date=2026-03-04", at=me)
    assert "Nothing this week yet" in bare.text
    added = await studio.page(f"time/week?date=2026-03-04&row={studio.work}", at=me)
    assert len(cells(added)) == 7
    await studio.post("time/week", filled(added, "2026-03-04", ["1", "", "2"]), at=me)
    copied = await studio.page("time/week?date=2026-03-11&copy=1", at=me)
    assert [value for _, value in cells(copied)] == [""] * 7
    other = await studio.page(f"time/week?date=2026-03-11&row={studio.work}", at=me)
    foreign = filled(other, "2026-03-04", ["1"])
    await studio.post("time/week", foreign, at=me, status=422)
    await studio.post("time/week", [("date", "2026-03-04"), ("cells", "x"), ("hours", "1")], at=me, status=422)
    await studio.post("time/week", [("date", "2026-03-04"), ("cells", "1/1/2026-03-04/")], at=me, status=422)
    await studio.page("time/week?row=nothing", at=me, status=422)


async def test_a_week_shows_some_of_many_rows_and_what_all_come_to(
    on_sqlite: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = on_sqlite
    of_project = f"/v2/projects/{studio.project['id']}"
    works = [studio.work]
    for name in ("Alpha", "Zeta"):
        task = await studio.office.task(name=name)
        await studio.office.admin.made(f"{of_project}/task_assignments", {"task_id": task["id"], "billable": True})
        works.append(f"{studio.project['id']}-{task['id']}")
    me, week = studio.max_, "time/week?date=2026-03-04"
    added = await studio.page(f"{week}&row={works[0]}&row={works[1]}", at=me)
    hours = ["1", *[""] * 6, "2"]
    await studio.post("time/week", filled(added, "2026-03-04", hours), at=me)
    monkeypatch.setattr(timesheet_week, "ROWS_MAX", 1)
    cut = await studio.page(week, at=me)
    assert len(cells(cut)) == 7
    assert "1 of 2 rows are shown. Change the others on their day, or choose them below." in cut.text
    assert "3:00" in cut.text, "the total counts all"
    assert "data-day-total" not in cut.main, "and is not that of the rows shown"
    chosen = await studio.page(f"{week}&row={works[0]}&row={works[2]}", at=me)
    assert "1 of 3 rows" in chosen.text
    assert {name.split("/")[1] for name, _ in cells(chosen)} == {works[2].partition("-")[2]}, "the last one chosen"
    saved = await studio.post("time/week", filled(chosen, "2026-03-04", ["4"]), at=me)
    assert "7:00" in saved.text
    assert "1 of 3 rows" in (await studio.page("time/week?date=2026-03-11&copy=1", at=me)).text
