"""`harbor time import`: an account of Harvest elsewhere into one here, watched until its report is there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import click

from harbor.cli.backup_remote import progress
from harbor.cli.options import FROM_HARVEST_TOKEN, from_harvest_token_option
from harbor.cli.output import Exit, Failure
from harbor.cli.time_csv import import_csv
from harbor.cli.time_session import Harvest, with_harvest

HARVEST_API: Final = "https://api.harvestapp.com"
OPEN: Final = ("waiting", "running")
_LOOK_S: Final = 0.1
_LOOK_S_MAX: Final = 2.0
_COUNTS: Final = ("resource", "seen", "added", "changed", "left_out")
_SHOWN_MAX: Final = 20


@click.command("import")
@click.option(
    "--from-harvest",
    "url",
    is_flag=False,
    flag_value=HARVEST_API,
    metavar="[URL]",
    help=f"Where the API of the source is.  [default: {HARVEST_API}]",
)
@click.option("--from-account", metavar="NUMBER", help="Number of the account at the source.")
@from_harvest_token_option
@click.option(
    "--full", is_flag=True, help="Read everything again, and not only what has changed since the last import."
)
@click.option("--follow", type=click.IntRange(min=1), metavar="ID", help="Watch an import that was started before.")
@click.option("--no-wait", is_flag=True, help="Start it, and do not wait for its end.")
@click.option(
    "--csv", "file", type=click.Path(), metavar="FILE", help="Time or expenses in CSV, instead of an account."
)
@click.option(
    "--kind",
    type=click.Choice(["time_entries", "expenses"]),
    default="time_entries",
    show_default=True,
    help="What the rows of FILE are.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; say what is wrong with rows of FILE, by line.")
@click.option("--create-missing", is_flag=True, help="Make clients, projects, tasks and categories that are missing.")
@with_harvest
def import_(
    harvest: Harvest,
    *,
    url: str | None,
    from_account: str | None,
    from_token: str | None,
    full: bool,
    follow: int | None,
    no_wait: bool,
    file: str | None,
    kind: str,
    dry_run: bool,
    create_missing: bool,
) -> None:
    """Import an account of Harvest: people, clients, projects, time, expenses, invoices, estimates, with their ids.

    Or the rows of a FILE of CSV, with the columns of Harvest's own exports.

    The server does it, and goes on after Ctrl-C, a crash or a pause that the source asks for; the same command again takes up
    watching it. Nothing is e-mailed. Afterwards both sides are compared. Ends with 1 if they differ, or if it failed.

    \b
    Example:
      harbor time import --from-harvest --from-account 123456
      harbor time import --from-harvest https://time.example/harvest --from-account 7 --json
      harbor time import --follow 3
      harbor time import --csv hours.csv --dry-run --create-missing
      harbor time import --csv expenses.csv --kind expenses
    """
    if file is not None:
        import_csv(harvest, file, kind=kind, dry_run=dry_run, create_missing=create_missing, waits=not no_wait)
        return
    if follow is None:
        started = _start(harvest, url, from_account, from_token, full=full)
        if no_wait:
            harvest.out.record(started if harvest.out.as_json else _line(started))
            return
        follow = int(started["id"])
    ended = _watched(harvest, follow)
    if ended["state"] != "done":
        raise Failure(
            ended["error"] or f"Import {follow} was {ended['state']}.",
            hint="Run the command again: what is here already is not doubled.",
            code=f"import_{ended['state']}",
            facts={"import": follow},
        )
    _show(harvest, harvest.get(f"/v2/imports/{follow}/report"))


def _start(
    harvest: Harvest, url: str | None, account: str | None, token: str | None, *, full: bool
) -> Mapping[str, Any]:
    for value, word in (
        (url, "--from-harvest"),
        (account, "--from-account"),
        (token, f"--from-token or {FROM_HARVEST_TOKEN}"),
    ):
        if not value:
            raise Failure(f"Pass {word}.", hint="--help shows an example.", code="usage_error", exit_code=Exit.USAGE)
    asked = {"source_url": url, "source_account_id": account, "source_token": token, "full": full}
    try:
        return _mapping(harvest.make("/v2/imports", asked))
    except Failure as failure:
        latest = harvest.get("/v2/imports", per_page=1)["imports"]
        if failure.code == "unprocessable" and latest and latest[0]["state"] in OPEN:
            harvest.out.note(f"Import {latest[0]['id']} goes on already; this watches it.")
            return _mapping(latest[0])
        raise


def _watched(harvest: Harvest, import_id: int) -> Mapping[str, Any]:
    """The import once it has ended, with a bar until then."""
    found = _mapping(harvest.get(f"/v2/imports/{import_id}"))
    done, wait_s = 0, _LOOK_S
    total = found["progress"]["total"]
    try:
        with progress(harvest.out, f"import {import_id}", total, in_bytes=False) as moved:
            while found["state"] in OPEN:
                moved(found["progress"]["done"] - done)
                done = found["progress"]["done"]
                time.sleep(wait_s)
                wait_s = min(_LOOK_S_MAX, wait_s * 1.5)
                found = _mapping(harvest.get(f"/v2/imports/{import_id}"))
    except KeyboardInterrupt:
        raise Failure(
            "It was interrupted here and goes on at the server.",
            hint=f"`harbor time import --follow {import_id}` watches it again.",
            code="interrupted",
            exit_code=Exit.INTERRUPTED,
            facts={"import": import_id},
        ) from None
    return found


def _show(harvest: Harvest, report: Mapping[str, Any]) -> None:
    if harvest.out.as_json:
        harvest.out.record(report)
    else:
        harvest.out.table({"data": report["counts"]}, _COUNTS)
        harvest.out.table({"data": report["totals"]}, ("measure", "source", "here", "subjects", "differing"))
        differing = [each for each in report["sums"] if each["difference"]]
        if differing:
            harvest.out.table({"data": differing[:_SHOWN_MAX]}, ("measure", "name", "source", "here", "difference"))
        if report["first_problems"]:
            shown = report["first_problems"][:_SHOWN_MAX]
            harvest.out.table({"data": shown}, ("phase", "resource", "id", "problem"))
        more = report["problems"] - _SHOWN_MAX
        if more > 0:
            harvest.out.note(f"{more} more are in the report: --json, or the console.")
        harvest.out.note("Nothing differs." if report["is_equal"] else "The two sides differ.")
    if not report["is_equal"]:
        click.get_current_context().exit(Exit.REFUSED)


def _line(started: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": started["id"], "state": started["state"], "source": started["source_url"]}


def _mapping(answer: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = answer
    return found
