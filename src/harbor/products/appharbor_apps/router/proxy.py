"""A request on its way to an application and the answer on its way back: streamed both ways, with nothing kept.

Source: docs/products/appharbor.md#router.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict
from yarl import URL

from harbor.kernel.bounds import KIB
from harbor.products.appharbor_apps.router.balance import Balance
from harbor.products.appharbor_apps.router.compression import squeezed
from harbor.products.appharbor_apps.router.messages import Network, forwarded, is_trusted, refusal, returned
from harbor.products.appharbor_apps.router.pages import page, redirect
from harbor.products.appharbor_apps.router.static_files import serve
from harbor.products.appharbor_apps.router.table import Entry, Hosts, Table, bare
from harbor.products.appharbor_apps.router.tunnel import tunnel

CONNECT_S: Final = 5.0
ANSWER_S: Final = 120.0
# An answer up to this size, whose length is known, is sent in one piece.
WHOLE_BYTES_MAX: Final = 64 * KIB
# Shorter than applications keep a quiet connection: a request must not meet its end.
QUIET_S: Final = 1.0
_PATH_SHOWN_MAX: Final = 1_000
_NEVER_TWICE: Final = frozenset({"POST", "PATCH"})
_SKIPPED: Final = (hdrs.USER_AGENT, hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE)


@dataclass(slots=True, kw_only=True)
class Proxy:
    """Answers requests for all applications. `tell` gets a line for each request and the application's number."""

    domain: str
    scheme: str = "http"
    trusted: Sequence[Network] = ()
    tell: Callable[[str, str], None] = lambda _number, _line: None
    balance: Balance = field(default_factory=Balance)
    hosts: Hosts = field(init=False)
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.hosts = Hosts(Table(), self.domain)

    async def open(self) -> None:
        """Be ready for requests. To be called in the loop."""
        connector = aiohttp.TCPConnector(
            limit=0, keepalive_timeout=QUIET_S, use_dns_cache=False, enable_cleanup_closed=False
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=_SKIPPED,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            max_line_size=WHOLE_BYTES_MAX,
            max_field_size=WHOLE_BYTES_MAX,
        )

    async def close(self) -> None:
        """End the connections to applications."""
        if self._session is not None:
            await self._session.close()

    def replace(self, table: Table) -> None:
        """Route by another table from now on."""
        self.hosts = Hosts(table, self.domain)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        # Asked for by the parser's own words, so that no two of us read different ones.
        target = request._message.path
        refused = refusal(request.raw_headers, target, request.method)
        if refused is not None:
            return page(refused.status, reason=refused.reason)
        host = bare(request.headers.get(hdrs.HOST, ""))
        found = self.hosts.find(host)
        if found is None:
            return page(404)
        number, entry = found
        began = time.perf_counter()
        response = await self._routed(request, target, host, entry)
        status = response.status
        self.balance.count(number, status)
        took_ms = (time.perf_counter() - began) * 1_000
        shown = target.partition("?")[0][:_PATH_SHOWN_MAX]
        self.tell(number, f"{request.method} {shown} {status} {_size(response)} {took_ms:.0f}ms")
        return response

    async def _routed(self, request: web.BaseRequest, target: str, host: str, entry: Entry) -> web.StreamResponse:
        if entry.canonical is not None and host != entry.canonical:
            return redirect(301 if request.method in ("GET", "HEAD") else 308, self._elsewhere(request, entry, target))
        if entry.is_in_maintenance:
            return page(503, retry_after_s=30)
        if entry.folder is not None:
            return await serve(request, entry.folder)
        if not entry.upstreams:
            return page(503, retry_after_s=5)
        client = request.remote or ""
        # Only this protocol is carried: of h2c and the like HTTP/1.1 goes on, as RFC 9110, 7.8, allows.
        upgrade = request.headers.get(hdrs.UPGRADE, "")
        keeps_upgrade = bool(request._message.upgrade) and upgrade.lower() == "websocket"
        headers = forwarded(
            request.raw_headers,
            client=client,
            scheme=self.scheme,
            trusted=is_trusted(client, self.trusted),
            keeps_upgrade=keeps_upgrade,
        )
        if keeps_upgrade:
            return await self._tunnelled(request, target, headers, entry)
        return await self._asked(request, target, headers, entry)

    def _elsewhere(self, request: web.BaseRequest, entry: Entry, target: str) -> str:
        scheme = self.scheme
        if is_trusted(request.remote or "", self.trusted):
            scheme = request.headers.get("X-Forwarded-Proto", scheme)
        port = request.headers.get(hdrs.HOST, "").partition(":")[2]
        return f"{'https' if scheme == 'https' else 'http'}://{entry.canonical}{f':{port}' if port.isdigit() else ''}{target}"

    async def _tunnelled(
        self, request: web.BaseRequest, target: str, headers: CIMultiDict[str], entry: Entry
    ) -> web.StreamResponse:
        upstream = self.balance.choose(entry.upstreams)
        assert upstream is not None, entry
        with self.balance.asking(upstream):
            return await tunnel(request, target, headers, upstream)

    async def _asked(
        self, request: web.BaseRequest, target: str, headers: CIMultiDict[str], entry: Entry
    ) -> web.StreamResponse:
        """The answer of a process. One that cannot be reached is replaced by another, once."""
        body = _Body(request) if request.body_exists else None
        refused: str | None = None
        for _ in range(2):
            upstream = self.balance.choose(entry.upstreams, but=refused)
            assert upstream is not None, entry
            with self.balance.asking(upstream):
                try:
                    return await self._ask(request, upstream, target, headers, body)
                except aiohttp.ClientConnectorError:
                    self.balance.eject(upstream)
                    trouble = 502
                except TimeoutError:
                    return page(504)
                except (aiohttp.ClientError, OSError):
                    if request.method in _NEVER_TWICE:
                        return page(502)
                    trouble = 502
            if body is not None and body.is_begun:
                return page(502)
            refused = upstream
        return page(trouble)

    async def _ask(
        self,
        request: web.BaseRequest,
        upstream: str,
        target: str,
        headers: CIMultiDict[str],
        body: _Body | None,
    ) -> web.StreamResponse:
        assert self._session is not None
        if body is not None and "100-continue" in request.headers.get(hdrs.EXPECT, "").lower():
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        url = URL(f"http://{upstream}{target}", encoded=True)
        async with asyncio.timeout(ANSWER_S) as limit:
            answer = await self._session.request(
                request.method, url, headers=headers, data=body and body.pieces(), allow_redirects=False
            )
            limit.reschedule(None)
        async with answer:
            return await _give(request, answer)


