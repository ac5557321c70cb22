"""How lines go to a drain: RFC 5424, each with its length before it (RFC 6587), as Logplex does.

Source: docs/products/appharbor.md#drains.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from harbor.products.appharbor_apps.logs.line import Line

# local7.info
_PRIORITY: Final = 190


def frame(line: Line, token: str) -> bytes:
    """One line: its length in bytes, a blank, and the message."""
    at = line.at.astimezone(UTC).isoformat(timespec="milliseconds")
    text = f"<{_PRIORITY}>1 {at} {token} {line.source} {line.process} - - {line.text}".encode("utf-8", "replace")
    return b"%d %s" % (len(text), text)


def frames(lines: Iterable[Line], token: str) -> bytes:
    """Lines, one after the other without anything between."""
    return b"".join(frame(line, token) for line in lines)


def notice(lost: int, at: datetime) -> Line:
    """What stands in the place of lines that were lost."""
    return Line(at=at, source="router", process="drain", text=f"{lost} lines were left out because they came too fast")
