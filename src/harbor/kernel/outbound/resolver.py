"""The two places where a connection is held to checked addresses: the lookup, and the making of the socket."""

from __future__ import annotations

import socket
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

from aiohttp import AddrInfoType, ClientResponse
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection

from harbor.kernel.outbound.lookup import Lookup
from harbor.kernel.outbound.policy import OutboundPolicy


class BlockedAddress(OSError):
    """The host leads to an address that may not be called. An OSError, because aiohttp passes only these on."""


class Trail:
    """What is learned on the way of one request: the address, and whether a connection was made for it."""

    __slots__ = ("address", "connected", "crowded", "direct")

    def __init__(self, *, crowded: bool, direct: bool) -> None:
        self.address: str | None = None
        self.connected = False
        self.crowded = crowded
        self.direct = direct


# aiohttp offers no place for such notes; tasks it starts while connecting inherit the variable, and so the same trail.
TRAIL: ContextVar[Trail] = ContextVar("harbor_outbound_trail")


class CheckingResolver(AbstractResolver):
    """Gives addresses only if all of a host's are permitted; aiohttp connects to what it was given and nothing else."""

    def __init__(self, policy: OutboundPolicy) -> None:
        self._policy = policy

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,
    ) -> list[ResolveResult]:
        """The checked addresses of `host`. Raises `BlockedAddress`, or OSError if it does not resolve."""
        found = await self._policy.lookup(host)
        permitted = self._policy.permitted(host, found)
        if permitted is None:
            raise BlockedAddress(f"{host} resolves to an address that is not public")
        return results(host, port, permitted)

    async def close(self) -> None:
        """Nothing is held."""


class PlainResolver(AbstractResolver):
    """Gives all addresses: for the operator's own forward proxy, which may well stand in a private network."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,
    ) -> list[ResolveResult]:
        """The addresses of `host`. Raises OSError if it does not resolve."""
        return results(host, port, await self._lookup(host))

    async def close(self) -> None:
        """Nothing is held."""


def results(host: str, port: int, addresses: list[str]) -> list[ResolveResult]:
    """`addresses` as aiohttp takes them. Raises OSError if there are none."""
    if not addresses:
        raise OSError(f"{host} has no address")
    return [
        ResolveResult(
            hostname=host,
            host=address,
            port=port,
            family=socket.AF_INET6 if ":" in address else socket.AF_INET,
            proto=socket.IPPROTO_TCP,
            flags=socket.AI_NUMERICHOST,
        )
        for address in addresses
    ]


class Sockets:
    """Makes the sockets of a client, counts the open ones, and looks at each address once more before it is used.

    The second look also sees literal addresses, for which aiohttp asks no resolver. With `policy` None (behind a
    proxy) nothing is checked.
    """

    def __init__(self, policy: OutboundPolicy | None) -> None:
        self._policy = policy
        self._open: WeakSet[socket.socket] = WeakSet()

    def __call__(self, info: AddrInfoType) -> socket.socket:
        """A socket for the address in `info`. Raises `BlockedAddress`."""
        family, kind, proto, _, destination = info
        address = str(destination[0])
        trail = TRAIL.get(None)
        if trail is not None:
            trail.connected = True
        if self._policy is not None:
            if not self._policy.permits(address):
                raise BlockedAddress("the address is not public")
            if trail is not None:
                trail.address = address
        made = socket.socket(family=family, type=kind, proto=proto)
        self._open.add(made)
        return made

    def __len__(self) -> int:
        """How many are open, in use or kept for the next request."""
        return len(self._open)


class NotingResponse(ClientResponse):
    """Writes the peer's address on the trail while the connection is still at hand: it goes back to the pool early."""

    async def start(self, connection: Connection) -> ClientResponse:
        """Wait for the head of the answer."""
        trail = TRAIL.get()
        transport, protocol = connection.transport, connection.protocol
        # Also after connecting for this request: of several addresses tried, the last is not always the one that won.
        if trail.direct and transport is not None:
            trail.address = _host(transport.get_extra_info("peername"))
        if trail.crowded and protocol is not None:
            protocol.force_close()
        return await super().start(connection)


def _host(peer: Any) -> str | None:
    return peer[0] if isinstance(peer, tuple) and peer else None
