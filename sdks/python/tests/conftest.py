"""A loopback server, and a client of it that never really waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
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


@pytest.fixture
def harbor(server: Loopback, waits: Waits) -> Iterator[Harbor]:
    with Harbor(SECRET_KEY, host=server.url, sleep=waits, random=lambda: 0.5) as client:
        yield client
