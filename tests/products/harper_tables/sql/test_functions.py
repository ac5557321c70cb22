"""Every function: results as documented, NULL through, and nothing where nothing can be said."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from tests.products.harper_tables.conftest import Instance

from harbor.kernel.errors import HarborError
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.sql import operators as op
from harbor.products.harper_tables.sql.aggregates import AGGREGATES
from harbor.products.harper_tables.sql.bounds import Bounds, Budget
from harbor.products.harper_tables.sql.compiling import Compiler, Fixed
from harbor.products.harper_tables.sql.functions import FUNCTIONS, Context
from harbor.products.harper_tables.sql.parsing import parsed
from harbor.products.harper_tables.sql.scope import Scope
from harbor.products.harper_tables.sql.tree import Query, Select

NOW_MS = 1_773_036_300_250  # 2026-03-09T06:05:00.250Z


def value(expression: str) -> Any:
    """The value of an expression without columns."""
    found = parsed(f"SELECT {expression}")
    statement = found.statement
    assert isinstance(statement, Query)
    assert isinstance(statement.body, Select)
    fixed = Fixed(
        found.values,
        found.written,
        Compat.V5,
        Context(NOW_MS),
        Budget(Bounds()),
        op.Comparing(Compat.V5),
        lambda query, scope: pytest.fail("no query here"),
    )
    return Compiler(fixed, Scope([])).run(statement.body.items[0].expr)(())


CASES = [
    # Text
    ("CONCAT('a', 1, NULL, TRUE)", "a1true"),
    ("CONCAT_WS('-', 'a', NULL, 2)", "a-2"),
    ("INSTR('Tides', 'd')", 3),
    ("INSTR('Tides', 'x')", 0),
    ("LEN('abc')", 3),
    ("LOWER('ABC')", "abc"),
    ("UPPER('abc')", "ABC"),
    ("REPLACE('banana', 'an', '-')", "b--a"),
    ("SUBSTRING('Tides', 2, 3)", "ide"),
    ("SUBSTRING('Tides', 2)", "ides"),
    ("SUBSTRING('Tides', -2)", "es"),
    ("TRIM('  x ')", "x"),
    ("'abc' REGEXP '^a.c$'", True),
    ("'abc' NOT REGEXP 'b'", False),
    ("REGEXP_LIKE('abc', 'B')", False),
    ("REGEXP_LIKE('abc', '(?i)B')", True),
    ("'Moss' LIKE 'mo%'", True),
    ("'Moss' LIKE '_o__'", True),
    ("'Moss' LIKE '%s'", True),
    ("'Moss' LIKE 'oss'", False),
    ("'a%b' LIKE 'a!%b' ESCAPE '!'", True),
    ("'axb' LIKE 'a!%b' ESCAPE '!'", False),
    ("'MÖSS' LIKE 'möss'", False),
    ("'a\nb' LIKE 'a_b'", True),
    # Numbers
    ("ABS(-2)", 2),
    ("CEIL(1.2)", 2),
    ("FLOOR(-1.2)", -2),
    ("EXP(0)", 1),
    ("ROUND(2.675, 2)", 2.68),
    ("ROUND(-2.5)", -3),
    ("ROUND(1234, -2)", 1200),
    ("SQRT(16)", 4),
    ("RANDOM(5) = RANDOM(5)", True),
    ("RANDOM() BETWEEN 0 AND 1", True),
    # Logic
    ("CASE WHEN 1 = 2 THEN 'a' ELSE 'b' END", "b"),
    ("CASE 3 WHEN 1 THEN 'a' WHEN 3 THEN 'c' END", "c"),
    ("IF(1 = 1, 'yes', 'no')", "yes"),
    ("IIF(NULL, 'yes', 'no')", "no"),
    ("IFNULL(NULL, 5)", 5),
    ("NULLIF(5, 5.0)", None),
    ("NULLIF(5, '5')", 5),
    ("COALESCE(NULL, undefined, 7)", 7),
    # Conversion
    ("CAST('12' AS INT)", 12),
    ("CAST(2.9 AS INTEGER)", 2),
    ("CAST('2.50' AS DECIMAL(10, 2))", 2.5),
    ("CAST(5 AS VARCHAR(20))", "5"),
    ("CONVERT(STRING, TRUE)", "true"),
    ("CONVERT(INT, '7')", 7),
    ("CAST('true' AS BOOLEAN)", True),
    ("CAST('{\"a\": 1}' AS JSON)", {"a": 1}),
    # Dates
    ("CURRENT_DATE()", "2026-03-09"),
    ("CURRENT_TIME()", "06:05:00.250"),
    ("CURRENT_TIMESTAMP", NOW_MS),
    ("NOW()", NOW_MS),
    ("GETDATE()", NOW_MS),
    ("DATE()", "2026-03-09T06:05:00.250+0000"),
    ("DATE(0)", "1970-01-01T00:00:00.000+0000"),
    ("DATE_ADD('2026-01-31', 1, 'months')", 1_772_236_800_000),
    ("DATE_ADD('2026-01-31', 1, 'M')", 1_772_236_800_000),
    ("DATE_ADD(0, 1, 'm')", 60_000),
    ("DATE_SUB(0, 1, 'day')", -86_400_000),
    ("DATE_DIFF('2026-01-02', '2026-01-01')", 86_400_000),
    ("DATE_DIFF('2026-01-02', '2026-01-01', 'hours')", 24),
    ("DATE_DIFF('2026-01-01T12:00:00Z', '2026-01-01', 'days')", 0.5),
    ("DATE_DIFF('2026-03-01', '2026-01-01', 'months')", 2),
    ("DATE_DIFF('2027-07-01', '2026-01-01', 'years')", 1.5),
    ("DATE_DIFF('2026-01-01', '2026-07-01', 'quarters')", -2),
    ("DATE_FORMAT('2026-03-09T06:05:00Z', 'DD MMM YYYY')", "09 Mar 2026"),
    ("DATE_FORMAT('2026-03-09T16:05:07.089Z', '[at] h:mm:ss.SSS A, dddd Do MMMM, Q w DDD x X ZZ')",
     "at 4:05:07.089 PM, Monday 9th March, 1 11 68 1773072307089 1773072307 +0000"),
    ("DATE_FORMAT('2026-03-09T00:00:00Z', 'YY ddd HH hh a Z')", "26 Mon 00 12 am +00:00"),
    ("EXTRACT('2026-03-09T06:05:00Z', 'month')", "03"),
    ("EXTRACT('2026-03-09T06:05:00Z', 'millisecond')", "000"),
    ("OFFSET_UTC('2026-03-09T06:05:00Z', 2)", "2026-03-09T08:05:00.000+0200"),
    ("OFFSET_UTC('2026-03-09T06:05:00Z', -90)", "2026-03-09T04:35:00.000-0130"),
    ("DAY('2026-03-09')", 9),
    ("DAYOFWEEK('2026-03-08')", 0),
    ("HOUR('2026-03-09T06:05:04Z')", 6),
    ("MINUTE('2026-03-09T06:05:04Z')", 5),
    ("SECOND('2026-03-09T06:05:04Z')", 4),
    ("MONTH('2026-03-09')", 3),
    ("YEAR('2026-03-09')", 2026),
    # JSON
    ("SEARCH_JSON('$[role=\"editor\"].name', '[{\"role\":\"editor\",\"name\":\"Ida\"},{\"role\":\"x\"}]')", "Ida"),
    ("SEARCH_JSON('$[role=\"editor\"].name[]', '[{\"role\":\"editor\",\"name\":\"Ida\"}]')", ["Ida"]),
    ("SEARCH_JSON('$sum(a)', '{\"a\": [1, 2]}')", 3),
    ("SEARCH_JSON('$replace(a, /b+/, \"-\")', '{\"a\": \"abbc\"}')", "a-c"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_a_function_gives_what_is_documented(expression: str, expected: Any) -> None:
    found = value(expression)

    assert found == expected
    assert type(found) is type(expected)


NOTHING = [
    "SUBSTRING(NULL, 1)", "LOWER(NULL)", "SQRT(-1)", "ABS('x')", "DAY('never')", "DATE_ADD('2026-01-01', 1, 'parsecs')",
    "DATE_ADD(1e300, 1, 'days')", "EXTRACT('2026-01-01', 'era')", "OFFSET_UTC('2026-01-01', 1e9)", "CAST('x' AS INT)",
    "SEARCH_JSON('nothing', '{}')", "geoLength(NULL)", "geoDistance('[1]', '[2, 3]')", "1 / 0", "ROUND(1.5, 1e9)",
]  # fmt: skip


@pytest.mark.parametrize("expression", NOTHING)
def test_where_nothing_can_be_said_there_is_null(expression: str) -> None:
    assert op.is_null(value(expression))


@pytest.mark.parametrize(
    ("expression", "word"),
    [
        ("NOPE(1)", "There is no function NOPE"),
        ("LOWER()", "LOWER takes 1 argument, not 0"),
        ("ROUND(1, 2, 3)", "ROUND takes 1 to 2 arguments, not 3"),
        ("CAST(1 AS BLOB)", "There is no type BLOB"),
        ("'a' REGEXP '('", "The pattern cannot be used"),
        ("'a' REGEXP '(?=a)'", "The pattern cannot be used"),
        ("SEARCH_JSON('$[', '{}')", "SEARCH_JSON cannot use its expression"),
        ("SEARCH_JSON('$pad(\"x\", 1000000000)', '{}')", "SEARCH_JSON has no function $pad"),
        ("SEARCH_JSON('($f := function($x){$f($x)+1}; $f(1))', '{}')", "it calls itself too often"),
        ("SEARCH_JSON('$reduce([1..60], function($a, $b){$a & $a}, \"ab\")', '{}')", "too large"),
        ("SEARCH_JSON('$count([1..10000000].($ * 2))', '{}')", "SEARCH_JSON cannot use its expression"),
        ("REPLACE(REPLACE(REPLACE(REPLACE('aaaaaaaaaaaaaaaaaa','a','aaaaaaaaaaaaaaaa'),'a','aaaaaaaaaaaaaaaa'),'a',"
         "'aaaaaaaaaaaaaaaa'),'a','aaaaaaaaaaaaaaaa')", "is longer than"),
        ("geoDistance('[1,2]', '[1,2]', 'parsecs')", "A unit is one of"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_reason(expression: str, word: str) -> None:
    with pytest.raises(HarborError) as refused:
        value(expression)

    assert word in refused.value.message


def test_a_pattern_that_others_never_finish_is_done_at_once() -> None:
    assert value(f"'{'a' * 5_000}!' REGEXP '(a+)+$'") is False
    assert value(f"'{'a' * 5_000}!' LIKE '{'%a' * 500}b'") is False


SQUARE = '{"type":"Polygon","coordinates":[[[0,0],[0,2],[2,2],[2,0],[0,0]]]}'
PART = (
    '{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[[1,0],[1,2],[2,2],[2,0],[1,0]]]}}'
)
LINE = '{"type":"LineString","coordinates":[[0,0],[0,1]]}'


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (f"geoLength('{LINE}')", 111.195),
        (f"geoLength('{LINE}', 'miles')", 69.093),
        (f"geoLength('{LINE}', 'degrees')", 1.0),
        (f"geoLength('{LINE}', 'radians')", math.pi / 180),
        ("geoDistance('[0,0]', '[0,1]')", 111.195),
        (f"geoArea('{SQUARE}') / 1e9", 49.446),
        ("geoArea(geoCircle('[0,0]', 10)) / 1e6", 313.654),
    ],
)
def test_lengths_and_areas_are_on_the_sphere(expression: str, expected: float) -> None:
    assert value(expression) == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("geoNear('[10.75,59.91]', '[10.76,59.92]', 2)", True),
        ("geoNear('[10.75,59.91]', '[10.76,59.92]', 500, 'miles')", True),
        ("geoNear('[10.75,59.91]', '[10.76,59.92]', 1)", False),
        ("geoNear('[10.75,59.91]', NULL, 1)", False),
        (f"geoContains('{SQUARE}', '[1,1]')", True),
        (f"geoContains('{SQUARE}', '[3,1]')", False),
        (f"geoContains('{SQUARE}', '{PART}')", True),
        (f"geoContains('{SQUARE}', 'nonsense')", False),
        (f"geoCrosses('{SQUARE}', '{LINE}')", True),
        (f"geoCrosses('{SQUARE}', '[5,5]')", False),
        (f"geoEqual('{SQUARE}', '{SQUARE}')", True),
        (f"geoEqual('{SQUARE}', '{PART}')", False),
        ("geoEqual(NULL, NULL)", False),
    ],
)
def test_questions_about_shapes_are_answered(expression: str, expected: bool) -> None:
    assert value(expression) is expected


def test_shapes_are_made_and_cut() -> None:
    rest = value(f"geoDifference('{SQUARE}', '{PART}')")
    corners = {tuple(each) for each in rest["geometry"]["coordinates"][0]}
    feature = value("geoConvert('[[0,0],[1,1]]', 'lineString', '{\"name\": \"x\"}')")

    assert corners == {(0, 0), (0, 2), (1, 2), (1, 0)}
    assert feature == {
        "type": "Feature",
        "properties": {"name": "x"},
        "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
    }
    assert len(value("geoCircle('[0,0]', 1)")["geometry"]["coordinates"][0]) == 65
    assert value(f"geoDifference('{PART}', '{SQUARE}')") is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("COUNT", 5), ("SUM", 10.6), ("AVG", 2.65), ("MEAN", 2.65), ("MIN", 1), ("MAX", "7x"), ("PROD", 28.8), ("MEDIAN", 2.25),
        ("MAD", 0.25), ("MODE", 2), ("GROUP_CONCAT", "2,5.1,2,1.5,7x"), ("ARRAY", [2, 5.1, 2, 1.5, "7x"]),
        ("DISTINCT_ARRAY", [2, 5.1, 1.5, "7x"]),
    ],
)  # fmt: skip
def test_an_aggregate_leaves_out_what_it_cannot_count(name: str, expected: Any) -> None:
    values = [2, 5.1, 2, 1.5, "7x"]
    expected = {"MIN": 1.5, "PROD": 30.6, "MEDIAN": 2, "MAD": 0.25}.get(name, expected)

    assert AGGREGATES[name](values) == expected


def test_of_no_values_everything_but_a_count_is_null() -> None:
    empty = {name: aggregate([]) for name, aggregate in AGGREGATES.items()}

    assert empty.pop("COUNT") == 0
    assert (empty.pop("ARRAY"), empty.pop("DISTINCT_ARRAY")) == ([], [])
    assert set(empty.values()) == {None}


DOCUMENTED = (
    "CONCAT CONCAT_WS INSTR LEN LOWER UPPER REPLACE SUBSTRING TRIM REGEXP_LIKE ABS CEIL FLOOR EXP ROUND SQRT RANDOM IF IIF",
    "IFNULL NULLIF COALESCE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP NOW GETDATE GET_SERVER_TIME DATE DATE_ADD DATE_SUB",
    "DATE_DIFF DATE_FORMAT EXTRACT OFFSET_UTC DAY DAYOFWEEK HOUR MINUTE MONTH SECOND YEAR GEOAREA GEOLENGTH GEODISTANCE",
    "GEONEAR GEOCONTAINS GEODIFFERENCE GEOEQUAL GEOCROSSES GEOCONVERT GEOCIRCLE SEARCH_JSON AVG COUNT MAX MIN SUM MODE",
    "GROUP_CONCAT ARRAY DISTINCT_ARRAY MAD MEAN PROD MEDIAN",
)


def test_every_documented_function_is_there() -> None:
    assert set(" ".join(DOCUMENTED).split()) <= {*FUNCTIONS, *AGGREGATES}


async def test_server_time_carries_the_offset_of_the_server(one_engine: Instance) -> None:
    (row,) = await one_engine.do("sql", sql="SELECT GET_SERVER_TIME() AS t")

    assert json.dumps(row["t"])[-6] in "+-"
