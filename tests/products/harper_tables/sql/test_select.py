"""SELECT on both engines, on the small library of the examples."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.products.harper_tables.conftest import Instance, open_instance

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database

NOW_MS = 1_779_710_400_000
BIG = 123456789012345678901234567890
ARTICLES: list[dict[str, Any]] = [
    {"id": 7, "title": "Tides", "year": 2012, "author_id": 1, "address": {"city": "Oslo", "geo": {"x": 1}}},
    {"id": 8, "title": "Moss", "year": 2010, "author_id": 1, "price": 0.1, "tags": ["a", {"b": 1}]},
    {"id": 9, "title": "moss", "year": "2011", "author_id": 2, "price": 0.2, "is_new": True},
    {"id": 10, "title": None, "year": BIG, "author_id": None, "is_new": False},
    {"id": "x", "title": "Ebb", "year": True, "author_id": 99},
]
AUTHORS = [{"id": 1, "name": "Ida"}, {"id": 2, "name": "Tor"}, {"id": 3, "name": "Ute"}]


@pytest.fixture
async def press(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Instance]:
    """The library."""
    async with open_instance(database, clock, tmp_path) as instance:
        await instance.table("article", records=ARTICLES)
        await instance.table("author", records=AUTHORS)
        await instance.do("create_table", table="order", primary_key="id")
        await instance.do("insert", table="order", records=[{"id": 1, "key": "a"}])
        yield instance


# One instance for many statements: they only read.
STATEMENTS: list[tuple[str, list[dict[str, Any]]]] = [
    ("SELECT 2 + 2", [{"2 + 2": 4}]),
    ("SELECT * FROM (SELECT id, name FROM press.author) a WHERE id = 2", [{"id": 2, "name": "Tor"}]),
    ("SELECT DISTINCT * FROM (SELECT author_id FROM press.article WHERE author_id = 1) a", [{"author_id": 1}]),
    ("SELECT * FROM (SELECT id FROM press.author) a LIMIT 1 OFFSET 1", [{"id": 2}]),
    ("SELECT * FROM (SELECT id, name FROM press.author) a WHERE id = 2 AND name = 'Ida'", []),
    ("WITH w AS (SELECT 1 AS one, 0 / 0 AS none) SELECT * FROM w UNION ALL SELECT * FROM w", [
        {"one": 1, "none": None}, {"one": 1, "none": None}]),
    ("SELECT id, title FROM press.article WHERE year >= 2010 AND year < 3000 ORDER BY title LIMIT 2", [
        {"id": 8, "title": "Moss"}, {"id": 7, "title": "Tides"}]),
    ("SELECT id FROM press.article WHERE year > 2011 ORDER BY id", [{"id": 7}, {"id": 9}, {"id": 10}]),
    ("SELECT year FROM press.article ORDER BY year", [
        {"year": True}, {"year": 2010}, {"year": 2012}, {"year": BIG}, {"year": "2011"}]),
    ("SELECT year FROM press.article ORDER BY year DESC LIMIT 2 OFFSET 1", [{"year": BIG}, {"year": 2012}]),
    ("SELECT id FROM press.article WHERE title IS NULL", [{"id": 10}]),
    ("SELECT id FROM press.article WHERE price IS NOT NULL ORDER BY price DESC", [{"id": 9}, {"id": 8}]),
    ("SELECT id FROM press.article WHERE NOT (price > 0.1)", [{"id": 8}]),
    ("SELECT id FROM press.article WHERE is_new", [{"id": 9}]),
    ("SELECT id FROM press.article WHERE is_new = false", [{"id": 10}]),
    ("SELECT id FROM press.article WHERE title LIKE 'mo%' ORDER BY id", [{"id": 8}, {"id": 9}]),
    ("SELECT id FROM press.article WHERE title NOT LIKE 'mo%' ORDER BY id", [{"id": 7}, {"id": "x"}]),
    ("SELECT id FROM press.article WHERE title REGEXP '^[mM]oss$' ORDER BY id", [{"id": 8}, {"id": 9}]),
    ("SELECT id FROM press.article WHERE id IN (9, 7, 'x', '8', 55)", [{"id": 9}, {"id": 7}, {"id": "x"}]),
    ("SELECT id FROM press.article WHERE id NOT IN (7, 8, 9, 10)", [{"id": "x"}]),
    ("SELECT id FROM press.article WHERE id NOT IN (7, NULL)", []),
    ("SELECT id FROM press.article WHERE year BETWEEN 2010 AND 2012", [{"id": 8}, {"id": 7}]),
    ("SELECT id FROM press.article WHERE year = 123456789012345678901234567890", [{"id": 10}]),
    ("SELECT year + 1 AS next FROM press.article WHERE id = 10", [{"next": BIG + 1}]),
    ("SELECT a.address.city FROM press.article AS a WHERE a.address.geo.x = 1", [{"city": "Oslo"}]),
    ("SELECT tags FROM press.article WHERE id = 8", [{"tags": ["a", {"b": 1}]}]),
    ("SELECT SEARCH_JSON('$[1].b', tags) AS b FROM press.article WHERE SEARCH_JSON('$[0]', tags) = 'a'", [{"b": 1}]),
    ("SELECT `key` FROM data.`order`", [{"key": "a"}]),
    ("SELECT o.[key] FROM data.[order] o", [{"key": "a"}]),
    ("SELECT `key` FROM `order`", [{"key": "a"}]),
    ("SELECT id, __createdtime__ FROM press.author WHERE __createdtime__ >= '2026-05-25' AND id = 1", [
        {"id": 1, "__createdtime__": NOW_MS}]),
    ("SELECT id FROM press.author WHERE __createdtime__ < '2026-05-25'", []),
    ("SELECT DATE_FORMAT('2026-03-09T06:05:00Z', 'DD MMM YYYY') AS d", [{"d": "09 Mar 2026"}]),
    ("SELECT DISTINCT author_id FROM press.article ORDER BY author_id", [
        {"author_id": None}, {"author_id": 1}, {"author_id": 2}, {"author_id": 99}]),
    ("SELECT TOP 1 id FROM press.article ORDER BY id", [{"id": 7}]),
    ("SELECT id FROM press.article ORDER BY id LIMIT 1, 2", [{"id": 8}, {"id": 9}]),
    ("SELECT id FROM press.article LIMIT 10 OFFSET 50", []),
    ("SELECT id FROM press.article LIMIT 0", []),
    ("SELECT UPPER(title) AS title FROM press.article WHERE id < 9 ORDER BY title", [{"title": "MOSS"}, {"title": "TIDES"}]),
    ("SELECT id FROM press.article WHERE id < 9 ORDER BY year % 4, 1", [{"id": 7}, {"id": 8}]),
    ("SELECT id, *, id AS key FROM press.author WHERE id = 1", [
        {"id": 1, "name": "Ida", "__createdtime__": NOW_MS, "__updatedtime__": NOW_MS, "key": 1}]),
    # Groups
    ("SELECT author_id, COUNT(*), AVG(price) FROM press.article GROUP BY author_id ORDER BY 2 DESC, author_id", [
        {"author_id": 1, "COUNT(*)": 2, "AVG(price)": 0.1}, {"author_id": None, "COUNT(*)": 1, "AVG(price)": None},
        {"author_id": 2, "COUNT(*)": 1, "AVG(price)": 0.2}, {"author_id": 99, "COUNT(*)": 1, "AVG(price)": None}]),
    ("SELECT SUM(price), COUNT(price), COUNT(*), MIN(price), MAX(price) FROM press.article", [
        {"SUM(price)": 0.3, "COUNT(price)": 2, "COUNT(*)": 5, "MIN(price)": 0.1, "MAX(price)": 0.2}]),
    ("SELECT SUM(year) AS s FROM press.article WHERE id IN (8, 10)", [{"s": BIG + 2010}]),
    ("SELECT MIN(title) AS a, MAX(title) AS z FROM press.article", [{"a": "Ebb", "z": "moss"}]),
    ("SELECT COUNT(*) AS n, SUM(id) AS s, MAX(id) AS m FROM press.article WHERE id = 55", [{"n": 0, "s": None, "m": None}]),
    ("SELECT LOWER(title) AS t, COUNT(DISTINCT id) AS n FROM press.article WHERE id < 10 GROUP BY LOWER(title) HAVING n > 1", [
        {"t": "moss", "n": 2}]),
    ("SELECT GROUP_CONCAT(title) AS t FROM press.article WHERE id < 9", [{"t": "Tides,Moss"}]),
    ("SELECT GROUP_CONCAT(DISTINCT title ORDER BY title SEPARATOR '/') AS t FROM press.article WHERE id < 10", [
        {"t": "Moss/Tides/moss"}]),
    ("SELECT ARRAY(id) AS ids FROM press.article WHERE id < 9", [{"ids": [7, 8]}]),
    ("SELECT COUNT(*) * 2 + 1 AS n FROM press.author", [{"n": 7}]),
    # Joins
    ("SELECT w.name, COUNT(a.id) AS pieces FROM press.author AS w LEFT JOIN press.article AS a ON a.author_id = w.id "
     "GROUP BY w.name HAVING COUNT(a.id) > 1 ORDER BY pieces DESC", [{"name": "Ida", "pieces": 2}]),
    ("SELECT a.id, w.name FROM press.article a JOIN press.author w ON w.id = a.author_id ORDER BY a.id", [
        {"id": 7, "name": "Ida"}, {"id": 8, "name": "Ida"}, {"id": 9, "name": "Tor"}]),
    ("SELECT a.id, w.name FROM press.article a LEFT JOIN press.author w ON w.id = a.author_id WHERE w.id IS NULL", [
        {"id": 10, "name": None}, {"id": "x", "name": None}]),
    ("SELECT a.id, w.name FROM press.article a RIGHT JOIN press.author w ON w.id = a.author_id WHERE a.id IS NULL", [
        {"id": None, "name": "Ute"}]),
    ("SELECT COUNT(*) AS n FROM press.article a FULL OUTER JOIN press.author w ON w.id = a.author_id", [{"n": 6}]),
    ("SELECT COUNT(*) AS n FROM press.article, press.author", [{"n": 15}]),
    ("SELECT COUNT(*) AS n FROM press.article a JOIN press.author w ON a.id > w.id + 6 AND a.id <> 'x'", [{"n": 6}]),
    ("SELECT * FROM press.author a JOIN press.author b USING (id) WHERE a.id = 3", [
        {"id": 3, "name": "Ute", "__createdtime__": NOW_MS, "__updatedtime__": NOW_MS,
         "id1": 3, "name1": "Ute", "__createdtime__1": NOW_MS, "__updatedtime__1": NOW_MS}]),
    ("SELECT b.name FROM press.author a NATURAL JOIN press.author b WHERE a.id = 2", [{"name": "Tor"}]),
    ("SELECT x.id FROM press.author x JOIN (press.author y JOIN press.author z ON y.id = z.id) ON z.id = x.id + 1", [
        {"id": 1}, {"id": 2}]),
    # What Harper does not have
    ("SELECT id FROM press.author UNION SELECT author_id FROM press.article ORDER BY id DESC LIMIT 2", [{"id": 99}, {"id": 3}]),
    ("SELECT id FROM press.author INTERSECT SELECT author_id FROM press.article", [{"id": 1}, {"id": 2}]),
    ("SELECT id FROM press.author EXCEPT SELECT author_id FROM press.article", [{"id": 3}]),
    ("SELECT 1 AS a UNION ALL SELECT 1", [{"a": 1}, {"a": 1}]),
    ("SELECT name FROM press.author WHERE id = (SELECT MAX(author_id) FROM press.article WHERE author_id < 9)", [{"name": "Tor"}]),
    ("SELECT name FROM press.author w WHERE NOT EXISTS (SELECT 1 FROM press.article a WHERE a.author_id = w.id)", [{"name": "Ute"}]),
    ("SELECT name, (SELECT COUNT(*) FROM press.article a WHERE a.author_id = w.id) AS n FROM press.author w ORDER BY name", [
        {"name": "Ida", "n": 2}, {"name": "Tor", "n": 1}, {"name": "Ute", "n": 0}]),
    ("SELECT name FROM press.author WHERE id IN (SELECT author_id FROM press.article)", [{"name": "Ida"}, {"name": "Tor"}]),
    ("SELECT n.k FROM (SELECT id AS k FROM press.author WHERE id > 1) AS n ORDER BY n.k DESC", [{"k": 3}, {"k": 2}]),
    ("WITH old (k) AS (SELECT id FROM press.author), two AS (SELECT k FROM old WHERE k < 3) SELECT SUM(k) AS s FROM two", [{"s": 3}]),
    ("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT SUM(i) AS s FROM n", [{"s": 10}]),
    ("WITH RECURSIVE n AS (SELECT 1 AS i UNION SELECT (i % 3) + 1 FROM n) SELECT COUNT(*) AS c FROM n", [{"c": 3}]),
]  # fmt: skip


async def test_a_statement_gives_its_rows(press: Instance) -> None:
    for statement, expected in STATEMENTS:
        found = await press.do("sql", sql=statement)
        assert found == expected, statement
        assert [list(row) for row in found] == [list(row) for row in expected], statement


FAULTS = [
    ("SELECT nope FROM press.article", 400, "unknown column 'nope'"),
    ("SELECT id FROM press.article WHERE nope = 1", 400, "unknown column 'nope'"),
    ("SELECT id FROM press.article ORDER BY nope", 400, "unknown column 'nope' in order by"),
    ("SELECT id FROM press.article a JOIN press.author b ON a.author_id = b.id", 400, "ambiguously defined column 'id'"),
    ("SELECT nope FROM press.article GROUP BY nope", 400, "unknown column 'nope' in group by"),
    ("SELECT name FROM press.author a JOIN press.author b ON a.id = b.id GROUP BY name", 400,
     "ambiguously defined column 'name' in group by"),
    ("SELECT COUNT(*) FROM press.article GROUP BY year", 400, "group by column 'year' must be in select"),
    ("SELECT year, title FROM press.article GROUP BY year", 400, "select column 'title' must be in group by"),
    ("SELECT title, COUNT(*) FROM press.article", 400, "select column 'title' must be in group by"),
    ("SELECT id FROM press.nope", 404, "Table 'press.nope' does not exist"),
    ("SELECT id FROM nope.t", 404, "database 'nope' does not exist"),
    ("SELECT id FROM press.article WHERE COUNT(*) > 1", 400,
     "COUNT stands in the list of SELECT, in HAVING or in ORDER BY, not here."),
    ("SELECT id FROM press.article WHERE id = (SELECT id FROM press.author)", 400,
     "A query in place of a value gives more than one row; use LIMIT 1."),
    ("SELECT id FROM press.article LIMIT -1", 400, "LIMIT takes a whole number that is not negative."),
    ("SELECT id FROM press.author UNION SELECT id, name FROM press.author", 400,
     "UNION needs as many columns on both sides: 1 and 2."),
    ("SELECT a.id FROM press.author a JOIN press.author b", 400,
     "A JOIN needs ON or USING; write CROSS JOIN for all pairs."),
]  # fmt: skip


async def test_a_fault_of_a_statement_is_told(press: Instance) -> None:
    for statement, status, sentence in FAULTS:
        assert await press.refused("sql", sql=statement) == (status, sentence), statement


async def test_a_table_without_its_database_is_looked_for_in_data(press: Instance, v4: Instance) -> None:
    reply = await press.ask("sql", sql="SELECT id FROM orders")

    assert (reply.status, reply.json()["invalid_schema_items"]) == (403, ["Table 'data.orders' does not exist"])
    assert await v4.refused("sql", sql="SELECT id FROM orders") == (500, "schema not defined for table orders")


async def test_the_statement_must_be_there(one_engine: Instance) -> None:
    missing = (400, "The 'sql' parameter is missing from the request body")

    assert await one_engine.refused("sql") == missing
    assert await one_engine.refused("sql", sql="") == missing
    assert await one_engine.refused("sql", sql=5) == (400, "'sql' must be a string")


async def test_nothing_is_left_out_in_the_older_line_and_null_in_the_newer(press: Instance, v4: Instance) -> None:
    statement = "SELECT 1 AS a, SEARCH_JSON('b', '{}') AS b, geoLength(NULL) AS c, NULL AS d"

    assert await press.do("sql", sql=statement) == [{"a": 1, "b": None, "c": None, "d": None}]
    assert await v4.do("sql", sql=statement) == [{"a": 1, "d": None}]


async def test_the_older_line_finds_keys_by_their_digits(v4: Instance) -> None:
    await v4.table(records=[{"id": 1, "flag": False}, {"id": "2", "flag": "false"}])

    assert await v4.do("sql", sql="SELECT id FROM press.article WHERE id IN ('1', 2)") == [{"id": 1}, {"id": "2"}]
    assert await v4.do("sql", sql="SELECT id FROM press.article WHERE flag = 'false'") == [{"id": 1}, {"id": "2"}]


async def test_dates_compare_with_texts_that_are_dates(instance: Instance) -> None:
    await instance.table(attributes=[{"name": "born", "type": "Date"}])
    await instance.do(
        "insert",
        database="press",
        table="article",
        records=[{"id": 1, "born": "2026-01-01"}, {"id": 2, "born": "2026-02-01"}],
    )

    async def ids(where: str) -> list[Any]:
        return [row["id"] for row in await instance.do("sql", sql=f"SELECT id FROM press.article WHERE {where}")]

    assert await ids("born = '2026-01-01T00:00:00Z'") == [1]
    assert await ids("born > '2026-01-15'") == [2]
    assert await ids("born IN ('2026-02-01', '2027-01-01')") == [2]
    assert await ids("born BETWEEN '2026-01-01' AND '2026-01-31'") == [1]
    assert await ids("born > 1769904000000 - 1") == [2]
    assert await ids("MONTH(born) = 2") == [2]


async def test_explain_tells_how_records_are_found(press: Instance) -> None:
    by_key = await press.do("sql", sql="EXPLAIN SELECT * FROM press.article WHERE id = 7")
    by_index = await press.do("sql", sql="EXPLAIN SELECT * FROM press.article WHERE title = 'Moss' ORDER BY id")
    whole = await press.do("sql", sql="EXPLAIN SELECT * FROM press.article WHERE LOWER(title) = 'moss'")
    report = await press.do("sql", sql="EXPLAIN SELECT year, COUNT(*) FROM press.article GROUP BY year")
    first = await press.do("sql", sql="EXPLAIN SELECT * FROM press.article ORDER BY title DESC LIMIT 2")

    assert by_key[0] == {"step": "read", "table": "press.article", "alias": "article", "by": "keys (id)", "records": 1}
    assert (by_index[0]["by"], by_index[0]["records"]) == ("index of title", 1)
    assert [step["step"] for step in by_index] == ["read", "filter", "sort"]
    assert whole[0]["by"] == "every record"
    assert report == [{"step": "report", "table": "press.article", "by": "the store", "keys": ["year"]}]
    assert first[0]["order"] == "title"


async def test_explain_advises_an_index(instance: Instance) -> None:
    await instance.table(attributes=[{"name": "title", "indexed": False}])

    (step, *_) = await instance.do("sql", sql="EXPLAIN SELECT id FROM press.article WHERE title = 'x'")

    assert "An index of title would narrow this" in step["advice"]


async def test_undeclared_properties_of_a_declared_table_can_be_read(instance: Instance) -> None:
    await instance.table(attributes=[{"name": "title"}])
    await instance.do("insert", database="press", table="article", records=[{"id": 1, "title": "a", "extra": 5}])

    assert await instance.do("sql", sql="SELECT id, extra FROM press.article WHERE extra = 5") == [
        {"id": 1, "extra": 5}
    ]
