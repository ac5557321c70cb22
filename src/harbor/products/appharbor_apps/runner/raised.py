"""Exceptions among the lines of a process become reports, a few a minute: one that comes with each request is known soon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from harbor.products.appharbor_apps.logs.traces import Trace, Traces

A_MINUTE_MAX: Final = 20
# After so long without a line an exception is whole.
QUIET_S: Final = 0.5
_TEXT_LENGTH_MAX: Final = 32_000


class Raised:
    """Watches one process, and gives what it finds to `report`."""

    def __init__(self, process: str, report: Callable[[str, Mapping[str, object]], None]) -> None:
        self._process = process
        self._report = report
        self._traces = Traces()
        self._quiet: asyncio.TimerHandle | None = None
        self._minute = 0
        self._told = 0

    def hear(self, lines: Sequence[str]) -> None:
        """More lines of the process."""
        self._tell(self._traces.feed(lines))
        if self._quiet is not None:
            self._quiet.cancel()
        self._quiet = asyncio.get_running_loop().call_later(QUIET_S, self._settle)

    def _settle(self) -> None:
        self._tell(self._traces.end())

    def _tell(self, traces: Sequence[Trace]) -> None:
        for trace in traces:
            minute = int(asyncio.get_running_loop().time() // 60)
            if minute != self._minute:
                self._minute, self._told = minute, 0
            self._told += 1
            if self._told <= A_MINUTE_MAX:
                self._report("exception", {"process": self._process, **_clipped(trace)})


def _clipped(trace: Trace) -> dict[str, object]:
    shown: dict[str, object] = trace.shown()
    at: dict[str, object] | None = shown
    while at is not None:
        at["message"], at["stack_trace"] = (
            str(at["message"])[:_TEXT_LENGTH_MAX],
            str(at["stack_trace"])[-_TEXT_LENGTH_MAX:],
        )
        inner = at["inner"]
        at = inner if isinstance(inner, dict) else None
    return shown
