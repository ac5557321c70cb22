"""The server in front of the proxy, with its bounds: how long a head may take, and how many connections an address may have.

aiohttp counts the time between requests, and no other. Source: docs/products/appharbor.md#router.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final, cast

from aiohttp import web

from harbor.kernel.bounds import KIB
from harbor.products.appharbor_apps.router.messages import Network, is_trusted
from harbor.products.appharbor_apps.router.proxy import Proxy

HEADERS_BYTES_MAX: Final = 64 * KIB
IDLE_S: Final = 75.0
HEAD_S: Final = 30.0
ADDRESS_CONNECTIONS_MAX: Final = 512
# A proxy in front has one address for everybody. One that is not trusted runs on this machine, if anywhere.
LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1"))
_HEADERS_MAX: Final = 512
# What one client of IPv6 may choose its addresses from.
_IPV6_PREFIX: Final = 64


def listener(
    proxy: Proxy,
    *,
    head_s: float = HEAD_S,
    address_connections_max: int = ADDRESS_CONNECTIONS_MAX,
    unbounded: Sequence[Network] = LOOPBACK,
) -> web.Server:
    """The server in front of a proxy. Of `unbounded` addresses and trusted proxies connections are not counted."""
    return _Server(
        proxy,
        head_s=head_s,
        address_connections_max=address_connections_max,
        unbounded=(*unbounded, *proxy.trusted),
        handler_cancellation=True,
        keepalive_timeout=IDLE_S,
        max_line_size=HEADERS_BYTES_MAX,
        max_field_size=HEADERS_BYTES_MAX,
        max_headers=_HEADERS_MAX,
        auto_decompress=False,
        access_log=None,
        lingering_time=1.0,
    )


class _Server(web.Server):
    def __init__(
        self, proxy: Proxy, *, head_s: float, address_connections_max: int, unbounded: Sequence[Network], **more: Any
    ) -> None:
        super().__init__(proxy, **more)
        self._head_s = head_s
        self._address_connections_max = address_connections_max
        self._unbounded = unbounded
        self._of_address: dict[str, int] = {}

    def __call__(self) -> web.RequestHandler:
        """A new connection."""
        return _Connection(self, self._head_s, loop=self._loop, **self._kwargs)

    def enter(self, address: str) -> bool:
        """Count a connection; False if there are enough of this address, and then it is not counted."""
        present = self._of_address.get(address, 0)
        if present >= self._address_connections_max and not is_trusted(address, self._unbounded):
            return False
        self._of_address[address] = present + 1
        return True

    def leave(self, address: str) -> None:
        """Count a connection no longer."""
        left = self._of_address[address] - 1
        if left:
            self._of_address[address] = left
        else:
            del self._of_address[address]


class _Connection(web.RequestHandler):
    __slots__ = ("_address", "_head_s", "_head_timer", "_server")

    def __init__(self, server: _Server, head_s: float, **more: Any) -> None:
        super().__init__(server, **more)
        self._server = server
        self._head_s = head_s
        self._head_timer: asyncio.TimerHandle | None = None
        # Empty while it is not counted.
        self._address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        address = _whose(transport.get_extra_info("peername"))
        if not self._server.enter(address):
            self._force_close = True
            cast(asyncio.Transport, transport).abort()
            return
        self._address = address
        super().connection_made(transport)
        self._head_timer = self._loop.call_later(self._head_s, self._too_slow)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._messages:
            self._stop_timer()
        elif self._head_timer is None and self._waiter is not None and not self._waiter.done():
            # The first bytes of a head after a quiet while; those that follow do not give it more time.
            self._head_timer = self._loop.call_later(self._head_s, self._too_slow)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_timer()
        if self._address:
            self._server.leave(self._address)
            self._address = ""
        super().connection_lost(exc)

    def _too_slow(self) -> None:
        self._head_timer = None
        self.force_close()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def _whose(peer: object) -> str:
    """Who counts as one: an IPv4 address, or the /64 of an IPv6 one."""
    if not isinstance(peer, tuple) or not peer:
        return "unknown"
    try:
        address = ip_address(str(peer[0]).partition("%")[0])
    except ValueError:
        return "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if address.is_loopback:
        return str(address)
    return str(ip_network((address, _IPV6_PREFIX), strict=False).network_address)
