"""What is stored comes back as it was."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.products.harper_tables.values import Instant, from_text, to_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**60), 10**60),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
    st.binary(max_size=20),
    st.integers(-(10**15), 10**15).map(Instant),
)
NAMES = st.one_of(TEXTS, st.just("$"))
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=3))
)


def typed(value: Any) -> Any:
    """The value with its types: 1 and 1.0 and True are three things."""
    if isinstance(value, dict):
        return {name: typed(item) for name, item in value.items()}
    return [typed(item) for item in value] if isinstance(value, list) else (type(value), value)


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_every_value_survives_storage(doc: dict[str, Any]) -> None:
    assert typed(from_text(to_text(doc))) == typed(doc)


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_what_is_stored_is_json_whose_integers_fit_64_bits(doc: dict[str, Any]) -> None:
    def check(value: Any) -> None:
        if isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                check(item)
        elif isinstance(value, int):
            assert -(2**63) <= value < 2**63

    check(msgspec.json.decode(to_text(doc).encode()))


@pytest.mark.parametrize(
    "value", [{"$": 1}, {"$": ["date", 5]}, {"$": {"$": ["int", "7"]}}, {"$": 1, "b": 2}, '{"$":["date",1]}']
)
def test_a_callers_own_dollar_is_kept(value: object) -> None:
    assert from_text(to_text({"a": value})) == {"a": value}


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (1_767_225_600_123, "2026-01-01T00:00:00.123Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (8_640_000_000_000_000, "8640000000000000"),
    ],
)
def test_a_date_is_shown_as_javascript_does(ms: int, text: str) -> None:
    assert Instant(ms).iso() == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_written_so_that_no_store_takes_it_for_an_integer(value: float) -> None:
    text = to_text({"a": value, "b": [value]})

    digits = text.partition(":")[2].partition(",")[0]
    assert "." in digits or "e-" in digits, text
