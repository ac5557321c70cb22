"""The records of `harper_operations` and the requests that its lines are about, the same for Harper and the bare limit."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Book = dict[str, Any]

GROUP = 10  # books of one author
AUTHOR_YEARS_FROM = 1975  # of the 75 years from 1950 on: two books of three
HUNDRED = 100
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "jetty")
_PRIME = 7_919
TABLE = {"database": "shop", "table": "book"}


def book(number: int, total: int) -> Book:
    """A record of eight fields; the same for the same number."""
    chance = random.Random(number)
    return {
        "id": number,
        "title": f"{chance.choice(_WORDS)} {chance.choice(_WORDS)} {number}",
        "year": 1950 + number % 75,
        "author": f"author-{number * _PRIME % max(1, total // GROUP)}",
        "price": round(chance.random() * 100, 2),
        "stock": chance.randrange(1_000),
        "is_new": bool(number % 2),
        "kind": chance.choice(_WORDS),
    }


def books(first: int, count: int, total: int) -> list[Book]:
    """Records in an order that has nothing to do with their keys: the numbers below `total`, each once."""
    return [book(place * _PRIME % total, total) for place in range(first, first + count)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the benchmark: `make(number, total)` gives a request's body, on a table of `total` records.

    `original` is what Harper itself did a second at its best, and `times` how much more is wanted. `works` is how many
    requests wait together for one sync of the bare store. `full` and `quick` are how many are sent a round.
    """

    name: str
    what: str
    make: Callable[[int, int], dict[str, Any]]
    original: float
    times: float
    full: int
    quick: int
    writes: bool = False
    works: int = 1


def _by_id(number: int, total: int) -> dict[str, Any]:
    return {
        "operation": "search_by_id",
        **TABLE,
        "ids": [number * _PRIME % total],
        "get_attributes": ["*"],
    }


def _by_value(number: int, total: int) -> dict[str, Any]:
    value = _author(number, total)
    return {"operation": "search_by_value", **TABLE, "attribute": "author", "value": value, "get_attributes": ["*"]}


def _by_conditions(number: int, total: int) -> dict[str, Any]:
    return {
        "operation": "search_by_conditions",
        **TABLE,
        "operator": "and",
        "limit": GROUP,
        "get_attributes": ["*"],
        "conditions": [
            {"attribute": "author", "comparator": "equals", "value": _author(number, total)},
            {"attribute": "year", "comparator": "greater_than_equal", "value": AUTHOR_YEARS_FROM},
        ],
    }


def _author(number: int, total: int) -> str:
    return f"author-{number * _PRIME % max(1, total // GROUP)}"


def _sql_by_key(number: int, total: int) -> dict[str, Any]:
    return {"operation": "sql", "sql": f"SELECT * FROM shop.book WHERE id = {number * _PRIME % total}"}


def _groups(_number: int, _total: int) -> dict[str, Any]:
    text = "SELECT kind, COUNT(*) AS books, AVG(price) AS price FROM shop.book GROUP BY kind"
    return {"operation": "sql", "sql": text}


def _upsert(number: int, total: int) -> dict[str, Any]:
    changed = {**book(number * _PRIME % total, total), "stock": number % 1_009, "price": number % 9_973 / 100}
    return {"operation": "upsert", **TABLE, "records": [changed]}


def _insert(number: int, total: int) -> dict[str, Any]:
    return {"operation": "insert", **TABLE, "records": [book(total + number, total)]}


def _insert_hundred(number: int, total: int) -> dict[str, Any]:
    first = (total << 8) + number * HUNDRED
    records = [book(each, total) for each in range(first, first + HUNDRED)]
    return {"operation": "insert", **TABLE, "records": records}


LINES = (
    Line(name="by_id", what="search_by_id", make=_by_id, original=6_900, times=1.5, full=4_000, quick=400),
    Line(
        name="by_value",
        what="search_by_value, ten rows",
        make=_by_value,
        original=2_700,
        times=3,
        full=2_000,
        quick=200,
    ),
    Line(
        name="conditions",
        what="search_by_conditions",
        make=_by_conditions,
        original=1_600,
        times=3,
        full=2_000,
        quick=200,
    ),
    Line(name="sql", what="SQL by key", make=_sql_by_key, original=900, times=3, full=2_000, quick=200),
    Line(name="groups", what="SQL group by over all rows", make=_groups, original=1.9, times=10, full=10, quick=4),
    Line(
        name="upsert",
        what="upsert one",
        make=_upsert,
        original=3_300,
        times=3,
        full=2_000,
        quick=200,
        writes=True,
        works=32,
    ),
    Line(
        name="insert",
        what="insert one",
        make=_insert,
        original=2_200,
        times=3,
        full=2_000,
        quick=200,
        writes=True,
        works=32,
    ),
    Line(
        name="hundred", what="insert 100", make=_insert_hundred, original=103, times=1.5, full=60, quick=8, writes=True
    ),
)
