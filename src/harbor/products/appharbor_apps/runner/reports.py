"""What the server must hear of, also if it is away now: numbered files, each removed when the server has written it down."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from harbor.products.appharbor_apps.runner.keeping import write_whole

# While the server is away for long, the newest count.
KEPT_MAX: Final = 1_000


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened. `about` is ids, states and amounts."""

    number: int
    kind: str
    application_id: int
    at_us: int
    about: dict[str, object]


class Reports:
    """The reports in `folder` that nobody has acknowledged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._open: dict[int, Report] = {}
        for path in sorted(folder.glob("*.json")):
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                report = msgspec.json.decode(path.read_bytes(), type=Report)
                self._open[report.number] = report
        # By the clock, so that no number comes twice, whatever was acknowledged.
        self._last = max(self._open, default=0)
        self.come = asyncio.Event()

    def add(self, kind: str, application_id: int, about: Mapping[str, object]) -> None:
        """Keep a report until it is acknowledged. A full disk keeps it in memory alone."""
        self._last = max(self._last + 1, time.time_ns() // 1_000)
        report = Report(
            number=self._last, kind=kind, application_id=application_id, at_us=self._last, about=dict(about)
        )
        self._open[report.number] = report
        while len(self._open) > KEPT_MAX:
            self.acknowledge(next(iter(self._open)))
        with contextlib.suppress(OSError):
            write_whole(self._path(report.number), msgspec.json.encode(report))
        self.come.set()

    def after(self, number: int) -> list[Report]:
        """The open reports with larger numbers, in their order."""
        return [report for key, report in self._open.items() if key > number]

    def acknowledge(self, number: int) -> None:
        """The server has written it down."""
        if self._open.pop(number, None) is not None:
            self._path(number).unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.json"
