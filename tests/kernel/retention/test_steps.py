from __future__ import annotations

from harbor.kernel.retention.steps import CHUNK_ROWS, Budget


class Rows:
    """Rows that a statement takes away, a second each time."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.taken: list[int] = []
        self.now = 0.0

    def take(self, limit: int) -> int:
        taken = min(limit, self.count)
        self.count -= taken
        self.taken.append(taken)
        self.now += 1.0
        return taken


def test_a_drain_ends_with_the_rows_there_are() -> None:
    rows = Rows(250)
    budget = Budget(seconds_max=60)

    assert budget.drain(rows.take)

    assert rows.taken == [CHUNK_ROWS, CHUNK_ROWS, 50]
    assert budget.spent == 250
    assert not budget.is_spent


def test_a_drain_takes_no_more_rows_than_a_step_may() -> None:
    rows = Rows(1_000)
    budget = Budget(rows_max=250, seconds_max=60)

    assert not budget.drain(rows.take)

    assert rows.taken == [CHUNK_ROWS, CHUNK_ROWS, 50]
    assert (budget.rows_left, budget.is_spent) == (0, True)


def test_a_drain_ends_when_its_time_is_over() -> None:
    rows = Rows(1_000)

    assert not Budget(seconds_max=2.5, stopwatch=lambda: rows.now).drain(rows.take)

    assert len(rows.taken) == 3


def test_a_step_does_one_thing_however_slow_the_look_for_it_was() -> None:
    rows = Rows(1_000)
    budget = Budget(seconds_max=1, stopwatch=lambda: rows.now)
    rows.now = 30.0

    assert not budget.is_spent
    assert not budget.drain(rows.take)
    assert rows.taken == [CHUNK_ROWS]


def test_a_step_that_is_ended_does_nothing_more() -> None:
    rows = Rows(10)
    budget = Budget()

    budget.end()

    assert not budget.drain(rows.take)
    assert rows.taken == []
