"""The one order of values: what the bytes say is what the values say."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harbor.products.harper_tables.ordering import (
    INDEX_KEY_BYTES_MAX,
    after_prefix,
    index_key,
    is_cut,
    order_key,
    rank_end,
)
from harbor.products.harper_tables.values import Instant

INTEGERS = st.one_of(
    st.integers(),
    st.integers(-(2**1100), 2**1100),
    st.builds(lambda power, more: 2**power + more, st.integers(50, 70), st.integers(-3, 3)),
)
NUMBERS = st.one_of(INTEGERS, st.floats(allow_nan=False, allow_infinity=False))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, st.binary(max_size=40), NUMBERS.map(Instant))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=6)
RANKS = ((type(None),), (bool,), (int, float, Instant), (str,), (bytes,), (list,))


def rank(value: object) -> int:
    """Which kind of value it is, in the order of kinds."""
    if isinstance(value, bool):
        return 1
    return next(place for place, kinds in enumerate(RANKS) if isinstance(value, kinds))


def compare(a: Any, b: Any) -> int:
    """The order as the contract says it, written down without any bytes."""
    if rank(a) != rank(b):
        return -1 if rank(a) < rank(b) else 1
    if isinstance(a, list):
        for one, other in zip(a, b, strict=False):
            if found := compare(one, other):
                return found
        return _sign(len(a), len(b))
    if isinstance(a, str):
        return _sign(a.encode("utf-16-be"), b.encode("utf-16-be"))
    if a is None:
        return 0
    if isinstance(a, bool | bytes):
        return _sign(a, b)
    return _sign(_exact(a), _exact(b))


def _exact(value: Any) -> Fraction:
    return Fraction(value.ms if isinstance(value, Instant) else value)


def _sign(a: Any, b: Any) -> int:
    return (a > b) - (a < b)


@given(VALUES, VALUES)
@example("\U0001f600", "\uffff")
@example(0.0, -0.0)
@example([1], [1, None])
@example(2**53 + 1, float(2**53))
@example(-(2**64) - 1, -float(2**64))
@example(10**400, 10**401)
@example(-(10**400), -(10**401))
def test_keys_sort_as_values_do(a: Any, b: Any) -> None:
    assert _sign(order_key(a), order_key(b)) == compare(a, b)


@given(VALUES, VALUES)
def test_cut_keys_never_turn_an_order_around(a: Any, b: Any) -> None:
    if compare(a, b) <= 0:
        assert index_key(a) <= index_key(b)


@given(VALUES)
def test_an_index_key_is_the_whole_key_unless_it_says_that_it_is_cut(value: Any) -> None:
    key = index_key(value)

    assert len(key) <= INDEX_KEY_BYTES_MAX
    assert is_cut(key) or key == order_key(value)


@given(TEXTS, TEXTS)
def test_texts_with_a_prefix_lie_between_its_key_and_the_next(prefix: str, rest: str) -> None:
    low = order_key(prefix)
    high = after_prefix(low)

    assert high is not None
    assert low <= order_key(prefix + rest) < high


@pytest.mark.parametrize(
    ("below", "above"),
    [
        (None, False),
        (False, True),
        (True, -(10**500)),
        (10**500, ""),
        ("\U0010ffff", b""),
        (b"\xff", []),
        ([[]], {}),
    ],
)
def test_kinds_follow_one_another(below: object, above: object) -> None:
    assert order_key(below) < order_key(above)


@pytest.mark.parametrize("values", [(False, True), (-1, 10**500), ("", "\uffff"), (b"", b"\xff" * 9)])
def test_the_end_of_a_kind_is_above_all_of_it_and_not_above_the_next(values: Sequence[object]) -> None:
    end = rank_end(order_key(values[0]))

    assert all(order_key(value) < end for value in values)


def test_a_date_is_its_milliseconds() -> None:
    assert order_key(Instant(1_767_225_600_123)) == order_key(1_767_225_600_123)


def test_a_number_and_its_digits_are_two_keys() -> None:
    assert order_key(1) != order_key("1")
    assert order_key(1) == order_key(1.0)
