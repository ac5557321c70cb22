"""`:name` becomes psycopg's placeholder, and only where it is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg._queries import _query2pg_nocache

from harbor.kernel.storage.placeholders import pyformat

CASES = [
    ("SELECT :a", "SELECT %(a)s"),
    ("SELECT :a, :b, :a", "SELECT %(a)s, %(b)s, %(a)s"),
    (":a_1:B2", "%(a_1)s%(B2)s"),
    ("(:a)", "(%(a)s)"),
    ("x>:a", "x>%(a)s"),
    ("CAST(:a AS TEXT)::bigint", "CAST(%(a)s AS TEXT)::bigint"),
    (":a::text", "%(a)s::text"),
    ("'12:30' = :a", "'12:30' = %(a)s"),
    ("'it''s :no' || :a", "'it''s :no' || %(a)s"),
    ("'back\\' || :a", "'back\\' || %(a)s"),
    (r"E'it\'s :no' || :a", r"E'it\'s :no' || %(a)s"),
    (r"note'it\' || :a", r"note'it\' || %(a)s"),
    ('"a :column" = :a', '"a :column" = %(a)s'),
    ('"a "":no" = :a', '"a "":no" = %(a)s'),
    ("$$ :no $$ || :a", "$$ :no $$ || %(a)s"),
    ("$x$ :no $$ :no $x$ || :a", "$x$ :no $$ :no $x$ || %(a)s"),
    ("a$b$ || :a || c$b$", "a$b$ || %(a)s || c$b$"),
    ("-- :no\n:a", "-- :no\n%(a)s"),
    ("1 - -1 - :a", "1 - -1 - %(a)s"),
    ("/* :no */ :a", "/* :no */ %(a)s"),
    ("/* :no /* :no */ :no */ :a", "/* :no /* :no */ :no */ %(a)s"),
    ("-- it's\n:a -- that's\n", "-- it's\n%(a)s -- that's\n"),
    ("x LIKE '50%' AND 7 % :a", "x LIKE '50%%' AND 7 %% %(a)s"),
    ('"100%" -- 1%\n', '"100%%" -- 1%%\n'),
    ("a ? b : c :1", "a ? b : c :1"),
    ("SELECT 'open :no", "SELECT 'open :no"),
    ('SELECT "open :no', 'SELECT "open :no'),
    ("/* open :no", "/* open :no"),
    ("$$ open :no", "$$ open :no"),
    ("", ""),
]


@pytest.mark.parametrize(("written", "bound"), CASES, ids=[case[0] for case in CASES])
def test_a_statement_is_bound(written: str, bound: str) -> None:
    assert pyformat(written) == bound.encode()


_NAME = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
_INSIDE = st.text(st.sampled_from(":ab%s()é -/*\n"), max_size=12)
_OPAQUE = st.one_of(
    _INSIDE.map(lambda text: f"'{text}'"),
    _INSIDE.map(lambda text: "'" + text + "''" + text + "'"),
    _INSIDE.map(lambda text: f'"{text}"'),
    _INSIDE.map(lambda text: f"$tag${text}$tag$"),
    _INSIDE.map(lambda text: "--" + text.replace("\n", " ") + "\n"),
    st.text(st.sampled_from(":ab%s'\""), max_size=12).map(lambda text: f"/*{text}*/"),
    st.sampled_from(["::text", "x", "=", "(", ")", ",", "%", "1 %% 2", "SELECT", "e", "E "]),
)
_PIECES = st.lists(
    st.one_of(_OPAQUE.map(lambda text: (False, text)), _NAME.map(lambda name: (True, name))), max_size=20
)


@given(_PIECES)
def test_names_are_found_and_the_rest_reaches_the_server_unchanged(pieces: list[tuple[bool, str]]) -> None:
    written = " ".join(f":{text}" if is_name else text for is_name, text in pieces)
    names = list(dict.fromkeys(text for is_name, text in pieces if is_name))
    numbered = " ".join(f"${names.index(text) + 1}" if is_name else text for is_name, text in pieces)

    query, _, order, _ = _query2pg_nocache(pyformat(written), "utf-8")

    assert query.decode() == numbered
    assert (order or []) == names
