"""How AppHarbor writes values: moments, durations, answers without a body, forms and pages of its own.

Source: docs/products/appharbor.md#values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"

_SECOND_US = 1_000_000
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Done:
    """Success without a body but with the status 200: what a PUT answers. Clients take any other status for a failure."""


DONE = Done()


@dataclass(frozen=True, slots=True)
class Pairs:
    """A form-encoded answer. The values are written as they are: clients cut them out by position."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Text:
    """A body of another media type than JSON."""

    content: str
    media_type: str = TEXT


def show_moment(moment: datetime) -> str:
    """`2026-03-01T09:15:00`: UTC, whole seconds, no zone. Clients parse exactly this."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def show_duration(duration_us: int) -> str:
    """`HH:MM:SS.fffffff`, from one day up `d.HH:MM:SS.fffffff`: the text of a .NET TimeSpan."""
    seconds, rest_us = divmod(max(0, duration_us), _SECOND_US)
    days, seconds = divmod(seconds, _DAY_S)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest_us:06}0"
    return f"{days}.{text}" if days else text


def indented(compact: bytes) -> bytes:
    """JSON with two blanks a level and one after each colon; a client finds `"username": "…"` by a regular expression."""
    return msgspec.json.format(compact, indent=2)
