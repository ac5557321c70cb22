"""Values on the command line: JSON objects, moments, pairs; checked before anything is sent."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

import click

# The server takes payloads of 256 KiB without insignificant blanks; indented files may be larger.
JSON_BYTES_MAX: Final = 1024 * 1024

_AGO: Final = re.compile(r"([1-9][0-9]{0,4})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def json_object(text: str) -> dict[str, Any]:
    """A JSON object: as text, `@FILE`, or `-` for standard input.

    What would not arrive as written is refused rather than changed: repeated keys, and numbers with more digits than a
    double holds. Raises `click.BadParameter`.
    """
    if text == "-" or text.startswith("@"):
        text = _decoded(read_file(text.removeprefix("@"), JSON_BYTES_MAX))
    try:
        found = json.loads(text, object_pairs_hook=_unique, parse_float=_exact, parse_constant=_refuse_constant)
    except RecursionError:
        raise click.BadParameter("it is nested too deep.") from None
    except ValueError as error:
        raise click.BadParameter(f"it is not JSON that can be sent: {error}.") from error
    if not isinstance(found, dict):
        raise click.BadParameter("it must be a JSON object, such as {}.")
    return found


def moment(text: str) -> str:
    """ISO 8601 in UTC, of a moment in ISO 8601 or an age (`90s`, `15m`, `2h`, `7d`). Raises `click.BadParameter`."""
    if ago := _AGO.fullmatch(text):
        found = datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return _shown(found)
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return _shown(found)
    except (ValueError, OverflowError):
        message = f"{text!r} is neither a moment such as 2026-05-25T12:00:00Z nor an age such as 2h."
        raise click.BadParameter(message) from None
    raise click.BadParameter(f"{text!r} has no time zone; write a T, a time and Z for UTC.")


def pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE`, taken apart; the name is not empty. Raises `click.BadParameter`."""
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE.")
    return name, value


def read_file(path: str, bytes_max: int) -> bytes:
    """The bytes of a file, or of standard input for `-`. Raises `click.UsageError` for more than `bytes_max`."""
    try:
        if path == "-":
            return _read_bounded(sys.stdin.buffer, path, bytes_max)
        with Path(path).open("rb") as stream:
            return _read_bounded(stream, path, bytes_max)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror or error}.") from error


def _read_bounded(stream: BinaryIO, path: str, bytes_max: int) -> bytes:
    raw = stream.read(bytes_max + 1)
    if len(raw) > bytes_max:
        raise click.UsageError(f"{path} has more than {bytes_max} bytes.")
    return raw


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise click.BadParameter("it is not UTF-8.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} is there twice")
    return found


def _exact(text: str) -> float:
    number = float(text)
    if Decimal(repr(number)) != Decimal(text):
        raise ValueError(f"the number {text} has more digits than can be sent; write it as a string")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
