"""Bytes counted together: no more than the bound, and given back from anywhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from harbor.kernel.errors import Unavailable
from harbor.kernel.sharing import Budget


def test_what_does_not_fit_is_refused_until_others_give_back() -> None:
    budget = Budget(10, "Come again.", retry_after_s=3, headers={"Connection": "close"})
    budget.take(8)

    with pytest.raises(Unavailable, match="Come again") as refused:
        budget.take(3)
    budget.give_back(8)
    budget.take(10)

    assert (refused.value.retry_after_s, refused.value.headers) == (3, {"Connection": "close"})
    assert budget.used == 10


def test_a_finalizer_may_give_back_while_its_thread_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = Budget(10, "Come again.")
    budget.take(6)
    # As if the collector had run there, and found bytes that nobody needs any more.
    monkeypatch.setattr(budget, "check", lambda _size: budget.give_back(6))

    with ThreadPoolExecutor(1) as thread:
        thread.submit(budget.take, 4).result(timeout=5)

    assert budget.used == 4
