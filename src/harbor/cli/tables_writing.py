"""Records into a file: under another name until it is whole, then in the place of what was there."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

from harbor.cli.output import Failure
from harbor.cli.tables_values import cell, json_line

Write = Callable[[dict[str, Any]], None]


@contextmanager
def writing(file: str, form: str, names: list[str]) -> Iterator[Write]:
    """What writes a record to `file`, which takes its name when the block ends well. `names` are columns known before."""
    with ExitStack() as ends:
        stream = ends.enter_context(_standard_output() if file == "-" else _replacing(Path(file)))
        # Any record may bring a column, and the head of CSV names them all: it is written when all have come.
        rows = ends.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8")) if form == "csv" else stream
        count = 0
        columns = dict.fromkeys(names)

        def write(record: dict[str, Any]) -> None:
            nonlocal count
            if form == "json":
                rows.write("[\n" if not count else ",\n")
            elif form == "csv":
                columns.update(dict.fromkeys(record))
                record = {name: cell(value) for name, value in record.items()}
            rows.write(json_line(record) + ("" if form == "json" else "\n"))
            count += 1

        try:
            yield write
            if form == "json":
                rows.write("\n]\n" if count else "[]\n")
            elif form == "csv":
                _sheet(rows, list(columns), stream)
            stream.flush()
        except OSError as error:
            raise Failure(
                f"{file} cannot be written: {error.strerror or error}.", hint="Is there room on the disk?", code="file"
            ) from None


def _sheet(rows: TextIO, columns: list[str], stream: TextIO) -> None:
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    if columns:
        writer.writeheader()
    rows.seek(0)
    writer.writerows(json.loads(line) for line in rows)


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    """Standard output in UTF-8, whatever the locale says: it is a file for somebody."""
    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True)
    try:
        yield stream
    finally:
        stream.detach()


@contextmanager
def _replacing(file: Path) -> Iterator[TextIO]:
    """A new file beside `file`. It takes the name when the block ends well, and goes if it does not."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
    except OSError as error:
        raise Failure(
            f"{file} cannot be written: {error.strerror or error}.", hint="Choose another place.", code="file"
        ) from None
    part = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(descriptor)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
