"""Counting and adding up over all records of a table, group by group, in the store itself.

Values are sorted by their kind of JSON, so that true is not 1 and a text is no number. Sums are exact: of integers by
their halves, of decimals as ten-thousandths where that is what they are (SQLite), or as decimals (PostgreSQL). Measured
on 100,000 records: 60 ms for a count and a mean, against 150 ms for fetching the two values and adding them up here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from harbor.kernel.storage.database import Row, Tx

_SCALE = 10_000
# Below it a ten-thousandth is exact in a double, and so many of them fit the sum.
_SCALED_BELOW = 100_000_000


@dataclass(frozen=True, slots=True)
class Column:
    """What was found of one column in one group; `least`, `largest` and `total` are of its numbers alone."""

    present: int
    numbers: int
    is_exact: bool
    total: int | Decimal
    least: Any
    largest: Any


@dataclass(frozen=True, slots=True)
class Group:
    """One group: its keys as JSON text (None where there is nothing), how many records, and its columns."""

    keys: tuple[str | None, ...]
    count: int
    columns: tuple[Column, ...]


def can_name(name: str) -> bool:
    """Whether a property's name can stand in a path of SQLite."""
    return '"' not in name and "\\" not in name


def groups(tx: Tx, table_id: int, keys: Sequence[str], columns: Sequence[str]) -> list[Group]:
    """All groups of a table by the values of `keys`."""
    is_sqlite = tx.engine == "sqlite"
    values: dict[str, object] = {"table_id": table_id, "now": tx.now_us}
    inner, outer = [], []
    for place, name in enumerate(keys):
        values[f"key{place}"] = f'$."{name}"' if is_sqlite else name
        inner.append(f"doc -> :key{place} AS k{place}" if is_sqlite else f"doc -> :key{place}::TEXT AS k{place}")
        outer.append(f"k{place}" if is_sqlite else f"k{place}::TEXT AS k{place}")
    for place, name in enumerate(columns):
        values[f"column{place}"] = f'$."{name}"' if is_sqlite else name
        inner.append((_SQLITE_VALUE if is_sqlite else _POSTGRES_VALUE).format(n=place))
        outer.append((_SQLITE_COLUMN if is_sqlite else _POSTGRES_COLUMN).format(n=place))
    by = f"GROUP BY {', '.join(f'k{place}' for place in range(len(keys)))}" if keys else ""
    rows = tx.rows(
        f"""
        SELECT {", ".join([*outer, "count(*) AS n"])}
        FROM (
            SELECT {", ".join(inner) or "1 AS one"} FROM harper_records
            WHERE table_id = :table_id AND (expires_at IS NULL OR expires_at > :now)
            {"LIMIT -1" if is_sqlite else ""}
        ) AS records
        {by}
        """,
        **values,
    )
    column = _sqlite_column if is_sqlite else _postgres_column
    return [
        Group(
            tuple(row[f"k{place}"] for place in range(len(keys))),
            row["n"],
            tuple(column(row, place) for place in range(len(columns))),
        )
        for row in rows
    ]


# LIMIT -1 keeps SQLite from working the value out once for each use of it.
_SQLITE_VALUE = "doc ->> :column{n} AS v{n}, json_type(doc, :column{n}) AS t{n}"
_SQLITE_COLUMN = f"""
    sum(t{{n}} IS NOT NULL AND t{{n}} <> 'null') AS c{{n}},
    sum(t{{n}} IN ('integer', 'real')) AS m{{n}},
    sum(CASE WHEN t{{n}} = 'integer' THEN v{{n}} >> 32 END) AS h{{n}},
    sum(CASE WHEN t{{n}} = 'integer' THEN v{{n}} & 4294967295 END) AS l{{n}},
    sum(CASE WHEN t{{n}} = 'real' AND abs(v{{n}}) < {_SCALED_BELOW} THEN CAST(round(v{{n}} * {_SCALE}) AS INTEGER) END) AS s{{n}},
    sum(t{{n}} = 'real' AND (abs(v{{n}}) >= {_SCALED_BELOW} OR round(v{{n}} * {_SCALE}) / {_SCALE}.0 <> v{{n}})) AS x{{n}},
    sum(t{{n}} = 'real') AS r{{n}},
    min(CASE WHEN t{{n}} IN ('integer', 'real') THEN v{{n}} END) AS a{{n}},
    max(CASE WHEN t{{n}} IN ('integer', 'real') THEN v{{n}} END) AS z{{n}}"""
_POSTGRES_VALUE = """
    doc -> :column{n}::TEXT AS v{n}, jsonb_typeof(doc -> :column{n}::TEXT) AS t{n},
    CASE WHEN jsonb_typeof(doc -> :column{n}::TEXT) = 'number' THEN (doc -> :column{n}::TEXT)::NUMERIC END AS d{n}"""
_POSTGRES_COLUMN = """
    count(*) FILTER (WHERE t{n} <> 'null') AS c{n}, count(d{n}) AS m{n}, sum(d{n})::TEXT AS s{n},
    min(d{n})::TEXT AS a{n}, max(d{n})::TEXT AS z{n}"""


def _sqlite_column(row: Row, place: int) -> Column:
    whole = ((row[f"h{place}"] or 0) << 32) + (row[f"l{place}"] or 0)
    scaled = Decimal(row[f"s{place}"] or 0) / _SCALE
    return Column(
        present=row[f"c{place}"] or 0,
        numbers=row[f"m{place}"] or 0,
        is_exact=not row[f"x{place}"],
        total=whole + scaled if row[f"r{place}"] else whole,
        least=row[f"a{place}"],
        largest=row[f"z{place}"],
    )


def _postgres_column(row: Row, place: int) -> Column:
    return Column(
        present=row[f"c{place}"],
        numbers=row[f"m{place}"],
        is_exact=True,
        total=_number(row[f"s{place}"] or "0"),
        least=None if (least := row[f"a{place}"]) is None else _shown(least),
        largest=None if (largest := row[f"z{place}"]) is None else _shown(largest),
    )


def _number(text: str) -> int | Decimal:
    return Decimal(text) if "." in text else int(text)


def _shown(text: str) -> int | float:
    return float(text) if "." in text else int(text)
