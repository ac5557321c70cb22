"""What commands print: tables and records for people, JSON for programs, failures for both.

Results go to stdout, everything else to stderr. rich is imported at the first table, so that `--help` stays quick.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

# Wider than any row, so that nothing is folded or cut: an id must be copyable, and a terminal wraps by itself.
_WIDTH: Final = 1_000_000
_STYLES: Final[Mapping[str, str]] = {
    "active": "green",
    "delivered": "green",
    "passed": "green",
    "retrying": "yellow",
    "paused": "yellow",
    "suspended": "yellow",
    "failed": "red",
    "disabled": "red",
    "revoked": "red",
    "archived": "red",
}


class Exit(IntEnum):
    """How the program ends. `INTERRUPTED` is what shells expect after Ctrl-C."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    INTERRUPTED = 130


class Failure(click.ClickException):
    """Why a command ends without success. Raise it anywhere in a command.

    `hint` says what to do next, `code` is for programs, `facts` are further fields of the JSON form.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: str = "failed",
        exit_code: Exit = Exit.REFUSED,
        request_id: str | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code
        self.exit_code = exit_code  # type: ignore[misc]  # click documents it on the class and reads it here
        self.request_id = request_id
        self.facts = dict(facts or {})


def show_failure(error: click.ClickException, *, as_json: bool) -> None:
    """Write `error` to stderr: `error: …` with `next: …` and `request: …`, or one JSON object on one line."""
    failure = error if isinstance(error, Failure) else _usage_failure(error)
    if as_json:
        known = {"code": failure.code, "message": failure.message, "hint": failure.hint}
        facts = {name: value for name, value in failure.facts.items() if value is not None}
        click.echo(_line({"error": known | {"request_id": failure.request_id} | facts}, sys.stderr), err=True)
        return
    click.echo(f"error: {plain(failure.message)}", err=True)
    if failure.hint:
        click.echo(f"next: {plain(failure.hint)}", err=True)
    if failure.request_id:
        click.echo(f"request: {plain(failure.request_id)}", err=True)


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command puts its results: for programs with `as_json`, else for people."""

    as_json: bool

    def record(self, document: Mapping[str, Any], *, tables: Mapping[str, Sequence[str]] | None = None) -> None:
        """One thing: a JSON document, or a line for each field. `tables` gives columns for fields that are lists."""
        if self.as_json:
            click.echo(json.dumps(document, ensure_ascii=_is_narrow(sys.stdout), indent=2))
            return
        listed = tables or {}
        _print(_record({name: value for name, value in document.items() if name not in listed}))
        for name, columns in listed.items():
            if document.get(name):
                click.echo(f"\n{_title(name)}")
                _print(_table(document[name], columns))

    def table(self, document: Mapping[str, Any], columns: Sequence[str], *, is_titled: bool = True) -> None:
        """A list object: a JSON document, or a table of `columns` over its `data`, and where it goes on.

        Names of columns become titles, unless they are somebody else's: then not `is_titled`.
        """
        if self.as_json:
            click.echo(json.dumps(document, ensure_ascii=_is_narrow(sys.stdout), indent=2))
            return
        if not document["data"]:
            self.note("Nothing found.")
            return
        _print(_table(document["data"], columns, is_titled=is_titled))
        if document.get("has_more"):
            self.note(f"There is more: --starting-after {document['end_cursor']}, or a larger --limit.")

    def line(self, item: Mapping[str, Any], text: str) -> None:
        """One item of a stream, at once: a line of JSON, or `text`, whose parts the caller made `plain`."""
        click.echo(_line(item, sys.stdout) if self.as_json else text)

    def note(self, text: str) -> None:
        """A remark for people, on stderr; programs do not get it."""
        if not self.as_json:
            click.echo(plain(text), err=True)

    def warn(self, text: str) -> None:
        """A remark that nobody should miss, on stderr in either form."""
        click.echo(plain(text), err=True)


def plain(value: object) -> str:
    """`value` as text for a terminal, on one line.

    Whatever a terminal would act upon (line breaks, escapes, marks that turn text around) is shown as `\\x1b`: names,
    payloads and replies come from strangers.
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        text = ", ".join(value) or "-"
    elif isinstance(value, list | tuple | Mapping):
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = str(value)
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def _usage_failure(error: click.ClickException) -> Failure:
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = None if context is None else f"`{context.command_path} --help` shows how."
    is_usage = isinstance(error, click.UsageError)
    code = "wrong_usage" if is_usage else "failed"
    return Failure(error.format_message(), hint=hint, code=code, exit_code=Exit.USAGE if is_usage else Exit.REFUSED)


def _line(document: Mapping[str, Any], stream: Any) -> str:
    return json.dumps(document, ensure_ascii=_is_narrow(stream), separators=(",", ":"))


def _is_narrow(stream: Any) -> bool:
    # A pipe in an old locale takes no umlauts; escapes mean the same to every reader of JSON.
    return not (getattr(stream, "encoding", None) or "").lower().replace("-", "").startswith("utf")


def _record(fields: Mapping[str, Any]) -> RenderableType:
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    for name, value in fields.items():
        grid.add_row(_text(_title(name), "bold"), _cell(value))
    return grid


def _table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, is_titled: bool = True) -> RenderableType:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(_text(_title(name) if is_titled else plain(name), ""))
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in columns))
    return table


def _cell(value: object) -> RenderableType:
    return _text(plain(value), _STYLES.get(value, "") if isinstance(value, str) else "")


def _text(words: str, style: str) -> RenderableType:
    from rich.text import Text

    return Text(words, style=style)


def _title(name: str) -> str:
    return plain(name.replace("_", " "))


def _print(content: RenderableType) -> None:
    from rich.console import Console

    console = Console(file=sys.stdout, width=_WIDTH, markup=False, highlight=False, emoji=False)
    with console.capture() as captured:
        console.print(content)
    # rich fills every row up to its column's width; the blanks at the ends are no part of the result.
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))
