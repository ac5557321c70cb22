"""Events: whose they are by their type, and how the log is ordered where one thread writes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from harbor.kernel.eventlog.model import PRODUCT_WORDS, Positions, product_of
from harbor.kernel.webhooks.matching import RESERVED_FIRST_WORDS


@pytest.mark.parametrize(
    ("type_", "product"),
    [
        ("harbor.webhook.disabled", "harbor"),
        ("harvest.time_entry.created", "harvest"),
        ("harbor", "harbor"),
        ("harbors.x", ""),
        ("order.harbor", ""),
        ("Harbor.x", ""),
        ("invoice.paid", ""),
        ("", ""),
    ],
)
def test_a_type_that_begins_with_a_products_word_is_the_products(type_: str, product: str) -> None:
    assert product_of(type_) == product


def test_what_is_a_products_nobody_outside_may_send() -> None:
    assert PRODUCT_WORDS == RESERVED_FIRST_WORDS


def test_positions_go_on_after_what_the_database_holds() -> None:
    positions = Positions()
    positions.start_after(41)
    positions.start_after(7)

    assert [positions.next(), positions.next()] == [42, 43]


def test_no_position_is_given_twice() -> None:
    positions = Positions()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: [positions.next() for _ in range(1_000)], range(4)))

    assert sorted(position for each in found for position in each) == list(range(1, 4_001))
