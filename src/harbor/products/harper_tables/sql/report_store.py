"""Counting and adding up over all records of a table, group by group, in the store itself.

Values are sorted by their kind of JSON, so that true is not 1 and a text is no number. Sums are exact: of integers by
their halves, of decimals as ten-thousandths where that is what they are (SQLite), or as decimals (PostgreSQL). Measured
on 100,000 records: 80 ms for a count and a mean, against 150 ms for fetching the two values and adding them up here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from harbor.kernel.storage.database import Row, Tx

# Below it a ten-thousandth is exact in a double, and 900 million of them fit the sum.
_SCALE, _SCALED_BELOW = 10_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of one column besides how many values it has."""

    name: str
    sum: bool
    ends: bool


@dataclass(frozen=True, slots=True)
class Column:
    """What was found of one column in one group; `least`, `largest` and `total` are of its numbers alone.

    `summed` are the numbers that could be added up exactly, `numbers` those that the ends are of.
    """

    present: int
    summed: int = 0
    numbers: int = 0
    total: int | Decimal = 0
    least: Any = None
    largest: Any = None


@dataclass(frozen=True, slots=True)
class Group:
    """One group: its keys as JSON text (None where there is nothing), how many records, and its columns."""

    keys: tuple[str | None, ...]
    count: int
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """From `low` (inclusive) up to `high` (exclusive); None is open."""

    low: bytes
    high: bytes | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """Where an attribute's entry lies, or (None) the key of the record: in one of `spans`."""

    attribute_id: int | None
    spans: Sequence[Ends]


def can_name(name: str) -> bool:
    """Whether a property's name can stand in a path of SQLite."""
    return '"' not in name and "\\" not in name


def groups(
    tx: Tx, table_id: int, keys: Sequence[str], columns: Sequence[Wanted], where: Sequence[Within] = ()
) -> list[Group]:
    """All groups of a table by the values of `keys`, of the records that lie within all of `where`."""
    engine = _SQLITE if tx.engine == "sqlite" else _POSTGRES
    values: dict[str, object] = {"table_id": table_id, "now": tx.now_us}
    terms = "".join(_term(each, place, values) for place, each in enumerate(where))
    inner, middle, outer = [], [], []
    for place, name in enumerate(keys):
        values[f"key{place}"] = engine.path.format(name=name)
        inner.append(engine.key.format(n=place))
        middle.append(f"k{place}")
        outer.append(engine.shown_key.format(n=place))
    for place, column in enumerate(columns):
        values[f"column{place}"] = engine.path.format(name=column.name)
        parts = [engine.count, *([engine.sum] if column.sum else []), *([engine.ends] if column.ends else [])]
        inner.append(engine.value.format(n=place))
        middle += [part.middle.format(n=place) for part in parts]
        outer += [part.outer.format(n=place) for part in parts]
    by = f"GROUP BY {', '.join(f'k{place}' for place in range(len(keys)))}" if keys else ""
    rows = tx.rows(
        f"""
        SELECT {", ".join([*outer, "count(*) AS n"])}
        FROM (
            SELECT {", ".join(middle) or "1 AS one"}
            FROM (
                SELECT {", ".join(inner) or "1 AS one"} FROM harper_records
                WHERE table_id = :table_id AND (expires_at IS NULL OR expires_at > :now) {terms}
                {engine.apart}
            ) AS records
            {engine.apart}
        ) AS kinds
        {by}
        """,
        **values,
    )
    return [
        Group(
            tuple(row[f"k{place}"] for place in range(len(keys))),
            row["n"],
            tuple(engine.read(row, place) for place in range(len(columns))),
        )
        for row in rows
    ]


def _term(within: Within, place: int, values: dict[str, object]) -> str:
    column = "key" if within.attribute_id is None else "value_key"
    options = []
    for number, span in enumerate(within.spans):
        name = f"{place}_{number}"
        values[f"low{name}"] = span.low
        option = f"{column} >= :low{name}"
        if span.high is not None:
            values[f"high{name}"] = span.high
            option += f" AND {column} < :high{name}"
        options.append(option)
    either = " OR ".join(options)
    if within.attribute_id is None:
        return f" AND ({either})"
    values[f"attribute{place}"] = within.attribute_id
    return f" AND key IN (SELECT record_key FROM harper_index WHERE attribute_id = :attribute{place} AND ({either}))"


