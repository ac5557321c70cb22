"""What an edited record changes: pure rules, tried with any record."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from harbor.products.harper_tables import replies
from harbor.products.harper_tables.pages import editing
from harbor.products.harper_tables.records.model import UNSET
from harbor.products.harper_tables.values import Instant

_DATES = st.integers(0, 4_000_000_000_000).map(Instant)
_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | _DATES
)
_VALUES: Any = st.recursive(
    _LEAVES | st.binary(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
_RECORDS = st.dictionaries(st.text(min_size=1), _VALUES, max_size=5)


@settings(max_examples=60, deadline=None)
@given(_RECORDS)
def test_a_record_that_is_saved_as_it_was_shown_changes_nothing(record: dict[str, Any]) -> None:
    typed = replies.plain(record)

    assert editing.change_of(record, typed, "id") == {}


@settings(max_examples=60, deadline=None)
@given(_RECORDS, _RECORDS)
def test_after_a_change_the_record_is_what_was_typed(before: dict[str, Any], after: dict[str, Any]) -> None:
    typed = replies.plain(after)
    change = editing.change_of(before, typed, "")

    gone = change.pop(UNSET, [])
    changed = {name: value for name, value in {**before, **change}.items() if name not in gone}
    shown = replies.plain({name: value for name, value in changed.items() if not name.startswith("__")})
    assert {**shown} == {name: value for name, value in typed.items() if not name.startswith("__")}


def test_a_changed_date_stays_a_date_if_it_is_one() -> None:
    before = {"born": Instant(0), "chip": b"ab", "at": [Instant(0)]}

    kept = editing.change_of(before, {"born": "2020-01-01", "chip": "YWM=", "at": ["soon", 1]}, "id")

    assert kept == {"born": Instant(1_577_836_800_000), "chip": b"ac", "at": ["soon", 1]}


def test_one_and_true_and_one_point_nought_are_not_the_same() -> None:
    assert editing.change_of({"a": 1}, {"a": True}, "id") == {"a": True}
    assert editing.change_of({"a": 1}, {"a": 1.0}, "id") == {"a": 1.0}
    assert editing.is_key(1, 1)
    assert not editing.is_key(True, 1)


def test_several_records_stand_in_an_array() -> None:
    docs = editing.read(json.dumps([{"a": 1}, {"b": [2]}]), "record")

    assert docs == [{"a": 1}, {"b": [2]}]
