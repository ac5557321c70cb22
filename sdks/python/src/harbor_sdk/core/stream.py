"""The live tail of events: what it asks for, what it yields, and when it connects again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from harbor_sdk.core.decode import decode
from harbor_sdk.core.reply import absence, invalid_response, refusal
from harbor_sdk.core.request import NoReply, Reply, Request
from harbor_sdk.core.retries import RETRIED_STATUSES, TOLD_DELAY_S_MAX, Wait, delay_s
from harbor_sdk.core.sse import Frame, FrameReader
from harbor_sdk.errors import HarborError
from harbor_sdk.models.events import Event

RECONNECTS_MAX: Final = 10
# Silence this long means a dead connection. The server is expected to send a comment more often.
SILENCE_S_MAX: Final = 60.0


class Tail:
    """One tail over any number of connections; a transport asks it what to do and does it.

    Before the first connection stands, it is as patient as any request (`retries_max`). Afterwards it takes
    `reconnects_max` failures in a row. A sign of life on a connection counts as success.
    """

    def __init__(
        self,
        request: Request,
        *,
        last_event_id: str | None,
        retries_max: int,
        random: Callable[[], float],
        reconnects_max: int = RECONNECTS_MAX,
    ) -> None:
        self.last_event_id = last_event_id
        self._request = request
        self._failures_max = retries_max
        self._reconnects_max = reconnects_max
        self._random = random
        self._failures = 0
        self._is_open = False
        self._reader = FrameReader()
        self._retry_ms: int | None = None

    def request(self) -> Request:
        """The request for the next connection, which resumes after the last event yielded."""
        headers: tuple[tuple[str, str], ...] = (("Accept", "text/event-stream"),)
        if self.last_event_id is not None:
            headers = (*headers, ("Last-Event-ID", self.last_event_id))
        return replace(self._request, headers=headers)

    def opened(self, reply: Reply) -> bool:
        """Takes note of a connection; its `reply` has no body yet. False when the server says there is no more."""
        if reply.status == 204:
            return False
        kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "text/event-stream":
            raise invalid_response(f"The stream is {kind or 'of no type'}, not text/event-stream.", reply)
        self._failures_max = self._reconnects_max
        self._is_open = True
        self._reader = FrameReader()
        return True

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that `chunk` completes. Each is noted as seen when it is yielded."""
        self._failures = 0
        for frame in self._reader.feed(chunk):
            event = _read_event(frame)
            if event is not None:
                self.last_event_id = frame.id or event.id
                yield event
        # A bare id moves the place too: the server may name one before the first event.
        self.last_event_id = self._reader.last_id or self.last_event_id
        self._retry_ms = self._reader.retry_ms if self._reader.retry_ms is not None else self._retry_ms

    def lost(self, outcome: Reply | NoReply | None) -> Wait:
        """The wait before connecting again; None means that the server closed the connection.

        Raises what went wrong when that cannot help, or when it did not help often enough.
        """
        if self._is_open and isinstance(outcome, NoReply) and outcome.code == "timeout":
            self._failures = 0  # a minute of silence is no failure to connect
        self._is_open = False
        error = _error(outcome)
        is_passing = not isinstance(outcome, Reply) or outcome.status in RETRIED_STATUSES
        if not is_passing or self._failures >= self._failures_max:
            raise error
        if error.retry_after_ms is None and self._retry_ms is not None and self._failures == 0:
            error.retry_after_ms = self._retry_ms
        seconds = delay_s(error, self._failures, self._random)
        if seconds > TOLD_DELAY_S_MAX:
            raise error
        self._failures += 1
        return Wait(seconds, error)


def _error(outcome: Reply | NoReply | None) -> HarborError:
    if outcome is None:
        outcome = NoReply("connection_error", "The server closed the stream.")
    return refusal(outcome) if isinstance(outcome, Reply) else absence(outcome)


def _read_event(frame: Frame) -> Event | None:
    # Frames that hold no event are the server's small talk; a newer server may have more of it.
    try:
        value = json.loads(frame.data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not {"id", "type", "payload"} <= value.keys():
        return None
    return decode(Event, value)
