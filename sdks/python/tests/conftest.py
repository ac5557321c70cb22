"""A loopback server, and both clients of it, which never really wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from sdks.python.tests.blocking import BlockingHarbor
from sdks.python.tests.loopback import Loopback
from sdks.python.tests.samples import SECRET_KEY

from harbor_sdk import Harbor


@dataclass
class Waits:
    """The seconds a client would have slept."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def server() -> Iterator[Loopback]:
    loopback = Loopback()
    yield loopback
    loopback.close()


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture(params=["sync", "async"])
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """What constructs a client: what one can do, both can."""
    if request.param == "sync":
        yield Harbor
        return
    with asyncio.Runner() as runner:
        yield partial(BlockingHarbor, runner)


@pytest.fixture
def harbor(client: type[Harbor], server: Loopback, waits: Waits) -> Iterator[Harbor]:
    with client(SECRET_KEY, host=server.url, sleep=waits, random=lambda: 0.5) as made:
        yield made
