"""`harbor tables import`: a file of records into a table, in parts that can be taken up again."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from harbor.cli.backup_remote import progress
from harbor.cli.output import Exit, Failure, plain
from harbor.cli.tables_reading import Part, parts
from harbor.cli.tables_session import Tables, table_name, with_tables
from harbor.cli.tables_values import json_line

SUFFIXES: Final = {".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}
FORMATS: Final = ("csv", "json", "jsonl")
REASONS_MAX: Final = 20
_LOOK_S: Final = 0.02
_LOOK_S_MAX: Final = 1.0
_LOADED: Final = re.compile(r"successfully loaded (\d+) of (\d+) records")
_ROW: Final = re.compile(r"row (\d+): ")


@dataclass(slots=True)
class Loaded:
    """How far an import is: rows of the file that are done, those that were written, and why others were not."""

    rows: int
    written: int = 0
    reasons: list[str] = field(default_factory=list)


@click.command("import")
@click.argument("file", metavar="FILE")
@click.option("--table", required=True, metavar="DATABASE.TABLE", help="Where the records go.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="What FILE is; by default what its name ends with.")
@click.option(
    "--action",
    type=click.Choice(["insert", "update", "upsert"]),
    default="insert",
    show_default=True,
    help="insert leaves records alone that are there, update those that are not, upsert writes all.",
)
@click.option("--key", metavar="ATTRIBUTE", help="Make the table, with this primary key, if it is not there.")
@click.option("--skip", type=click.IntRange(min=0), default=0, help="Leave out so many rows: go on where it ended.")
@with_tables
def import_(
    session: Tables, *, file: str, table: str, form: str | None, action: str, key: str | None, skip: int
) -> None:
    """Write the records of FILE (CSV, JSON or JSON lines; `-` is standard input) into a table, part by part.

    CSV has a head of attributes, and its cells become numbers, booleans, dates and JSON as in csv_data_load. A file that
    ends early, by Ctrl-C or trouble, says how to go on. Ends with 1 if a row could not be written.

    \b
    Example:
      harbor tables import dogs.csv --table dev.dog --key id
      harbor tables import dogs.jsonl --table dev.dog --action upsert
      harbor tables import dogs.csv --table dev.dog --skip 20000
    """
    database, name = table_name(table)
    known = form or _form_of(file)
    at = Loaded(skip)
    with _opened(file) as (raw, size):
        if key is not None:
            _make(session, database, name, key)
        write = _by_job if known == "csv" else _by_write
        stream = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        with _resumable(at, file, table), progress(session.out, f"into {plain(table)}", size, in_bytes=True) as moved:
            seen = 0
            for part in parts(stream, known, skip=skip):
                write(session, {"database": database, "table": name, "action": action}, part, at)
                at.rows = part.first + part.rows - 1
                seen, before = _place(raw), seen
                moved(seen - before)
        stream.detach()
    rows = at.rows - skip
    document = {"table": f"{database}.{name}", "rows": rows, "written": at.written, "left_alone": rows - at.written}
    session.out.record({**document, "reasons": at.reasons} if at.reasons or session.out.as_json else document)
    if at.reasons:
        click.get_current_context().exit(Exit.REFUSED)


def _make(session: Tables, database: str, name: str, key: str) -> None:
    try:
        session.ask("create_table", database=database, table=name, primary_key=key)
    except Failure as failure:
        if failure.code != "table_exists":
            raise


def _by_write(session: Tables, where: dict[str, str], part: Part, at: Loaded) -> None:
    """One write, whole or not at all."""
    head = json_line({"operation": where["action"], "database": where["database"], "table": where["table"]})
    answer = session.send(f'{head[:-1]},"records":[{part.text}]}}'.encode())
    done = next(
        (answer[name] for name in ("inserted_hashes", "update_hashes", "upserted_hashes") if name in answer), ()
    )
    at.written += len(done)


def _by_job(session: Tables, where: dict[str, str], part: Part, at: Loaded) -> None:
    """A bulk load, which knows what cells of CSV mean; its rows are written one by one where they must."""
    job_id = session.ask("csv_data_load", **where, data=part.text)["job_id"]
    job = _ended(session, job_id)
    message = job["message"] if isinstance(job["message"], str) else json_line(job["message"])
    if job["status"] != "COMPLETE":
        raise Failure(message, hint="Change what the message names.", code="load_failed")
    if match := _LOADED.match(message):
        at.written += int(match[1])
    for reason in (job.get("result") or {}).get("reasons", ()):
        if len(at.reasons) < REASONS_MAX:
            at.reasons.append(_ROW.sub(lambda row: f"row {int(row[1]) + part.first - 1}: ", str(reason), count=1))


def _ended(session: Tables, job_id: str) -> dict[str, Any]:
    wait_s = _LOOK_S
    while True:
        found = session.ask("get_job", id=job_id)
        if not found:
            raise Failure(f"Job {job_id} is gone.", hint="The server's log may tell why.", code="job_missing")
        if found[0]["status"] in ("COMPLETE", "ERROR"):
            job: dict[str, Any] = found[0]
            return job
        time.sleep(wait_s)
        wait_s = min(_LOOK_S_MAX, wait_s * 1.5)


@contextmanager
def _resumable(at: Loaded, file: str, table: str) -> Iterator[None]:
    """Whatever ends an import early says what is done and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise _ended_early(
            Failure("It was interrupted.", code="interrupted", exit_code=Exit.INTERRUPTED), at, file, table
        ) from None
    except Failure as failure:
        raise _ended_early(failure, at, file, table) from failure


def _ended_early(failure: Failure, at: Loaded, file: str, table: str) -> Failure:
    # What was refused was not written. Without an answer nobody knows about the part that was under way.
    is_known = failure.exit_code not in (Exit.UNREACHABLE, Exit.INTERRUPTED)
    if is_known and not at.rows:
        return failure
    done = f"{at.rows} rows are done" + ("" if is_known else ", the part after them perhaps")
    again = f"harbor tables import {file} --table {table} --skip {at.rows}" if at.rows else "the same command"
    return Failure(
        f"{failure.message.rstrip('.')}. {done}.",
        hint=f"{(failure.hint or 'Try again.').rstrip('.')}. Go on with {again}; records with keys are not doubled.",
        code=failure.code,
        exit_code=Exit(failure.exit_code),
        facts={**failure.facts, "rows_done": at.rows},
    )


@contextmanager
def _opened(file: str) -> Iterator[tuple[BinaryIO, int | None]]:
    if file == "-":
        yield sys.stdin.buffer, None
        return
    try:
        stream = Path(file).open("rb")  # noqa: SIM115 (closed below; only opening it may fail so)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror or error}.") from error
    with stream:
        yield stream, Path(file).stat().st_size


def _place(raw: BinaryIO) -> int:
    try:
        return raw.tell()
    except OSError:  # a pipe has no place
        return 0


def _form_of(file: str) -> str:
    form = SUFFIXES.get(Path(file).suffix.lower())
    if form is None:
        raise click.UsageError(f"{file} does not say by its name what it is: pass --format csv, json or jsonl.")
    return form
