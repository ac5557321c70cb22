"""A lane adapts: how much it claims, and how much it sends at once."""

from __future__ import annotations

from typing import Any

import pytest

from harbor.kernel.bounds import WEBHOOK_IN_FLIGHT_PER_ENDPOINT
from harbor.kernel.webhooks.dispatch import lanes
from harbor.kernel.webhooks.dispatch.lanes import CLAIM_MAX, Lane

READY: Any = object()


class Stopwatch:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    """The time by which lanes measure."""
    stopwatch = Stopwatch()
    monkeypatch.setattr(lanes, "time", stopwatch)
    return stopwatch


def lane(**state: Any) -> Lane:
    made = Lane("acc_1", "wh_1")
    for name, value in state.items():
        setattr(made, name, value)
    return made


def test_an_overloaded_receiver_gets_half_as_many_at_once_down_to_one() -> None:
    slowed = lane()
    limits = []
    for _ in range(5):
        slowed.slow_down()
        limits.append(slowed.limit)

    assert limits == [4, 2, 1, 1, 1]


def test_each_success_restores_one_up_to_the_bound() -> None:
    slowed = lane(limit=2)
    for _ in range(20):
        slowed.speed_up()

    assert slowed.limit == WEBHOOK_IN_FLIGHT_PER_ENDPOINT


def test_claims_double_while_the_receiver_keeps_up_and_stay_bounded(stopwatch: Stopwatch) -> None:
    quick = lane()
    sizes = []
    for _ in range(8):
        stopwatch.now += 0.1
        quick.claimed(quick.claim_size)
        sizes.append(quick.claim_size)

    assert sizes == [min(WEBHOOK_IN_FLIGHT_PER_ENDPOINT * 2**n, CLAIM_MAX) for n in range(8)]


def test_claims_shrink_when_the_receiver_takes_its_time(stopwatch: Stopwatch) -> None:
    slow = lane(claim_size=64)
    slow.claimed(64)
    sizes = []
    for _ in range(5):
        stopwatch.now += 2
        slow.claimed(slow.claim_size)
        sizes.append(slow.claim_size)

    assert sizes[-1] == WEBHOOK_IN_FLIGHT_PER_ENDPOINT
    assert sizes == sorted(sizes, reverse=True)


def test_a_claim_that_finds_less_than_it_asked_for_does_not_grow(stopwatch: Stopwatch) -> None:
    steady = lane()
    steady.claimed(3)
    steady.claimed(3)

    assert steady.claim_size == WEBHOOK_IN_FLIGHT_PER_ENDPOINT


@pytest.mark.parametrize(
    ("state", "wants"),
    [
        ({"has_due": True}, True),
        ({}, False),
        ({"has_due": True, "is_claiming": True}, False),
        ({"has_due": True, "buffered": 1}, True),
        ({"has_due": True, "buffered": 5}, False),
        ({"has_due": True, "in_flight": 8}, True),
        ({"has_due": True, "is_strict": True}, True),
        ({"has_due": True, "is_strict": True, "in_flight": 1}, False),
        ({"has_due": True, "is_strict": True, "buffered": 1}, False),
    ],
)
def test_more_is_claimed_when_something_may_be_due_and_little_is_left(state: dict[str, Any], wants: bool) -> None:
    asked = lane(**{name: value for name, value in state.items() if name != "buffered"})
    asked.buffer.extend([READY] * state.get("buffered", 0))

    assert asked.wants_claim is wants


@pytest.mark.parametrize("state", [{"in_flight": 1}, {"has_due": True}, {"is_claiming": True}])
def test_a_lane_with_anything_to_do_is_not_idle(state: dict[str, Any]) -> None:
    assert lane().is_idle
    assert not lane(**state).is_idle
