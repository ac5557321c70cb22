"""Clients that may call one loopback address and nothing else besides the public internet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from tests.kernel.outbound.receiver import Receiver

from harbor.kernel.outbound import OutboundClient, OutboundPolicy

ONE_LOOPBACK = (ip_network("127.0.0.1/32"),)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as listening:
        yield listening


@pytest.fixture
async def client() -> AsyncIterator[OutboundClient]:
    async with OutboundClient(OutboundPolicy(allow_http=True, allow_cidrs=ONE_LOOPBACK)) as opened:
        yield opened
