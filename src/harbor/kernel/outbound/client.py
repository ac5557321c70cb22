"""The one client for everything that leaves the machine: webhooks, providers, checks of other servers."""

from __future__ import annotations

import asyncio
import io
import ssl
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import aiohttp
from yarl import URL

from harbor.kernel.bounds import MIB, WEBHOOK_RESPONSE_BYTES_KEPT_MAX, WEBHOOK_RESPONSE_BYTES_READ_MAX
from harbor.kernel.clock import real_now
from harbor.kernel.errors import Invalid
from harbor.kernel.outbound.outcome import Failure, Outcome
from harbor.kernel.outbound.policy import OutboundPolicy
from harbor.kernel.outbound.resolver import (
    TRAIL,
    BlockedAddress,
    CheckingResolver,
    NotingResponse,
    PlainResolver,
    Sockets,
    Trail,
)

TIMEOUT_S_DEFAULT = 10.0
CONNECTIONS_MAX = 1_024
# Many servers close idle connections after 5 s. Letting go first avoids sending into a connection that is closing.
KEEP_ALIVE_S = 4.0
# Addresses are checked when they are looked up and connections stay with them, so a cached answer is a checked one.
LOOKUP_CACHE_S = 10
LOOKUPS_CACHED_MAX = 4_096
TARGETS_CACHED_MAX = 4_096
# A kept connection may turn out closed by the other side; so may the next one in the pool.
RESENDS_MAX = 2
# What a caller's header must not decide: where a message ends and whom it is for.
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade"})
_NO_HEADERS: Final[Mapping[str, str]] = {}
# A compressed answer could grow without bound while it is unpacked, so none is asked for and none is unpacked.
_AUTO_HEADERS = {"Accept-Encoding": "identity"}
_SKIPPED_HEADERS = ("Accept", "Content-Type")


