"""The guide, sample by sample."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conformance.harbour.transcript import Player, compare, transcripts
from tests.products.harbour_agreements.office import Office

ALL = dict(transcripts())


@pytest.mark.parametrize("name", ALL)
async def test_the_published_sample_is_answered_as_published(documented: Office, name: str) -> None:
    await Player(documented).play(ALL[name])


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "…": True}, {"b": 2}),
        ({"a": 1}, {"a": "1"}),
        ("<milliseconds>", "1685038116000"),
        ("<milliseconds>", 1685038116),
        ("<webhook>", "wb_1"),
        ([1], [1, 2]),
    ],
)
def test_a_comparison_tells_what_differs(expected: Any, found: Any) -> None:
    with pytest.raises(AssertionError):
        compare(expected, found, "here")