@dataclass(frozen=True, slots=True)
class _Part:
    """One thing to know of a column: what is made of each record, and what of a group."""

    middle: str
    outer: str


@dataclass(frozen=True, slots=True)
class _Engine:
    path: str
    key: str
    shown_key: str
    value: str
    count: _Part
    sum: _Part
    ends: _Part
    apart: str
    read: Callable[[Row, int], Column]


def _sqlite_column(row: Row, place: int) -> Column:
    whole = ((row.get(f"h{place}") or 0) << 32) + (row.get(f"l{place}") or 0)
    integers, decimals = row.get(f"i{place}") or 0, row.get(f"q{place}") or 0
    return Column(
        present=row[f"c{place}"],
        summed=integers + decimals,
        numbers=row.get(f"m{place}") or 0,
        total=whole + Decimal(row[f"s{place}"]) / _SCALE if decimals else whole,
        least=row.get(f"a{place}"),
        largest=row.get(f"z{place}"),
    )


def _postgres_column(row: Row, place: int) -> Column:
    numbers = row.get(f"m{place}") or row.get(f"i{place}") or 0
    ends = [row.get(f"a{place}"), row.get(f"z{place}")]
    least, largest = (None if end is None else float(end) if "." in end else int(end) for end in ends)
    summed = row.get(f"s{place}") or "0"
    total = Decimal(summed) if "." in summed else int(summed)
    return Column(row[f"c{place}"], numbers, numbers, total, least, largest)


# LIMIT -1 keeps SQLite from working a value out once for each use of it.
_SQLITE = _Engine(
    path='$."{name}"',
    key="doc -> :key{n} AS k{n}",
    shown_key="k{n}",
    value="doc ->> :column{n} AS v{n}, json_type(doc, :column{n}) AS t{n}",
    count=_Part("nullif(t{n}, 'null') AS p{n}", "count(p{n}) AS c{n}"),
    sum=_Part(
        f"""
        CASE WHEN t{{n}} = 'integer' THEN v{{n}} END AS i{{n}},
        CASE
            WHEN t{{n}} = 'real' AND abs(v{{n}}) < {_SCALED_BELOW} AND round(v{{n}} * {_SCALE}) / {_SCALE}.0 = v{{n}}
            THEN CAST(round(v{{n}} * {_SCALE}) AS INTEGER)
        END AS q{{n}}""",
        """
        count(i{n}) AS i{n}, count(q{n}) AS q{n}, sum(i{n} >> 32) AS h{n}, sum(i{n} & 4294967295) AS l{n},
        sum(q{n}) AS s{n}""",
    ),
    ends=_Part(
        "CASE WHEN t{n} IN ('integer', 'real') THEN v{n} END AS e{n}",
        "count(e{n}) AS m{n}, min(e{n}) AS a{n}, max(e{n}) AS z{n}",
    ),
    apart="LIMIT -1",
    read=_sqlite_column,
)
_POSTGRES = _Engine(
    path="{name}",
    key="doc -> :key{n}::TEXT AS k{n}",
    shown_key="k{n}::TEXT AS k{n}",
    value="doc -> :column{n}::TEXT AS v{n}",
    count=_Part("nullif(jsonb_typeof(v{n}), 'null') AS p{n}", "count(p{n}) AS c{n}"),
    sum=_Part(
        "CASE WHEN jsonb_typeof(v{n}) = 'number' THEN v{n}::NUMERIC END AS i{n}",
        "count(i{n}) AS i{n}, sum(i{n})::TEXT AS s{n}",
    ),
    ends=_Part(
        "CASE WHEN jsonb_typeof(v{n}) = 'number' THEN v{n}::NUMERIC END AS e{n}",
        "count(e{n}) AS m{n}, min(e{n})::TEXT AS a{n}, max(e{n})::TEXT AS z{n}",
    ),
    apart="",
    read=_postgres_column,
)
