"""Asking a source: pauses, pace, what is tried again, and where the token goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.products.harvest_timesheets.importing.source import outcome

from harbor.kernel.errors import Unavailable
from harbor.kernel.outbound import Failure, Outcome
from harbor.products.harvest_timesheets.importing.source import NoReceipt, NotGiven, Source

URL = "https://api.harvestapp.com"


class Script:
    """Answers one after the other; the last one for ever."""

    def __init__(self, *answers: Outcome) -> None:
        self.answers: Sequence[Outcome] = answers
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.slept: list[float] = []

    async def request(
        self, method: str, url: str, body: Any = None, headers: Any = None, *_: Any, **__: Any
    ) -> Outcome:
        assert (method, body) == ("GET", None)
        self.asked.append((url, headers))
        return self.answers[min(len(self.asked), len(self.answers)) - 1]

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def source(self, pace: tuple[int, float] = (10**6, 1.0)) -> Source:
        return Source(client=self, url=URL, account="7", token="sesame", pace=pace, sleep=self.sleep)


def failed(error: Failure) -> Outcome:
    return Outcome(started_at=outcome().started_at, duration_ms=1, error=error, detail="it broke off")


async def test_a_pause_that_is_asked_for_is_made() -> None:
    script = Script(outcome(429, b"", **{"Retry-After": "7"}), outcome(429), outcome())

    assert await script.source().one("/v2/company") == b"{}"
    assert script.slept == [7, 15]


async def test_a_pause_beyond_a_quarter_of_an_hour_is_left_to_a_later_run() -> None:
    script = Script(outcome(429, b"", **{"Retry-After": "901"}))

    with pytest.raises(Unavailable) as refused:
        await script.source().one("/v2/company")

    assert (refused.value.retry_after_s, script.slept) == (901, [])


@pytest.mark.parametrize("answer", [outcome(500), outcome(503), failed(Failure.TIMEOUT), failed(Failure.DNS)])
async def test_what_may_pass_is_tried_again_and_then_left_to_a_later_run(answer: Outcome) -> None:
    script = Script(answer)

    with pytest.raises(Unavailable):
        await script.source().one("/v2/company")

    assert (len(script.asked), script.slept) == (4, [1, 2, 4, 8])
    assert await Script(answer, outcome()).source().one("/v2/company") == b"{}"


async def test_no_more_is_asked_than_the_source_allows() -> None:
    script = Script(outcome())
    source = script.source(pace=(3, 60.0))

    for _ in range(5):
        await source.one("/v2/company")

    assert len(script.slept) == 2
    assert all(50 < seconds <= 60 for seconds in script.slept)


@pytest.mark.parametrize("status", [403, 404, 422])
async def test_what_is_not_given_is_told_apart(status: int) -> None:
    with pytest.raises(NotGiven):
        await Script(outcome(status)).source().one("/v2/estimates")


@pytest.mark.parametrize(
    ("address", "gets_it"),
    [
        ("https://acme.harvestapp.com/expenses/1/receipt", True),
        ("http://acme.harvestapp.com/expenses/1/receipt", False),
        ("https://harvestapp.com.evil.example/a", False),
        ("https://evilharvestapp.com/a", False),
        ("https://evil.example/harvestapp.com", False),
        ("/expenses/1/receipt", True),
        ("//evil.example/a", False),
    ],
)
async def test_the_token_goes_to_the_source_and_to_hosts_of_harvest(address: str, gets_it: bool) -> None:
    script = Script(outcome(body=b"x"))

    assert await script.source().receipt(address, 10) == b"x"
    assert ("Authorization" in script.asked[0][1]) is gets_it


async def test_a_redirected_receipt_is_fetched_without_the_token() -> None:
    at = outcome().started_at
    away = Outcome(
        started_at=at,
        duration_ms=1,
        status=302,
        headers={"Location": "https://files.example/a?signature=1"},
        error=Failure.REDIRECT,
    )
    script = Script(away, outcome(body=b"x"))

    assert await script.source().receipt("/expenses/1/receipt", 10) == b"x"
    assert [(url, "Authorization" in headers) for url, headers in script.asked] == [
        (f"{URL}/expenses/1/receipt", True),
        ("https://files.example/a?signature=1", False),
    ]
    with pytest.raises(NoReceipt, match="too often"):
        await Script(away).source().receipt("/expenses/1/receipt", 10)


async def test_the_sources_own_clock_counts_unless_it_is_far_off() -> None:
    near = Script(outcome(Date="Thu, 01 Jan 1970 00:00:00 GMT"))
    source = near.source()
    await source.one("/v2/company")

    assert source.time is not None
    assert source.time.year > 2000
    assert "sesame" not in repr(source)
