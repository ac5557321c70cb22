"""Identifiers ascend, carry their time, and cannot be guessed from one another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.clock import EPOCH
from harbor.kernel.ids import ALPHABET, IdMint, decode, encode, is_readable, lowest_at

NOON_MS = 1_779_710_400_000
VALUES = st.integers(0, (1 << 128) - 1)


class Clock:
    """Milliseconds that go where a test puts them."""

    def __init__(self) -> None:
        self.now_ms = NOON_MS

    def __call__(self) -> int:
        return self.now_ms


def test_ids_of_one_millisecond_ascend() -> None:
    mint = IdMint(Clock())

    made = [mint.next("evt_") for _ in range(20_000)]

    assert all(earlier < later for earlier, later in pairwise(made))


@given(st.lists(st.integers(-5_000, 5_000), max_size=60))
def test_ids_ascend_however_the_clock_jumps(jumps: list[int]) -> None:
    clock = Clock()
    mint = IdMint(clock)
    made = [mint.next("evt_")]

    for jump in jumps:
        clock.now_ms += jump
        made.append(mint.next("evt_"))

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_id_begins_with_its_millisecond() -> None:
    clock = Clock()
    mint = IdMint(clock)
    first = mint.next("evt_")
    clock.now_ms += 1

    second = mint.next("evt_")

    assert [decode(id_.removeprefix("evt_")) >> 80 for id_ in (first, second)] == [NOON_MS, NOON_MS + 1]


def test_the_next_id_cannot_be_guessed() -> None:
    mint = IdMint(Clock())
    made = [decode(mint.next("")) for _ in range(1_000)]

    steps = [later - earlier for earlier, later in pairwise(made)]

    assert len(set(steps)) == len(steps)
    assert max(steps) > 1 << 36


def test_nothing_is_made_below_what_the_database_holds() -> None:
    clock = Clock()
    clock.now_ms += 3_600_000
    largest = IdMint(clock).next("evt_")
    clock.now_ms -= 3_600_000
    mint = IdMint(clock)

    mint.not_below(largest)

    assert mint.next("evt_") > largest


def test_a_smaller_id_of_the_database_changes_nothing() -> None:
    mint = IdMint(Clock())
    made = mint.next("evt_")

    mint.not_below("evt_" + lowest_at(EPOCH))

    assert mint.next("evt_") > made


def test_ids_of_several_threads_are_all_different() -> None:
    mint = IdMint(Clock())

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: [mint.next("x_") for _ in range(2_000)], range(4)))

    assert len({id_ for each in made for id_ in each}) == 8_000
    assert all(each == sorted(each) for each in made)


@given(VALUES)
def test_what_is_encoded_decodes_to_itself(value: int) -> None:
    text = encode(value)

    assert decode(text) == value
    assert len(text) == 26
    assert set(text) <= set(ALPHABET)


@given(VALUES, VALUES)
def test_text_order_is_number_order(one: int, other: int) -> None:
    assert (encode(one) < encode(other)) == (one < other)


@given(st.text(ALPHABET, min_size=26, max_size=26))
def test_all_letters_decode_and_encode_to_themselves(text: str) -> None:
    assert encode(decode(text)) == text


@given(st.integers(0, (1 << 43)), st.integers(0, 999))
def test_the_lowest_id_of_a_moment_is_below_all_made_then_and_above_all_made_before(now_ms: int, more_us: int) -> None:
    moment = EPOCH + timedelta(milliseconds=now_ms, microseconds=more_us)
    made = IdMint(lambda: now_ms).next("") if now_ms else ""

    assert not made or lowest_at(moment) <= made
    assert not made or made < lowest_at(moment + timedelta(milliseconds=1))


@pytest.mark.parametrize(
    ("moment", "lowest"),
    [
        (datetime(1969, 12, 31, tzinfo=UTC), encode(0)),
        (EPOCH, encode(0)),
        (EPOCH + timedelta(milliseconds=1), encode(1 << 80)),
    ],
)
def test_moments_before_1970_have_the_lowest_id_of_all(moment: datetime, lowest: str) -> None:
    assert lowest_at(moment) == lowest


def test_the_end_of_the_calendar_has_an_id() -> None:
    assert len(lowest_at(datetime.max.replace(tzinfo=UTC))) == 26


@pytest.mark.parametrize(
    ("id_", "prefix", "readable"),
    [
        ("evt_01jv8q3k9m2x4n6p8r0s1t2v3w", "evt_", True),
        ("evt_abc123", "evt_", True),
        ("evt_abc12", "evt_", False),
        ("evt_" + "a" * 64, "evt_", True),
        ("evt_" + "a" * 65, "evt_", False),
        ("evt_ABC123", "evt_", False),
        ("evt_abc123\n", "evt_", False),
        ("evt_abc 123", "evt_", False),
        ("evt_äbc123", "evt_", False),
        ("ws_abc123", "evt_", False),
        ("nobody_abc123", "nobody_", False),
        ("", "evt_", False),
    ],
)
def test_ids_are_told_from_other_text(id_: str, prefix: str, readable: bool) -> None:
    assert is_readable(id_, prefix) is readable
