"""The public documentation, example by example."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conformance.harbor.transcript import Player, compare, transcripts
from tests.end_to_end.tenant import Tenant
from tests.receiver import Receiver

ALL = dict(transcripts())


@pytest.mark.parametrize("name", ALL)
async def test_the_documented_example_is_answered_as_documented(
    slow_shop: Tenant, receiver: Receiver, name: str
) -> None:
    await Player(slow_shop, receiver).play(ALL[name])


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "…": True}, {"b": 2}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": "1"}),
        ("<evt>", "evt_short"),
        ("<moment>", "2026-05-25T12:00:00Z"),
        ([1], [1, 2]),
        (None, "x"),
    ],
)
def test_a_comparison_tells_what_differs(expected: Any, found: Any) -> None:
    with pytest.raises(AssertionError):
        compare(expected, found, "here")