class OutboundClient:
    """Requests to checked addresses: no redirects, no cookies, no proxies from the environment, TLS 1.2 or newer.

    `proxy` is an explicit forward proxy; it makes the connections, so its own rules decide against rebinding, while
    the URL and the addresses known here are still checked. `ca_file` is trusted besides the machine's authorities.
    At most `connections_max` requests are under way; more wait, within their time limit.
    """

    def __init__(
        self,
        policy: OutboundPolicy,
        *,
        user_agent: str = "Harbor/1.0",
        proxy: str | None = None,
        ca_file: Path | None = None,
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        self._policy = policy
        self._user_agent = user_agent
        self._proxy = proxy
        self._connections_max = connections_max
        self.tls = _tls(ca_file)
        self._target = lru_cache(TARGETS_CACHED_MAX)(policy.target)
        self._sockets = Sockets(policy if proxy is None else None)
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str] = _NO_HEADERS,
        timeout_s: float = TIMEOUT_S_DEFAULT,
    ) -> Outcome:
        """POST `body` and return what became of it; never raises except when cancelled.

        For receivers that tolerate a repetition, as webhooks must: if a kept connection turns out to be closed, the
        request is sent again on another one.
        """
        return await self.request("POST", url, body, headers, timeout_s, repeatable=True)

    async def request(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
        timeout_s: float = TIMEOUT_S_DEFAULT,
        *,
        repeatable: bool = False,
        read_bytes_max: int = WEBHOOK_RESPONSE_BYTES_READ_MAX,
        kept_bytes_max: int = WEBHOOK_RESPONSE_BYTES_KEPT_MAX,
    ) -> Outcome:
        """Send one request and return what became of it; never raises except when cancelled.

        `timeout_s` runs from the connecting to the last byte. After `read_bytes_max` the reading stops and the
        connection is closed, which is no error. `repeatable` says that sending twice does no harm.
        """
        attempt = _Attempt(Trail(crowded=len(self._sockets) > self._connections_max, direct=self._proxy is None))
        try:
            target = self._target(url)
            _check_headers(headers)
            async with asyncio.timeout(timeout_s):
                if self._proxy is not None:
                    await self._policy.check_resolves(url)
                response = await self._send(attempt.trail, method, target, body, headers, repeatable=repeatable)
                try:
                    await attempt.take(response, read_bytes_max)
                finally:
                    # Whatever is unread closes the connection; after a whole answer it is back in the pool already.
                    response.close()
        except Invalid as refused:
            attempt.fail(Failure.BLOCKED_ADDRESS, refused.message)
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
            attempt.fail(*_explain(error, timeout_s))
        return attempt.outcome(kept_bytes_max)

    async def _send(
        self,
        trail: Trail,
        method: str,
        target: URL,
        body: bytes | None,
        headers: Mapping[str, str],
        *,
        repeatable: bool,
    ) -> aiohttp.ClientResponse:
        session = self._session or self._open()
        TRAIL.set(trail)
        resends_left = RESENDS_MAX if repeatable else 0
        while True:
            # aiohttp warns of large bodies given as bytes: it would write them in one piece.
            data = io.BytesIO(body) if body is not None and len(body) > MIB else body
            try:
                return await session.request(
                    method, target, data=data, headers=headers, allow_redirects=False, proxy=self._proxy
                )
            except aiohttp.ClientConnectorError:
                raise
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                if trail.connected or not resends_left:
                    raise
                resends_left -= 1

    def _open(self) -> aiohttp.ClientSession:
        resolver = CheckingResolver(self._policy) if self._proxy is None else PlainResolver(self._policy.lookup)
        connector = aiohttp.TCPConnector(
            resolver=resolver,
            ttl_dns_cache=LOOKUP_CACHE_S,
            dns_cache_max_size=LOOKUPS_CACHED_MAX,
            socket_factory=self._sockets,
            ssl=self.tls,
            limit=self._connections_max,
            keepalive_timeout=KEEP_ALIVE_S,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            response_class=NotingResponse,
            trust_env=False,
            auto_decompress=False,
            headers={"User-Agent": self._user_agent, **_AUTO_HEADERS},
            skip_auto_headers=_SKIPPED_HEADERS,
            # The one time limit is ours: it covers the lookup and the reading too, and is not rounded to seconds.
            timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
        )
        return self._session

    async def close(self) -> None:
        """Close all connections. The client may be used again; it opens anew."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        await self.close()


class _Attempt:
    """The outcome while it is still becoming."""

    __slots__ = ("_begun", "_chunks", "_detail", "_error", "_more", "_started_at", "headers", "status", "trail")

    def __init__(self, trail: Trail) -> None:
        self.trail = trail
        self.status: int | None = None
        self.headers: Mapping[str, str] = _NO_HEADERS
        self._chunks: list[bytes] = []
        self._more = False
        self._error: Failure | None = None
        self._detail = ""
        self._started_at = real_now()
        self._begun = time.monotonic()

    async def take(self, response: aiohttp.ClientResponse, bytes_max: int) -> None:
        self.status = response.status
        self.headers = response.headers
        content = response.content
        bytes_left = bytes_max
        while bytes_left and not content.at_eof():
            chunk = await content.read(bytes_left)
            self._chunks.append(chunk)
            bytes_left -= len(chunk)
        self._more = not content.at_eof()
        if 300 <= response.status < 400:
            self.fail(Failure.REDIRECT, f"answered {response.status}; redirects are not followed")
        elif response.status < 200:
            self.fail(Failure.PROTOCOL, f"answered {response.status}, which no request asked for")

    def fail(self, error: Failure, detail: str) -> None:
        self._error, self._detail = error, detail

    def outcome(self, kept_bytes_max: int) -> Outcome:
        body = b"".join(self._chunks)
        return Outcome(
            started_at=self._started_at,
            duration_ms=round((time.monotonic() - self._begun) * 1000),
            status=self.status,
            headers=self.headers,
            body=body[:kept_bytes_max],
            truncated=self._more or len(body) > kept_bytes_max,
            error=self._error,
            detail=self._detail,
            resolved_ip=self.trail.address,
        )


def _check_headers(headers: Mapping[str, str]) -> None:
    for name in headers:
        if name.lower() in _OWN_HEADERS:
            raise ValueError(f"the header {name} is set by the client itself")


def _explain(error: Exception, timeout_s: float) -> tuple[Failure, str]:
    """The kind of failure behind an exception, and a phrase for people. The order goes from special to general."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        if isinstance(error.os_error, BlockedAddress):
            return Failure.BLOCKED_ADDRESS, str(error.os_error)
        return Failure.DNS, f"the host name does not resolve: {error.os_error}"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | ssl.SSLError):
        return Failure.TLS, str(error)
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, BlockedAddress):
        return Failure.BLOCKED_ADDRESS, str(error.os_error)
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT, f"no whole answer within {timeout_s:g} s"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return Failure.CONNECT, "the connection was closed without an answer"
    if isinstance(error, aiohttp.InvalidURL):
        return Failure.BLOCKED_ADDRESS, "the URL cannot be called"
    if isinstance(error, OSError | aiohttp.ClientConnectionError):
        return Failure.CONNECT, str(error) or "the connection broke"
    return Failure.PROTOCOL, str(error) or type(error).__name__


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(("http/1.1",))
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context
