"""Values under operators: comparing as searches do, three values of truth, exact numbers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.ordering import order_key
from harbor.products.harper_tables.sql import operators as op
from harbor.products.harper_tables.values import Instant

V5, V4 = op.Comparing(Compat.V5), op.Comparing(Compat.V4)
MOMENT = Instant(1_767_225_600_000)  # 2026-01-01
SCALARS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())


@given(SCALARS, SCALARS)
def test_values_are_ordered_as_searches_order_them(a: Any, b: Any) -> None:
    left, right = order_key(a), order_key(b)

    assert V5.compare(a, b) == (left > right) - (left < right)
    assert V5.equal(a, b) is (left == right)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (5, 5.0, True),
        (1 << 60, float(1 << 60), True),
        ((1 << 60) + 1, float(1 << 60), False),
        (5, "5", False),
        (True, 1, False),
        (None, None, None),
        (None, 5, None),
        (op.NOTHING, 5, None),
        (MOMENT, "2026-01-01", True),
        ("2026-01-01T00:00:00Z", MOMENT, True),
        (MOMENT, 1_767_225_600_000, True),
        ([1, {"a": 2}], [1.0, {"a": 2}], True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    ],
)
def test_values_are_equal_in_their_kind(a: Any, b: Any, expected: bool | None) -> None:
    assert V5.equal(a, b) is expected
    assert V5.equal(b, a) is expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(5, "5", True), (5, "5.0", False), (2.5, "2.5", True), (False, "false", True), (1, True, False)],
)
def test_the_older_line_finds_words_equal_to_what_they_say(a: Any, b: Any, expected: bool) -> None:
    assert V4.equal(a, b) is expected
    assert V4.equal(b, a) is expected


def test_a_boolean_has_no_order_beside_other_values() -> None:
    assert V5.compare(False, 5) is None
    assert V5.compare("x", True) is None
    assert V5.compare(False, True) == -1


@pytest.mark.parametrize(
    ("run", "a", "b", "expected"),
    [
        (op.add, 0.1, 0.2, 0.3),
        (op.add, 1 << 80, 1, (1 << 80) + 1),
        (op.add, "a", 1, "a1"),
        (op.add, None, 1, None),
        (op.subtract, "7", 2, 5),
        (op.multiply, 1.1, 3, 3.3),
        (op.multiply, (1 << 70), (1 << 70), 1 << 140),
        (op.divide, 7, 2, 3.5),
        (op.divide, 6, 2, 3),
        (op.divide, 1 << 80, 1 << 10, 1 << 70),
        (op.modulo, -5, 3, -2),
        (op.modulo, 5.5, 2, 1.5),
        (op.concatenated, "a", 2.0, "a2"),
    ],
)
def test_numbers_are_exact(run: op.Binary, a: Any, b: Any, expected: Any) -> None:
    found = run(a, b)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("run", "a", "b"),
    [(op.divide, 1, 0), (op.divide, 1.5, 0), (op.modulo, 1, 0), (op.multiply, 1e300, 1e300), (op.subtract, "x", 1)],
)
def test_what_is_no_number_is_nothing(run: op.Binary, a: Any, b: Any) -> None:
    assert op.is_null(run(a, b))


@given(SCALARS | st.booleans() | st.none(), SCALARS | st.booleans() | st.none())
def test_values_are_one_group_if_they_have_one_order(a: Any, b: Any) -> None:
    assert (op.group_key(a) == op.group_key(b)) is (order_key(a) == order_key(b))


def test_objects_are_one_group_whatever_the_order_of_their_names() -> None:
    assert op.group_key({"a": 1, "b": [MOMENT]}) == op.group_key({"b": [MOMENT.ms], "a": 1.0})
    assert op.group_key({"a": 1}) != op.group_key({"a": True})


def test_the_rest_of_a_number_of_any_size_is_exact() -> None:
    assert op.modulo(10**400 + 1, 7) == (10**400 + 1) % 7
    assert op.modulo(-(10**400) - 1, 7) == -((10**400 + 1) % 7)
