# Made by scripts/sdk_sync from harbor_sdk/aio. Do not edit.
"""The transport: sends requests, waits where the rules say so, and decides nothing itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import httpx

from harbor_sdk.core.reply import invalid_response
from harbor_sdk.core.request import NoReply, Reply, Request
from harbor_sdk.core.retries import Wait, judge
from harbor_sdk.core.stream import SILENCE_S_MAX
from harbor_sdk.core.wire import (
    REPLY_BYTES_MAX,
    proxy_exceptions,
    read_failure,
    read_head,
    show_headers,
    show_url,
    too_slow,
    trust,
)
from harbor_sdk.log import Logger
from harbor_sdk.settings import Settings


class Transport:
    """One connection pool. Safe to share between threads; not over a fork."""

    def __init__(
        self,
        settings: Settings,
        *,
        logger: Logger,
        sleep: Callable[[float], None],
        random: Callable[[], float],
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.settings = settings
        self._sleep = sleep
        self.random = random
        self._logger = logger
        # Redirects are not followed: the key must not travel to a host that nobody configured.
        self._http = httpx.Client(
            timeout=settings.timeout_s,
            follow_redirects=False,
            transport=transport,
            mounts=proxy_exceptions(settings),
            verify=trust(settings),
        )

    def send(self, request: Request) -> Reply:
        """The successful reply to `request`, after as many retries as allowed. Raises `HarborError` otherwise."""
        for retries_done in count():
            verdict = judge(
                request,
                self._exchange(request),
                retries_done=retries_done,
                retries_max=self.settings.retries_max,
                random=self.random,
            )
            if isinstance(verdict, Reply):
                return verdict
            self.pause(request, verdict)
        raise AssertionError("count() never ends")

    def pause(self, request: Request, wait: Wait) -> None:
        """Waits before `request` goes out again, and tells the logger why."""
        self._logger.warning(
            "%s %s again in %.3f s: %s (request %s)",
            request.method,
            request.path,
            wait.seconds,
            wait.error.code,
            wait.error.request_id,
        )
        self._sleep(wait.seconds)

    @contextmanager
    def open(self, request: Request, *, silence_s_max: float = SILENCE_S_MAX) -> Iterator[httpx.Response]:
        """A reply whose body is still to be read, for streams. So long may nothing come."""
        started = time.monotonic()
        timeout = httpx.Timeout(self.settings.timeout_s, read=silence_s_max)
        with self._http.stream(
            request.method,
            show_url(self.settings, request),
            headers=show_headers(self.settings, request),
            timeout=timeout,
        ) as response:
            self._tell(request, read_head(response), started)
            yield response

    def read_body(self, response: httpx.Response, deadline: float) -> bytes | None:
        """The whole body; None when it is not complete by `deadline` (monotonic seconds)."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > REPLY_BYTES_MAX:
                raise invalid_response(f"The reply is longer than {REPLY_BYTES_MAX} bytes.", read_head(response))
            # httpx limits each pause, not their sum; a server that drips bytes would hold the caller for ever.
            if time.monotonic() > deadline:
                return None
        return bytes(body)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _exchange(self, request: Request) -> Reply | NoReply:
        started = time.monotonic()
        try:
            with self._http.stream(
                request.method,
                show_url(self.settings, request),
                headers=show_headers(self.settings, request),
                content=request.body,
            ) as response:
                body = self.read_body(response, started + self.settings.timeout_s)
        except httpx.RequestError as error:
            outcome: Reply | NoReply = read_failure(error, self.settings)
        else:
            outcome = too_slow(self.settings) if body is None else read_head(response, body)
        self._tell(request, outcome, started)
        return outcome

    def _tell(self, request: Request, outcome: Reply | NoReply, started: float) -> None:
        self._logger.debug(
            "%s %s -> %s in %d ms (request %s)",
            request.method,
            request.path,
            outcome.status if isinstance(outcome, Reply) else outcome.code,
            round((time.monotonic() - started) * 1000),
            outcome.request_id if isinstance(outcome, Reply) else None,
        )