class _Body:
    """The body of a request, read when an application takes it."""

    def __init__(self, request: web.BaseRequest) -> None:
        self._content = request.content
        self.is_begun = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """What comes, as it comes."""
        self.is_begun = True
        async for piece in self._content.iter_any():
            yield piece


async def _give(request: web.BaseRequest, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    headers = returned(answer.raw_headers)
    headers.setdefault("Server", "Harbor")
    length = answer.content_length
    has_body = request.method != "HEAD" and answer.status not in (204, 304)
    if has_body and length is not None and length <= WHOLE_BYTES_MAX:
        headers.popall(hdrs.CONTENT_LENGTH, None)
        content = squeezed(request, answer.status, headers, await answer.read())
        whole = web.Response(status=answer.status, reason=answer.reason, headers=headers, body=content)
        await _sent(request, whole)
        return whole
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
    await response.prepare(request)
    if has_body:
        try:
            async for piece in answer.content.iter_any():
                await response.write(piece)
        except (aiohttp.ClientError, TimeoutError):
            # What was promised cannot be kept; a client that counts must notice.
            if request.transport is not None:
                request.transport.abort()
            return response
    await response.write_eof()
    return response


async def _sent(request: web.BaseRequest, response: web.Response) -> None:
    """Send an answer while its request counts as under way."""
    await response.prepare(request)
    await response.write_eof()


def _size(response: web.StreamResponse) -> int:
    return int(response.body_length) if response.prepared else len(getattr(response, "body", None) or b"")
