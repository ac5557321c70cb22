"""Reading statements: what is a name, what a text, what a value, and where a fault is."""

from __future__ import annotations

from typing import Any

import pytest

from harbor.kernel.errors import HarborError
from harbor.products.harper_tables.sql.lexer import outline_of, tokens_of
from harbor.products.harper_tables.sql.parsing import lane, parsed
from harbor.products.harper_tables.sql.tree import Binary, Insert, Item, Literal, Name, Query, Select


def select(text: str) -> Select:
    """The SELECT of a statement."""
    found = parsed(text).statement
    assert isinstance(found, Query)
    assert isinstance(found.body, Select)
    return found.body


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("'text'", "text"),
        ('"text"', "text"),
        ("''", ""),
        ("'it''s'", "it's"),
        (r"'it\'s'", "it's"),
        ('"say ""so"""', 'say "so"'),
        ("""'two ""'""", 'two ""'),
        (r"'\d+\\'", "\\d+\\"),
        ("'-- no comment /* */'", "-- no comment /* */"),
        ("12345678901234567890123", 12345678901234567890123),
        ("0.1", 0.1),
        (".5", 0.5),
        ("1e3", 1000.0),
        ('{"a": [1, {"b": "]}"}]}', {"a": [1, {"b": "]}"}]}),
        ("[1, 'x']".replace("'", '"'), [1, "x"]),
        ("[]", []),
    ],
)
def test_a_literal_is_its_value(written: str, value: Any) -> None:
    found = parsed(f"SELECT {written} AS x")

    assert found.values == (value,)
    assert type(found.values[0]) is type(value)
    assert found.written == (written,)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("title", ("title",)),
        ("`order`", ("order",)),
        ("[order]", ("order",)),
        ("data.[order by]", ("data", "order by")),
        ("`a``b`.`c.d`", ("a`b", "c.d")),
        ("t.order", ("t", "order")),
        ("__createdtime__", ("__createdtime__",)),
        ("größe", ("größe",)),
        ("t.[1]", ("t", "1")),
        ("value", ("value",)),
    ],
)
def test_a_name_is_quoted_or_not(written: str, parts: tuple[str, ...]) -> None:
    assert select(f"SELECT {written} FROM t").items == (
        Item(Name(parts), None, select(f"SELECT {written} FROM t").items[0].shown),
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2+2", "2 + 2"),
        ("avg( r.rating )", "AVG(r.rating)"),
        ("count(*)", "COUNT(*)"),
        ("DATE( __createdtime__ )", "DATE(__createdtime__)"),
        ('geoLength( geo_line , "miles")', 'geoLength(geo_line,"miles")'),
        ("-1", "-1"),
        ("a - -1", "a - -1"),
        ("( a+b )*2", "(a + b) * 2"),
        ("CASE WHEN a=1 THEN 'x' END", "CASE WHEN a = 1 THEN 'x' END"),
        ("a  IN (1,2)", "a IN (1,2)"),
    ],
)
def test_what_has_no_alias_is_called_as_it_is_written(written: str, shown: str) -> None:
    found = parsed(f"SELECT {written} FROM r")
    item = select(f"SELECT {written} FROM r").items[0]

    assert "".join(found.written[each] if isinstance(each, int) else each for each in item.shown) == shown


def test_statements_that_differ_in_literals_are_read_once() -> None:
    one = parsed("SELECT a FROM t WHERE b = 'x' AND c > 5 -- one")
    other = parsed("SELECT a FROM t WHERE b = 'it''s' AND c > 7.5 -- one")

    assert one.statement is other.statement
    assert (one.values, other.values) == (("x", 5), ("it's", 7.5))


@pytest.mark.parametrize("text", ["SELECT 1\x00n", "SELECT \x00t", "SELECT a FROM t WHERE b = \x00n"])
def test_nothing_passes_for_a_literal_that_was_taken_out(text: str) -> None:
    parsed("SELECT 1")
    parsed("SELECT a FROM t WHERE b = 1")

    with pytest.raises(HarborError):
        parsed(text)


@pytest.mark.parametrize("text", ["SELECT `a1b` + c2 FROM t -- 5 'x'", "SELECT /* '1' */ 2.5e3, \"5\" FROM `1`"])
def test_an_outline_has_the_literals_of_the_tokens(text: str) -> None:
    outline = outline_of(text)
    assert outline is not None

    assert outline.values == tokens_of(text).values


def test_comments_and_semicolons_say_nothing() -> None:
    assert select("/* a */ SELECT 1 -- b\n;;") == select("SELECT 1")


def test_equality_has_three_signs() -> None:
    for sign in ("=", "==", "==="):
        assert select(f"SELECT 1 FROM t WHERE a {sign} 1").where == Binary("=", Name(("a",)), Literal(1))


def test_insert_takes_value_for_values() -> None:
    found = parsed('INSERT INTO d.t (id, b) VALUE (1, {"x": 1})').statement

    assert isinstance(found, Insert)
    assert found.columns == ("id", "b")


HINT = "Please ensure your SQL is valid. Try adding backticks to reserved words and schema table references."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("SELECT * FORM t", f"Invalid SQL at: SELECT * FORM t\n---------^. {HINT}"),
        ("SELECT id FROM t\nWHERE id ==", f"Invalid SQL at: WHERE id ==\n-----------^. {HINT}"),
        ("SELECT 'open", f"Invalid SQL at: SELECT 'open\n-------^. {HINT}"),
        ("SELECT 1 2", f"Invalid SQL at: SELECT 1 2\n---------^. {HINT}"),
        ("SELECT * FROM data.order", "SELECT * FROM data.order"),
        ("CREATE TABLE x (id INT)", "CREATE statements are not supported; only SELECT, INSERT, UPDATE and DELETE are."),
        ("DROP TABLE x", "DROP statements are not supported; only SELECT, INSERT, UPDATE and DELETE are."),
        ("SELECT 1; SELECT 2", f"Invalid SQL at: SELECT 1; SELECT 2\n----------^. {HINT}"),
        (" ", "The 'sql' parameter is missing from the request body"),
        ("SELECT 1e999", "The number 1e999 is too large."),
        ("SELECT " + "(" * 500 + "1" + ")" * 500, "The statement is nested deeper than 50 levels."),
        ("SELECT " + "NOT " * 5_000 + "1", ""),
        ("SELECT " + "- " * 5_000 + "1", ""),
        ("SELECT 1" + " + 1" * 5_000, "An expression has more than 100 operators in a row; use parentheses or a list."),
        ("SELECT 1" + " UNION SELECT 1" * 60, "A statement has at most 50 SELECTs."),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(text: str, sentence: str) -> None:
    if sentence in ("", text):
        parsed(text)
        return
    with pytest.raises(HarborError) as refused:
        parsed(text)

    assert refused.value.message == sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM t WHERE id = 1", "short"),
        ("  -- c\n insert into t (id) values (1)", "write"),
        ("/* x */ UPDATE t SET a = 1", "write"),
        ("delete from t", "write"),
        ("SELECT * FROM a JOIN b ON a.x = b.x", "long"),
        ("SELECT * FROM a, b", "long"),
        ("SELECT (SELECT 1)", "long"),
        ("WITH w AS (SELECT 1) SELECT * FROM w", "long"),
        (5, "short"),
        (None, "short"),
    ],
)
def test_what_may_take_long_is_not_begun_on_the_loop(text: Any, expected: str) -> None:
    assert lane({"sql": text}) == expected
