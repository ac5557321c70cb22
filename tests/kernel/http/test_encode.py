"""What `show` returns becomes bytes: moments and decimals as the dialect writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.clock import iso_ms, micros
from harbor.kernel.http.encode import as_json

NOON = datetime(2026, 5, 25, 12, 0, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"


def encoded(value: Any) -> bytes:
    return as_json(value, moment=iso_ms, decimal=float)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, b"null"),
        (True, b"true"),
        (1.5, b"1.5"),
        ("é\n", '"é\\n"'.encode()),
        (Colour.RED, b'"red"'),
        (NOON, b'"2026-05-25T12:00:00.000Z"'),
        (date(2026, 5, 25), b'"2026-05-25"'),
        (Decimal("0.10"), b"0.1"),
        (msgspec.Raw(b'{"b":1.0, "a":2}'), b'{"b":1.0, "a":2}'),
        (2**64, b"18446744073709551616"),
        ([], b"[]"),
        ({}, b"{}"),
    ],
)
def test_each_kind_of_value_has_one_form(value: Any, text: bytes) -> None:
    assert encoded(value) == text


def test_it_reaches_into_lists_tuples_and_objects() -> None:
    value = {"at": NOON, "many": [NOON, (Decimal(1), {"on": date(2026, 1, 2)})], "raw": [msgspec.Raw(b"1e2")]}

    assert encoded(value) == (
        b'{"at":"2026-05-25T12:00:00.000Z","many":["2026-05-25T12:00:00.000Z",[1.0,{"on":"2026-01-02"}]],"raw":[1e2]}'
    )


def test_a_dialect_may_write_milliseconds_and_decimals_as_text() -> None:
    assert as_json([NOON, Decimal("0.10")], moment=lambda at: micros(at) // 1_000, decimal=str) == (
        b'[1779710400000,"0.10"]'
    )


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab", max_size=3), inner, max_size=4),
        max_leaves=15,
    )
)
def test_what_is_encoded_decodes_to_itself(value: Any) -> None:
    assert msgspec.json.decode(encoded(value)) == value
