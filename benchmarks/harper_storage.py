"""Where do Harper's records and the index of every attribute live best? Asked of bare stores, for decision 0001.

`index table`: one table of records and one of index entries (attribute, value, key), fixed for all tables of all
customers. Against it: the same with a row id of its own, with the documents as JSONB, and a table for each Harper table
with an expression index for each attribute. On PostgreSQL also as Harper sends it, in arrays, and with tables of records and
entries for each Harper table, which need no DDL for an attribute. 9 attributes a record, 1,000 records a request, synced commits.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import apsw
import psycopg

from benchmarks.measuring import Options, Report, command
from benchmarks.postgres import postgres
from harbor.products.harper_tables.ordering import index_key, order_key

_REQUEST = 1_000
_GROUP = 10  # records that share a value
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "jetty")
Record = dict[str, Any]
Run = Callable[[str, tuple[Any, ...]], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to keep records: its tables, how a record becomes rows, and the three questions."""

    name: str
    create: tuple[str, ...]
    statements: tuple[str, ...]
    rows: Callable[[Record], tuple[list[tuple[Any, ...]], ...]]
    by_key: str
    by_value: str
    group: str
    key: Callable[[object], object] = order_key


def _record(number: int, total: int, chance: random.Random) -> Record:
    return {
        "id": number,
        "title": f"{chance.choice(_WORDS)} {chance.choice(_WORDS)} {number}",
        "year": 1950 + number % 75,
        "author": f"author-{number * 7919 % max(1, total // _GROUP)}",
        "price": round(chance.random() * 100, 2),
        "stock": chance.randrange(1_000),
        "is_new": bool(number % 2),
        "kind": chance.choice(_WORDS),
        "note": chance.choice(_WORDS) * 3,
    }


def _indexed(record: Record) -> tuple[list[tuple[Any, ...]], ...]:
    key = order_key(record["id"])
    entries = [(place, index_key(value), key) for place, value in enumerate(record.values()) if place]
    return [(1, key, json.dumps(record, separators=(",", ":")), 1, 1)], entries


def _plain(record: Record) -> tuple[list[tuple[Any, ...]], ...]:
    return ([(record["id"], json.dumps(record, separators=(",", ":")), 1, 1)],)


_NAMES = tuple(_record(1, 10, random.Random(1)))


def _index_table(name: str, *, document: str, blob: str, bind: str, show: str, pick: str, tail: str = "") -> Shape:
    return Shape(
        name=name,
        create=(
            f"CREATE TABLE records (table_id BIGINT, key {blob}, doc {document}, created_at BIGINT, updated_at BIGINT, "
            f"PRIMARY KEY (table_id, key)){tail}",
            f"CREATE TABLE entries (attribute_id BIGINT, value_key {blob}, record_key {blob}, "
            f"PRIMARY KEY (attribute_id, value_key, record_key)){tail}",
        ),
        statements=(f"INSERT INTO records VALUES (?, ?, {bind}, ?, ?)", "INSERT INTO entries VALUES (?, ?, ?)"),
        rows=_indexed,
        by_key=f"SELECT {show} FROM records WHERE table_id = 1 AND key = ?",
        by_value=f"SELECT {show} FROM entries AS e JOIN records AS r ON r.table_id = 1 AND r.key = e.record_key "
        "WHERE e.attribute_id = 3 AND e.value_key = ?",
        group=f"SELECT {pick % 'kind'} AS k, count(*), avg(CAST({pick % 'price'} AS REAL)) "
        "FROM records WHERE table_id = 1 GROUP BY k",
    )


def _table_each(*, document: str, key: str, bind: str, show: str, pick: str) -> Shape:
    indexes = (f"CREATE INDEX by_{name} ON own (({pick % name}))" for name in _NAMES[1:])
    return Shape(
        name="a table each",
        create=(
            f"CREATE TABLE own (id {key} PRIMARY KEY, doc {document}, created_at BIGINT, updated_at BIGINT)",
            *indexes,
        ),
        statements=(f"INSERT INTO own VALUES (?, {bind}, ?, ?)",),
        rows=_plain,
        by_key=f"SELECT {show} FROM own WHERE id = ?",
        by_value=f"SELECT {show} FROM own WHERE {pick % 'author'} = ?",
        group=f"SELECT {pick % 'kind'} AS k, count(*), avg(CAST({pick % 'price'} AS REAL)) FROM own GROUP BY k",
        key=lambda value: value,
    )


