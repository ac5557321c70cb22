"""What people type for time: a project and a task by name or id, hours, and days."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import click

from harbor.cli.output import Exit, Failure, plain
from harbor.cli.time_session import Harvest

_CLOCK: Final = re.compile(r"(\d{1,3}):([0-5]\d)")
_NUMBER: Final = re.compile(r"\d{1,3}(?:\.\d{1,4})?|\.\d{1,4}")
_NAMES_MAX: Final = 10


class Hours(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions of click alone
    """`1.5` and `1:30` are an hour and a half."""

    name = "hours"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        if match := _CLOCK.fullmatch(text):
            return f"{int(match[1]) + int(match[2]) / 60:.4f}"
        if _NUMBER.fullmatch(text) is None:
            self.fail(f"{text!r} is not like 1.5 or 1:30.", param, ctx)
        return text


class Day(click.ParamType):  # type: ignore[type-arg]
    """`2026-05-25`, `today` or `yesterday`, by the clock of this machine."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        text = str(value).strip().lower()
        if text in ("today", "yesterday"):
            return today() - timedelta(days=text == "yesterday")
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is not like 2026-05-25, today or yesterday.", param, ctx)


def today() -> date:
    """The day here, which is the one that people mean."""
    return date.today()  # noqa: DTZ011 (the person's own day)


def project_and_task(harvest: Harvest, project: str, task: str) -> tuple[int, int]:
    """The ids of a project that the person is on, and of a task on it. Raises `Failure` that shows what there is."""
    assignments = harvest.get("/v2/users/me/project_assignments")["project_assignments"]
    chosen = _chosen(project, "project", ((each["project"], each) for each in assignments))
    found = _chosen(task, "task", ((each["task"], each["task"]) for each in chosen["task_assignments"]))
    return chosen["project"]["id"], found["id"]


def _chosen(text: str, word: str, known: Iterable[tuple[Mapping[str, Any], Any]]) -> Any:
    """By id, by code, by name in any case, or by how the name of one alone begins."""
    pairs, wanted = list(known), text.strip().casefold()
    exact = [
        item
        for thing, item in pairs
        if wanted in (str(thing["id"]), str(thing["name"]).casefold(), str(thing.get("code") or "\0").casefold())
    ]
    found = exact or [item for thing, item in pairs if str(thing["name"]).casefold().startswith(wanted)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{plain(thing['name'])} ({thing['id']})" for thing, _ in pairs[:_NAMES_MAX])
    raise Failure(
        f"{len(found)} {word}s are called {plain(text)!r}."
        if found
        else f"No {word} of yours is called {plain(text)!r}.",
        hint=f"There are {names}." if names else f"Nobody has put you on a {word} yet.",
        code=f"{word}_ambiguous" if found else f"{word}_missing",
        exit_code=Exit.REFUSED,
    )
