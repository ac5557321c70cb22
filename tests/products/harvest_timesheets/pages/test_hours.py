"""Hours as they are typed and read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.pages import hours


@pytest.mark.parametrize(
    ("typed", "hours_e2"),
    [
        ("1:30", 150),
        ("1.5", 150),
        ("1,5", 150),
        (":20", 33),
        ("0:20", 33),
        ("8", 800),
        (".25", 25),
        ("1.005", 101),
        ("0", 0),
    ],
)
def test_hours_are_read_as_a_clock_and_as_decimals(typed: str, hours_e2: int) -> None:
    assert hours.read(f" {typed} ") == hours_e2


@pytest.mark.parametrize("typed", ["1:60", "x", "-1", "1:3", "1.5h", ".", "1e3", "１"])
def test_what_is_no_hours_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(Invalid, match=r"1:30 or 1\.5") as refused:
        hours.read(typed)
    assert refused.value.field == "hours"


def test_an_empty_field_is_no_hours() -> None:
    assert hours.read("  ") is None


@given(st.integers(0, 999 * 60))
def test_minutes_read_the_same_after_they_were_kept(minutes: int) -> None:
    text = f"{minutes // 60}:{minutes % 60:02}"
    kept = hours.read(text)
    assert kept is not None
    assert hours.word(kept) == text


def test_a_company_that_counts_in_decimals_reads_decimals() -> None:
    assert hours.word(150, "decimal") == "1.50"