def _in_arrays(name: str, *, shared: str) -> Shape:
    """The index table of PostgreSQL as it is used; or, without what is `shared`, a pair of tables for each Harper table."""
    first = "table_id BIGINT, " if shared else ""
    one = "1, " if shared else ""
    mine = "table_id = 1 AND " if shared else ""
    joined = "r.table_id = 1 AND " if shared else ""
    return Shape(
        name=name,
        create=(
            f"CREATE TABLE records ({first}key BYTEA, doc JSONB, created_at BIGINT, updated_at BIGINT, "
            f"PRIMARY KEY ({shared}key))",
            "CREATE TABLE entries (attribute_id BIGINT, value_key BYTEA, record_key BYTEA, "
            "PRIMARY KEY (attribute_id, value_key, record_key))",
        ),
        statements=(
            f"INSERT INTO records SELECT {one}key, doc::JSONB, made, changed "
            "FROM unnest(?::BYTEA[], ?::TEXT[], ?::BIGINT[], ?::BIGINT[]) AS given (key, doc, made, changed)",
            "INSERT INTO entries SELECT * FROM unnest(?::BIGINT[], ?::BYTEA[], ?::BYTEA[])",
        ),
        rows=_arrays,
        by_key=f"SELECT doc FROM records WHERE {mine}key = ?",
        by_value=f"SELECT doc FROM entries AS e JOIN records AS r ON {joined}r.key = e.record_key "
        "WHERE e.attribute_id = 3 AND e.value_key = ?",
        group="SELECT (doc ->> 'kind') AS k, count(*), avg(CAST((doc ->> 'price') AS REAL)) FROM records GROUP BY k",
    )


def _arrays(record: Record) -> tuple[list[tuple[Any, ...]], ...]:
    records, entries = _indexed(record)
    return [row[1:] for row in records], entries


