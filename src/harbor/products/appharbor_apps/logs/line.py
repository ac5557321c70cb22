"""One line of a log, and how it is written. Source: docs/products/appharbor.md#log-sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

LENGTH_MAX: Final = 16 * 1024
# Where lines come from; what an application itself writes is `app` or `worker`.
SOURCES: Final = ("api", "router", "build", "deploy", "app", "worker", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line with when and from where it came. `process` is like `web.1`."""

    at: datetime
    source: str
    process: str
    text: str

    def written(self) -> str:
        """`2026-03-01T09:15:21.482+00:00 app[web.1]: listening on 5000`: clients look for exactly this."""
        moment = self.at.astimezone(UTC).isoformat(timespec="milliseconds")
        return f"{moment} {self.source}[{self.process}]: {self.text}"

    def passes(self, source: str | None, process: str | None) -> bool:
        """Whether the line is from a source, and of a process: by its whole name, or without its number."""
        if source is not None and source != self.source:
            return False
        return process is None or process in (self.process, self.process.rpartition(".")[0])


def clean(text: str) -> str:
    """The text as one line of at most 16 KiB, in characters that can be sent."""
    one = text.replace("\r", " ").replace("\n", " ").replace("\0", "�").encode("utf-8", "replace").decode()
    return one if len(one) <= LENGTH_MAX else one[: LENGTH_MAX - 1] + "…"
