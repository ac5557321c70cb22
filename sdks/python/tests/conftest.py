"""A loopback server, and both clients of it, which never really wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sdks.python.tests.blocking import BOTH, constructing
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


@pytest.fixture(params=BOTH)
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """What constructs a client: what one can do, both can."""
    with constructing(request.param) as construct:
        yield construct


@pytest.fixture
def harbor(client: type[Harbor], server: Loopback, waits: Waits) -> Iterator[Harbor]:
    with client(SECRET_KEY, host=server.url, sleep=waits, random=lambda: 0.5) as made:
        yield made
