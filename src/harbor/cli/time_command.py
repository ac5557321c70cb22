"""`harbor time`: a timer, hours that were worked, and what was tracked, through Harvest's API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import click

from harbor.cli.output import Failure
from harbor.cli.time_choice import Day, Hours, project_and_task, today
from harbor.cli.time_export import export
from harbor.cli.time_import import import_
from harbor.cli.time_session import Harvest, with_harvest

COLUMNS: Final = ("day", "hours", "client", "project", "task", "notes", "state")
_DAYS: Final = 7
_LIMIT_MAX: Final = 2_000

_project_option = click.option(
    "--project", required=True, metavar="PROJECT", help="Name, code or id of a project of yours."
)
_task_option = click.option("--task", required=True, metavar="TASK", help="Name or id of a task on it.")
_notes_option = click.option("--notes", metavar="TEXT", help="What it was for.")
_day_option = click.option(
    "--date", "day", type=Day(), metavar="DAY", help="YYYY-MM-DD or yesterday.  [default: today]"
)


@click.group()
def time() -> None:
    """Time: Harvest's timer and entries. Any client of Harvest sees the same ones.

    The token and the account are those that `harbor init` printed, or of the console's page Developers. A project and a
    task are named by their id, their name, or how it begins.

    \b
    Example:
      harbor time start --project Pier --task Programming
      harbor time stop
      harbor time log 1:30 --project Pier --task Design --notes 'first sketch'
      harbor time list --from 2026-05-01
    """


time.add_command(import_)
time.add_command(export)


@time.command()
@_project_option
@_task_option
@_notes_option
@_day_option
@with_harvest
def start(harvest: Harvest, *, project: str, task: str, notes: str | None, day: date | None) -> None:
    """Start a timer. The one that runs is stopped in the same moment.

    \b
    Example:
      harbor time start --project Pier --task Programming --notes 'the gate'
    """
    _show(harvest, harvest.make("/v2/time_entries", _entry(harvest, project, task, notes, day)))


@time.command()
@with_harvest
def stop(harvest: Harvest) -> None:
    """Stop the timer. Ends with 1 if none runs.

    \b
    Example:
      harbor time stop --json
    """
    found = _running(harvest)
    if found is None:
        raise Failure("No timer of yours runs.", hint="`harbor time start` starts one.", code="no_timer")
    _show(harvest, harvest.change(f"/v2/time_entries/{found['id']}/stop"))


@time.command()
@with_harvest
def status(harvest: Harvest) -> None:
    """Show the timer that runs, if one does; with --json as `running`, which is null if none does.

    \b
    Example:
      harbor time status
    """
    found = _running(harvest)
    if harvest.out.as_json:
        harvest.out.record({"running": found})
    elif found is None:
        harvest.out.note("No timer of yours runs.")
    else:
        harvest.out.record(_row(found))


@time.command()
@click.argument("hours", type=Hours(), metavar="HOURS")
@_project_option
@_task_option
@_notes_option
@_day_option
@with_harvest
def log(harvest: Harvest, *, hours: str, project: str, task: str, notes: str | None, day: date | None) -> None:
    """Track HOURS that were worked: 1.5 or 1:30.

    \b
    Example:
      harbor time log 1:30 --project Pier --task Design
      harbor time log 0.25 --project Pier --task Design --date yesterday
    """
    _show(harvest, harvest.make("/v2/time_entries", {**_entry(harvest, project, task, notes, day), "hours": hours}))


@time.command("list")
@click.option("--from", "first", type=Day(), metavar="DAY", help=f"First day.  [default: {_DAYS} days back]")
@click.option("--to", "last", type=Day(), metavar="DAY", help="Last day.  [default: today]")
@click.option("--everybody", is_flag=True, help="Of all whose time you may see, and not only your own.")
@click.option("--limit", type=click.IntRange(1, _LIMIT_MAX), default=100, show_default=True, help="At most so many.")
@with_harvest
def list_(harvest: Harvest, *, first: date | None, last: date | None, everybody: bool, limit: int) -> None:
    """List what was tracked, the last day first.

    \b
    Example:
      harbor time list
      harbor time list --from 2026-05-01 --to 2026-05-31 --everybody --json
    """
    until = last or today()
    asked: dict[str, object] = {"from": first or until - timedelta(days=_DAYS), "to": until, "per_page": limit}
    if not everybody:
        asked["user_id"] = _me(harvest)
    found = harvest.get("/v2/time_entries", **asked)
    entries, total = found["time_entries"], found["total_entries"]
    if harvest.out.as_json:
        harvest.out.record({"data": entries, "total": total})
        return
    columns = ("person", *COLUMNS) if everybody else COLUMNS
    harvest.out.table({"data": [_row(each) for each in entries]}, columns)
    if entries:
        hours = sum(each["hours"] for each in entries)
        harvest.out.note(f"{hours:.2f} hours in {len(entries)} of {total} entries.")


def _entry(harvest: Harvest, project: str, task: str, notes: str | None, day: date | None) -> dict[str, object]:
    project_id, task_id = project_and_task(harvest, project, task)
    asked: dict[str, object] = {"project_id": project_id, "task_id": task_id, "spent_date": str(day or today())}
    return asked if notes is None else {**asked, "notes": notes}


def _running(harvest: Harvest) -> Mapping[str, Any] | None:
    found = harvest.get("/v2/time_entries", user_id=_me(harvest), is_running="true", per_page=1)["time_entries"]
    return found[0] if found else None


def _me(harvest: Harvest) -> int:
    return int(harvest.get("/v2/users/me")["id"])


def _show(harvest: Harvest, entry: Mapping[str, Any]) -> None:
    harvest.out.record(entry if harvest.out.as_json else _row(entry))


def _row(entry: Mapping[str, Any]) -> dict[str, Any]:
    is_open = not (entry["is_running"] or entry["is_locked"])
    return {
        "day": entry["spent_date"],
        "hours": f"{entry['hours']:.2f}",
        "person": entry["user"]["name"],
        "client": entry["client"]["name"],
        "project": entry["project"]["name"],
        "task": entry["task"]["name"],
        "notes": entry["notes"],
        "state": "open" if is_open else "running" if entry["is_running"] else entry["locked_reason"],
        "id": entry["id"],
    }