_LITE = "json_extract(doc, '$.%s')"
SQLITE = (
    _index_table("index table", document="TEXT", blob="BLOB", bind="?", show="doc", pick=_LITE, tail=" WITHOUT ROWID"),
    _index_table("with row ids", document="TEXT", blob="BLOB", bind="?", show="doc", pick=_LITE),
    _index_table(
        "as JSONB", document="BLOB", blob="BLOB", bind="jsonb(?)", show="json(doc)", pick=_LITE, tail=" WITHOUT ROWID"
    ),
    _table_each(document="TEXT", key="INTEGER", bind="?", show="doc", pick=_LITE),
)
POSTGRES = (
    _index_table("index table", document="TEXT", blob="BYTEA", bind="?", show="doc", pick="(doc::jsonb ->> '%s')"),
    _index_table("as JSONB", document="JSONB", blob="BYTEA", bind="?", show="doc", pick="(doc ->> '%s')"),
    _in_arrays("as JSONB, in arrays", shared="table_id, "),
    _in_arrays("as JSONB, in arrays, tables each", shared=""),
    _table_each(document="JSONB", key="BIGINT", bind="?", show="doc", pick="(doc ->> '%s')"),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one shape can do."""

    load_per_s: float
    by_key_us: float
    by_value_us: float
    group_ms: float
    bytes_each: float


def _measure(
    shape: Shape, run: Run, run_many: Callable[[str, list[tuple[Any, ...]]], object], *, total: int
) -> Measured:
    for statement in shape.create:
        run(statement, ())
    chance = random.Random(7)
    numbers = list(range(total))
    chance.shuffle(numbers)
    records = [_record(number, total, chance) for number in numbers]
    began = time.perf_counter()
    for first in range(0, total, _REQUEST):
        made = [shape.rows(record) for record in records[first : first + _REQUEST]]
        run("BEGIN", ())
        for place, statement in enumerate(shape.statements):
            run_many(statement, [row for rows in made for row in rows[place]])
        run("COMMIT", ())
    load = total / (time.perf_counter() - began)
    by_key = _timed(run, shape.by_key, (shape.key(number) for number in numbers[:2_000]))
    authors = (shape.key(f"author-{number}") for number in range(min(2_000, total // _GROUP)))
    by_value = _timed(run, shape.by_value, authors)
    group = median(_timed(run, shape.group, iter([None])) for _ in range(3))
    return Measured(load, by_key * 1e6, by_value * 1e6, group * 1e3, 0)


def _timed(run: Run, sql: str, values: Iterator[object]) -> float:
    began, count = time.perf_counter(), 0
    for value in values:
        rows = run(sql, () if value is None else (value,))
        assert rows, sql
        count += 1
    return (time.perf_counter() - began) / count


def _on_sqlite(shape: Shape, folder: Path, total: int) -> Measured:
    path = folder / f"{shape.name.replace(' ', '_')}.db"
    connection = apsw.Connection(str(path))
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -65536", "wal_autocheckpoint = 4000"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    measured = _measure(
        shape,
        lambda sql, values: connection.execute(sql, values).fetchall(),
        lambda sql, rows: connection.executemany(sql, rows),
        total=total,
    )
    connection.close()
    return Measured(
        measured.load_per_s, measured.by_key_us, measured.by_value_us, measured.group_ms, path.stat().st_size / total
    )


def _on_postgres(shape: Shape, dsn: str, total: int) -> Measured:
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor(binary=True) as cursor:

        def run(sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
            cursor.execute(sql.replace("?", "%s").encode(), values)
            return cursor.fetchall() if cursor.description else []

        def run_many(sql: str, rows: list[tuple[Any, ...]]) -> None:
            if "unnest" in sql:
                run(sql, tuple(list(column) for column in zip(*sorted(rows), strict=True)))
            else:
                cursor.executemany(sql.replace("?", "%s").encode(), rows)

        measured = _measure(shape, run, run_many, total=total)
        run("VACUUM", ())
        size = run("SELECT pg_database_size(current_database())", ())[0][0] - _EMPTY_POSTGRES
    return Measured(measured.load_per_s, measured.by_key_us, measured.by_value_us, measured.group_ms, size / total)


_EMPTY_POSTGRES = 7_500_000  # what a new database takes


async def ask(options: Options) -> Report:
    """Loading, two searches, a report over all rows and the disk, shape by shape."""
    report = Report("harper_storage", "keeping Harper's records", "the index table")
    total = options.size(100_000, 2_000)
    options.place.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=options.place) as folder:
        _compare(report, "SQLite", [(shape, _on_sqlite(shape, Path(folder), total)) for shape in SQLITE])
        with postgres(Path(folder)) as server:
            few = options.size(30_000, 1_000)
            _compare(report, "PostgreSQL", [(each, _on_postgres(each, server.database(), few)) for each in POSTGRES])
    report.notes.append(
        f"{total:,} records on SQLite; {_REQUEST:,} a request; {len(_NAMES)} attributes; a value is shared by {_GROUP}"
    )
    return report


def _compare(report: Report, engine: str, measured: list[tuple[Shape, Measured]]) -> None:
    first = measured[0][1]
    for shape, found in measured:
        what = f"{engine}, {shape.name}"
        report.value(f"{what}: load", found.load_per_s, unit="1/s", other=first.load_per_s)
        report.value(f"{what}: by key", found.by_key_us, unit="us", other=first.by_key_us)
        report.value(f"{what}: by value, ten rows", found.by_value_us, unit="us", other=first.by_value_us)
        report.value(f"{what}: group by over all", found.group_ms, unit="ms", other=first.group_ms)
        report.value(f"{what}: disk a record", found.bytes_each, unit="B", other=first.bytes_each)


if __name__ == "__main__":
    command(ask)
