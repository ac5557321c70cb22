"""`harbor tables export`: a table, or what SQL finds, into a file that is there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from harbor.cli.backup_remote import progress
from harbor.cli.output import Failure, plain
from harbor.cli.tables_import import FORMATS, SUFFIXES
from harbor.cli.tables_session import Tables, table_name, with_tables
from harbor.cli.tables_writing import writing

PAGE: Final = 1_000
_QUERIES: Final = ("select", "with", "explain", "--", "/*")
# What the search compares; a table with other keys is exported by SQL.
_KEYS: Final = (str, int, float, datetime, bytes)


@click.command()
@click.option("--table", metavar="DATABASE.TABLE", help="A whole table.")
@click.option("--sql", "statement", metavar="STATEMENT", help="What a query finds.")
@click.option("--to", "file", required=True, metavar="FILE", help="Where it goes; `-` is standard output.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="By default what FILE ends with, else jsonl.")
@with_tables
def export(session: Tables, *, table: str | None, statement: str | None, file: str, form: str | None) -> None:
    """Write a table, or what a SELECT finds, to FILE as CSV, JSON (one array) or JSON lines.

    A table is read in pages by its key, so it may be of any size; each page is of one moment. FILE is replaced when all
    is there, and stays as it was when something fails.

    \b
    Example:
      harbor tables export --table dev.dog --to dogs.jsonl
      harbor tables export --sql 'SELECT name, age FROM dev.dog' --to dogs.csv
      harbor tables export --table dev.dog --to - --format jsonl
    """
    if (table is None) == (statement is None):
        raise click.UsageError("Name one of --table and --sql.")
    known = form or SUFFIXES.get(Path(file).suffix.lower(), "jsonl")
    names: list[str] = []
    if table is not None:
        database, name = table_name(table)
        described = session.ask("describe_table", database=database, table=name)
        names, total = [each["attribute"] for each in described["attributes"]], described.get("record_count")
        pages = _pages(session, database, name, described["primary_key"])
    else:
        pages, total = _found(session, str(statement)), None
    records = 0
    with (
        writing(file, known, names) as write,
        progress(session.out, plain(table or "found"), total, in_bytes=False) as moved,
    ):
        for page in pages:
            for record in page:
                write(record)
            records += len(page)
            moved(len(page))
    if file == "-":
        session.out.note(f"{records} records.")
    else:
        session.out.record({"file": file, "format": known, "records": records})


def _found(session: Tables, statement: str) -> Iterator[list[dict[str, Any]]]:
    if not statement.lstrip(" (\t\r\n").lower().startswith(_QUERIES):
        raise click.UsageError("Only what a query finds can be exported; `harbor tables sql` runs other statements.")
    found = session.ask("sql", sql=statement)
    if not isinstance(found, list):
        raise Failure("The statement found no rows but changed some.", hint="Ask with a SELECT.", code="no_select")
    yield found


def _pages(session: Tables, database: str, table: str, key: str) -> Iterator[list[dict[str, Any]]]:
    """The records in the order of their keys. A page that would be too large for one answer is asked for by halves."""
    size, last = PAGE, None
    while True:
        asked: dict[str, Any] = {"conditions": [{"attribute": key, "comparator": "greater_than", "value": last}]}
        if last is None:
            asked = {"conditions": [{"attribute": key, "comparator": "not_equal", "value": None}]}
        try:
            page = session.ask(
                "search_by_conditions",
                database=database,
                table=table,
                get_attributes=["*"],
                sort={"attribute": key},
                limit=size,
                **asked,
            )
        except Failure as failure:
            if failure.code != "answer_too_large" or size == 1:
                raise
            size = max(1, size // 2)
            continue
        if page:
            yield page
        if len(page) < size:
            return
        last = page[-1].get(key)
        if not isinstance(last, _KEYS):
            raise Failure(
                f"The keys of {database}.{table} have no order to read on by.",
                hint="Use --sql with LIMIT and OFFSET.",
                code="keys_without_order",
            )
