"""When a failed delivery is tried again, and when no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.webhooks.retries import (
    STANDARD,
    Budget,
    RetryTable,
    budget_end,
    next_due,
    parse_retry_after,
    parse_schedule,
    resume,
)

START = datetime(2026, 5, 25, 12, 0, 1, tzinfo=UTC)
MINUTE, HOUR = 60, 3_600
# A table of another kind: counted attempts, no end in time, a small cap.
COUNTED = RetryTable(delays_s=(30, 120, 600), jitter=0.1, total_s=None, retry_after_s_max=HOUR)

fractions = st.floats(0, 1, exclude_max=True)


def middle() -> float:
    return 0.5


def due_after(
    attempts_made: int,
    *,
    failed_at: datetime = START,
    table: RetryTable = STANDARD,
    retry_after_s: float | None = None,
    random: float = 0.5,
) -> float | None:
    """Seconds from the failure to the next attempt of a budget that began at START."""
    due_at = next_due(
        table,
        attempts_made=attempts_made,
        failed_at=failed_at,
        ends_at=budget_end(table, START),
        retry_after_s=retry_after_s,
        random=lambda: random,
    )
    return None if due_at is None else (due_at - failed_at).total_seconds()


def ages_s(table: RetryTable, draws: Iterator[float], asked_s: Iterator[float | None]) -> list[float]:
    """The ages of all attempts of a delivery that always fails at once."""
    now, made, ages = START, 1, [0.0]
    while (
        due_at := next_due(
            table,
            attempts_made=made,
            failed_at=now,
            ends_at=budget_end(table, START),
            retry_after_s=next(asked_s),
            random=lambda: next(draws),
        )
    ) is not None:
        assert due_at >= now
        now, made = due_at, made + 1
        ages.append((now - START).total_seconds())
    return ages


def always(value: float | None) -> Iterator[float | None]:
    while True:
        yield value


def halves() -> Iterator[float]:
    while True:
        yield 0.5


# The table


def test_without_jitter_the_ages_are_those_of_the_published_table() -> None:
    published = [
        0,
        5 * MINUTE,
        35 * MINUTE,
        155 * MINUTE,
        455 * MINUTE,
        1_055 * MINUTE,
        1_895 * MINUTE,
        3_095 * MINUTE,
        72 * HOUR,
    ]

    assert list(STANDARD.ages_s) == published
    assert ages_s(STANDARD, halves(), always(None)) == published
    assert STANDARD.attempts == 9


@given(st.lists(fractions, min_size=9, max_size=9))
def test_jitter_moves_each_wait_by_a_tenth_at_most_and_never_the_end(draws: list[float]) -> None:
    ages = ages_s(STANDARD, iter(draws), always(None))

    assert len(ages) == 9
    for made, nominal_s in enumerate(STANDARD.delays_s[:-1], start=1):
        assert 0.9 * nominal_s - 1e-3 <= ages[made] - ages[made - 1] <= 1.1 * nominal_s + 1e-3
    assert ages[-1] == 72 * HOUR


def test_jitter_goes_both_ways() -> None:
    assert due_after(1, random=0.0) == 270
    assert due_after(1, random=0.999999999) == pytest.approx(330)


def test_after_the_ninth_failure_there_is_no_more() -> None:
    assert due_after(8, failed_at=START + timedelta(hours=60)) == 12 * HOUR
    assert due_after(9, failed_at=START + timedelta(hours=60)) is None


@pytest.mark.parametrize("made", range(1, 9))
def test_after_72_hours_there_is_no_more(made: int) -> None:
    assert due_after(made, failed_at=START + timedelta(hours=72)) is None
    assert due_after(made, failed_at=START + timedelta(hours=72, seconds=-1)) == 1


def test_a_late_failure_is_tried_again_at_the_end_of_the_budget() -> None:
    # The server was down for two days: the long wait would end after the budget.
    assert due_after(7, failed_at=START + timedelta(hours=70)) == 2 * HOUR


# Retry-After


@pytest.mark.parametrize(
    ("made", "asked_s", "expected_s"),
    [
        (1, None, 300),
        (1, 0, 300),
        (1, 299, 300),
        (1, 301, 301),
        (1, 24 * HOUR, 24 * HOUR),
        (1, 24 * HOUR + 1, 24 * HOUR),
        (1, 1e30, 24 * HOUR),
        (7, 24 * HOUR, 24 * HOUR),
    ],
)
def test_the_longer_of_table_and_retry_after_counts_up_to_a_day(
    made: int, asked_s: float | None, expected_s: float
) -> None:
    assert due_after(made, retry_after_s=asked_s) == expected_s


def test_retry_after_cannot_go_past_the_end_nor_move_the_last_attempt() -> None:
    assert due_after(7, failed_at=START + timedelta(hours=60), retry_after_s=24 * HOUR) == 12 * HOUR
    assert due_after(8, failed_at=START + timedelta(hours=52), retry_after_s=HOUR) == 20 * HOUR


@given(
    st.lists(fractions, min_size=9, max_size=9),
    st.lists(st.none() | st.floats(0, 1e6), min_size=10, max_size=10),
)
def test_whatever_the_endpoint_asks_the_last_attempt_is_at_72_hours(
    draws: list[float], asked_s: list[float | None]
) -> None:
    ages = ages_s(STANDARD, iter(draws), iter(asked_s))

    assert ages == sorted(ages)
    assert len(ages) <= 9
    assert ages[-1] == 72 * HOUR


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("1.5", 1.5),
        ("999999999999", 999999999999),
        ("Mon, 25 May 2026 12:02:01 GMT", 120),
        ("Monday, 25-May-26 12:02:01 GMT", 120),
        ("Mon May 25 12:02:01 2026", 120),
        ("Mon, 25 May 2026 14:02:01 +0200", 120),
        ("Mon, 25 May 2026 11:00:00 GMT", 0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("+5", None),
        ("1e3", None),
        ("٣", None),
        ("9" * 13, None),
        ("120, 240", None),
        ("Mon, 99 May 2026 12:02:01 GMT", None),
        ("Mon, 25 May 99999 12:02:01 GMT", None),
        ("x" * 10_000, None),
    ],
)
def test_retry_after_is_read_as(text: str | None, expected_s: float | None) -> None:
    assert parse_retry_after(text, START) == expected_s


@given(st.text(max_size=60) | st.from_regex(r"\A[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ ([+-]\d+|GMT)\Z"))
def test_no_retry_after_raises_or_is_negative(text: str) -> None:
    wait_s = parse_retry_after(text, START)

    assert wait_s is None or wait_s >= 0
    assert due_after(1, retry_after_s=wait_s) is not None


# Other tables


def test_a_counted_table_has_no_end_in_time_and_jitter_on_its_last_wait() -> None:
    assert budget_end(COUNTED, START) is None
    assert list(COUNTED.ages_s) == [0, 30, 150, 750]
    assert due_after(3, table=COUNTED, failed_at=START + timedelta(days=400)) == 600
    assert due_after(3, table=COUNTED, random=0.0) == 540
    assert due_after(4, table=COUNTED) is None


def test_a_table_has_its_own_cap_for_retry_after() -> None:
    assert due_after(1, table=COUNTED, retry_after_s=2 * HOUR) == HOUR
    deaf = RetryTable(delays_s=(10,), jitter=0, total_s=None, retry_after_s_max=0)
    assert due_after(1, table=deaf, retry_after_s=60) == 10


# The setting


def test_the_standard_table_can_be_written_as_a_setting() -> None:
    assert parse_schedule("0,300,1800,7200,18000,36000,50400,72000,73500") == STANDARD


def test_a_schedule_ends_exactly_after_its_sum() -> None:
    table = parse_schedule(" 0, 1 ,2 ")

    assert list(table.ages_s) == [0, 1, 3]
    assert due_after(2, table=table, failed_at=START + timedelta(seconds=1), random=0.9) == 2


def test_a_schedule_of_one_attempt_never_tries_again() -> None:
    table = parse_schedule("0")

    assert table.attempts == 1
    assert due_after(1, table=table) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "like 0,300,1800"),
        ("0,,5", "like 0,300,1800"),
        ("0,x", "like 0,300,1800"),
        ("0,-5", "like 0,300,1800"),
        ("0,1.5", "like 0,300,1800"),
        ("0,٣", "like 0,300,1800"),
        ("5,10", "begins with 0"),
        ("0," + "1," * 49 + "1", "51 attempts"),
        ("0,2592001", "2592000 s"),
    ],
)
def test_a_bad_schedule_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_schedule(text)


@given(st.text("0123456789, .-x", max_size=30))
def test_any_schedule_is_a_table_or_a_sentence(text: str) -> None:
    try:
        table = parse_schedule(text)
    except ValueError:
        return
    assert table.ages_s[-1] == table.total_s


# Parking


def test_a_parked_delivery_keeps_its_wait_and_its_budget() -> None:
    budget = Budget(due_at=START + timedelta(hours=2), ends_at=START + timedelta(hours=72))
    parked_at, resumed_at = START + timedelta(hours=1), START + timedelta(days=30)

    resumed = resume(budget, parked_at=parked_at, resumed_at=resumed_at)

    assert resumed.due_at - resumed_at == timedelta(hours=1)
    assert resumed.left(resumed_at) == budget.left(parked_at) == timedelta(hours=71)


def test_a_delivery_that_was_overdue_when_parked_is_due_at_once() -> None:
    budget = Budget(due_at=START, ends_at=START + timedelta(hours=72))
    resumed_at = START + timedelta(hours=9)

    assert resume(budget, parked_at=START + timedelta(hours=1), resumed_at=resumed_at).due_at < resumed_at


def test_a_delivery_parked_before_its_first_attempt_has_no_end_yet() -> None:
    resumed = resume(Budget(due_at=START, ends_at=None), parked_at=START, resumed_at=START + timedelta(hours=1))

    assert resumed == Budget(due_at=START + timedelta(hours=1), ends_at=None)
    assert resumed.left(START) is None


def test_no_less_than_nothing_is_left_of_a_budget() -> None:
    assert Budget(due_at=START, ends_at=START).left(START + timedelta(hours=1)) == timedelta(0)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=5))
def test_parking_often_uses_no_budget(pauses: list[tuple[int, int]]) -> None:
    budget, now, ran_s = Budget(due_at=START, ends_at=START + timedelta(hours=720)), START, 0
    for run_s, pause_s in pauses:
        parked_at = now + timedelta(seconds=run_s)
        now = parked_at + timedelta(seconds=pause_s)
        budget = resume(budget, parked_at=parked_at, resumed_at=now)
        ran_s += run_s

    assert budget.left(now) == max(timedelta(0), timedelta(hours=720) - timedelta(seconds=ran_s))
