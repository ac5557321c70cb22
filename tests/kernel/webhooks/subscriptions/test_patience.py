"""Filters run inside the writer, so a request has a second for all of them, and then it is refused as a whole."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from tests.factories import make_event, make_webhook
from tests.kernel.probe import Probe

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.webhooks.subscriptions import directory

FILTER = '{"amount": {"$gte": 1}}'


class Watch:
    """A clock on which each filter takes so many seconds."""

    def __init__(self, filter_s: float) -> None:
        self._now, self._looks, self._filter_s = 0.0, 0, filter_s

    @property
    def asked(self) -> int:
        """How many filters were asked."""
        return self._looks // 2

    def monotonic(self) -> float:
        """Each filter looks before and after."""
        self._looks += 1
        if self._looks % 2 == 0:
            self._now += self._filter_s
        return self._now


def watch(monkeypatch: pytest.MonkeyPatch, filter_s: float) -> Watch:
    made = Watch(filter_s)
    monkeypatch.setattr(directory, "time", SimpleNamespace(monotonic=made.monotonic))
    return made


async def webhooks(probe: Probe, count: int, *, filter: str | None = FILTER) -> list[str]:
    return [(await probe.webhook(filter=filter)).id for _ in range(count)]


async def events(probe: Probe) -> int:
    return len(await probe.types())


async def test_filters_within_the_second_are_all_asked(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await webhooks(probe, 10)
    clock = watch(monkeypatch, 0.1)

    await probe.write(make_event)

    assert clock.asked == 10
    assert [await probe.states(webhook) for webhook in made] == [["due"]] * 10


async def test_no_filter_begins_after_the_second_and_nothing_of_the_request_is_kept(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [*await webhooks(probe, 1, filter=None), *await webhooks(probe, 10)]
    clock = watch(monkeypatch, 0.4)

    with pytest.raises(Invalid) as refused:
        await probe.write(make_event)

    assert refused.value.code == "too_slow"
    assert clock.asked == 3  # the third ends late, and the fourth does not begin
    assert await events(probe) == 0
    assert [await probe.states(webhook) for webhook in made] == [[]] * 11


async def test_all_events_of_a_request_share_the_second(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    await webhooks(probe, 2)
    clock = watch(monkeypatch, 0.3)

    def batch(call: Call) -> None:
        for _ in range(5):
            make_event(call)

    with pytest.raises(Invalid):
        await probe.write(batch)

    assert clock.asked == 4
    assert await events(probe) == 0


async def test_each_request_has_a_second_of_its_own(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    (webhook,) = await webhooks(probe, 1)
    watch(monkeypatch, 0.9)

    for _ in range(4):
        await probe.write(make_event)

    assert await probe.states(webhook) == ["due"] * 4


async def test_subscriptions_without_a_filter_cost_nothing_of_it(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    await webhooks(probe, 3, filter=None)
    await probe.write(lambda call: make_webhook(call, events=["never.sent"], filter=FILTER))
    clock = watch(monkeypatch, 5.0)

    await probe.write(make_event)

    assert clock.asked == 0


async def test_a_filter_that_fails_has_used_its_time_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    watch(monkeypatch, 2.0)

    class Broken:
        def holds(self, payload: object) -> bool:
            raise RecursionError(payload)

    patience = directory.Patience()
    with pytest.raises(RecursionError):
        patience.ask(Broken(), {})  # type: ignore[arg-type]

    with pytest.raises(Invalid):
        patience.ask(Broken(), {})  # type: ignore[arg-type]
