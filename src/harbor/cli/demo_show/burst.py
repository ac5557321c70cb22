"""Many events from several threads, which outlive the server they talk to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from types import TracebackType
from typing import Final

from harbor.cli.output import Failure
from harbor_sdk import ConnectionError_, Event, Harbor

EVENTS: Final = 200
THREADS: Final = 8
MIDWAY: Final = 80
TYPE: Final = "order.placed"
TRIES_MAX: Final = 10
UP_S_MAX: Final = 60.0


class Burst:
    """Posts `EVENTS` events from `THREADS` threads, from the moment it is entered; in its `with` block it is watched.

    `is_midway` comes true while they are busy; `break_off` then ends the server under them. A request that gets no
    answer is sent again with its idempotency key after `go_on`. When the block ends all threads are at rest.
    """

    def __init__(self, harbor: Harbor, workspace_id: str) -> None:
        self.answered: dict[int, Event] = {}
        self.unanswered: set[int] = set()
        self._harbor = harbor
        self._workspace_id = workspace_id
        self._broken_off_at: datetime | None = None
        self._lock = threading.Lock()
        self._is_up = threading.Event()
        self._midway = threading.Event()
        self._is_over = False
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="burst")
        self._futures: list[Future[None]] = []

    def __enter__(self) -> Burst:
        self._is_up.set()
        self._futures = [self._threads.submit(self._deliver, number) for number in range(EVENTS)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        self._is_up.set()
        self._threads.shutdown(cancel_futures=True)

    @property
    def is_done(self) -> bool:
        """Whether every event was answered, or a thread met something else."""
        return all(future.done() for future in self._futures)

    def check(self) -> None:
        """Raise what a thread met instead of an answer."""
        for future in self._futures:
            if future.done():
                future.result()

    def is_midway(self, timeout_s: float) -> bool:
        """Whether so many are answered that the server may be killed; waits for it."""
        return self._midway.wait(timeout_s)

    def break_off(self, kill: Callable[[], None]) -> None:
        """End the server by `kill`, with requests under way."""
        self._is_up.clear()  # first, so that whoever gets no answer waits
        kill()
        self._broken_off_at = datetime.now(UTC)

    def go_on(self) -> None:
        """The server answers again."""
        self._is_up.set()

    @property
    def stored_unanswered(self) -> int:
        """How many of the requests without an answer had been carried out all the same, before the end."""
        assert self._broken_off_at is not None
        return sum(self.answered[number].created_at <= self._broken_off_at for number in self.unanswered)

    def post(self, number: int) -> Event:
        """Event `number`, under its own idempotency key."""
        return self._harbor.events.create(
            workspace_id=self._workspace_id,
            type=TYPE,
            payload={"order_id": f"ord_{number}"},
            idempotency_key=f"burst-{number}",
        )

    def answered_ids(self) -> Mapping[str, int]:
        """The events that were answered with 201, with their numbers."""
        with self._lock:
            return {event.id: number for number, event in self.answered.items()}

    def _deliver(self, number: int) -> None:
        for _ in range(TRIES_MAX):
            self._is_up.wait(UP_S_MAX)
            if self._is_over:
                return
            try:
                event = self.post(number)
            except ConnectionError_:
                with self._lock:
                    self.unanswered.add(number)
                continue
            with self._lock:
                self.answered[number] = event
                if len(self.answered) >= MIDWAY:
                    self._midway.set()
            return
        raise Failure(f"Event {number} got no answer in {TRIES_MAX} tries.", code="no_answer")
