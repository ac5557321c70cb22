"""`harbor tables`: Harper's databases and tables, SQL over them, files into them and out of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, Final

import click

from harbor.cli.options_values import read_file
from harbor.cli.output import Failure
from harbor.cli.tables_export import export
from harbor.cli.tables_import import import_
from harbor.cli.tables_session import Tables, with_tables

COLUMNS: Final = ("table", "key", "records", "attributes", "last_change")
# The server reads no longer statement.
_SQL_BYTES_MAX: Final = 1024 * 1024


@click.group()
def tables() -> None:
    """Tables: Harper's databases, asked and filled from here. Any client of Harper sees the same tables.

    The user is `admin` and the password the one that `harbor init` printed, unless HARPER_USERNAME and HARPER_PASSWORD
    say otherwise.

    \b
    Example:
      harbor tables list
      harbor tables sql 'SELECT name, age FROM dev.dog WHERE age > 3'
    """


@tables.command("list")
@click.argument("database", required=False)
@with_tables
def list_(session: Tables, *, database: str | None) -> None:
    """List databases and tables with their keys and how many records they hold; of DATABASE, or all that may be seen.

    \b
    Example:
      harbor tables list
      harbor tables list dev --json
    """
    found = session.ask("describe_all")
    if database is not None:
        if database not in found:
            raise Failure(
                f"database '{database}' does not exist",
                hint="`harbor tables list` shows what there is.",
                code="database_missing",
            )
        found = {database: found[database]}
    data = [row for name in sorted(found) for row in _rows(name, found[name])]
    session.out.table({"data": data}, COLUMNS)


@tables.command()
@click.argument("statement", required=False, metavar="[STATEMENT]")
@click.option("--explain", is_flag=True, help="Show how it would be run, and which index would help; run nothing.")
@click.option("--csv", "as_csv", is_flag=True, help="Answer in CSV.")
@with_tables
def sql(session: Tables, *, statement: str | None, explain: bool, as_csv: bool) -> None:
    """Run one SQL STATEMENT; without it, or with `-`, what standard input says.

    A SELECT prints its rows, with --json as one array; the other statements print what they changed.

    \b
    Example:
      harbor tables sql 'SELECT name, age FROM dev.dog WHERE age > 3'
      harbor tables sql --csv 'SELECT * FROM dev.dog'
      harbor tables sql --explain "SELECT * FROM dev.dog WHERE name = 'Penny'"
    """
    text = _statement(statement)
    if explain:
        text = f"EXPLAIN {text}"
    if as_csv and not session.out.as_json:
        click.echo(session.text("sql", accept="text/csv", sql=text), nl=False)
        return
    answer = json.loads(session.text("sql", sql=text))
    if session.out.as_json:
        # A pipe in an old locale takes no umlauts; escapes mean the same to every reader of JSON.
        is_narrow = not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
        click.echo(json.dumps(answer, ensure_ascii=is_narrow, indent=2))
    elif isinstance(answer, dict):
        session.out.record(answer)
    else:
        columns = list(dict.fromkeys(name for row in answer for name in row))
        session.out.table({"data": answer}, columns, is_titled=False)


tables.add_command(import_)
tables.add_command(export)


def _rows(database: str, found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not found:
        yield {"table": f"{database}.", "database": database}
    for name in sorted(found):
        one = found[name]
        yield {
            "table": f"{database}.{name}",
            "database": database,
            "name": name,
            "key": one["primary_key"],
            "records": one.get("record_count"),
            "attributes": len(one["attributes"]),
            "last_change": _moment(one.get("last_updated_record")),
        }


def _moment(ms: float | None) -> str | None:
    from datetime import UTC, datetime

    if not ms:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _statement(given: str | None) -> str:
    if given is None and sys.stdin.isatty():
        raise click.UsageError("There is no statement: name it, or send it to standard input.")
    if given is None or given == "-":
        try:
            given = read_file("-", _SQL_BYTES_MAX).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise click.UsageError("The statement is not UTF-8.") from None
    if not given.strip():
        raise click.UsageError("There is no statement: name it, or send it to standard input.")
    return given
