"""The log: one line for each thing that happened, as JSON or for reading, with secrets taken out.

Both our own loggers (structlog) and those of libraries (logging) end here, so the log has one form.
"""

from __future__ import annotations

import json
import logging
import math
import re
import threading
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.typing import EventDict, Processor, WrappedLogger

from harbor.kernel import clock

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "text", "json"]

REDACTED: Final = "[redacted]"
TEXT_LENGTH_MAX: Final = 16_384  # about 150 frames of a traceback
DEPTH_MAX: Final = 8
_FIRST: Final = ("timestamp", "level", "logger", "event")

_SECRET_NAME: Final = re.compile(r"(?:^|[^a-z])(?:secrets?|password|passphrase|token|authorization|cookie)(?:[^a-z]|$)")
# Secret keys, signing secrets, what follows the scheme of an Authorization header, the password in a URL.
_SECRET_TEXT: Final = re.compile(
    r"(\bhb_(?:test|live|admin)_)[0-9A-Za-z]+|(\bwhsec_)[0-9A-Za-z+/=_-]+"
    r"|(\b(?:bearer|basic)\s+)[^\s'\",]+|(://[^\s/:@]{0,256}:)[^\s/@]{1,1024}(?=@)",
    re.IGNORECASE,
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_BUT_LINES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def configure(level: Level, format: Format, stream: TextIO) -> None:
    """Write what is at least `level` to `stream`, from now on; may be called again.

    `auto` is text on a terminal, else JSON. Each line has `timestamp` (ISO 8601, UTC, real time), `level`, `logger` and
    `event`, then what the place said. Libraries are heard from warnings upwards, with `debug` wholly.
    """
    is_terminal = stream.isatty()
    is_text = format == "text" or (format == "auto" and is_terminal)
    sink = _Sink(stream)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _named,
            *_rendering(is_text, is_coloured=is_terminal),
        ],
        logger_factory=lambda *names: _Line(sink, str(names[0]) if names else "harbor"),
        # Lines are few, since requests have a log of their own. So a logger is made anew for each, and follows the
        # latest configuration.
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, _Bridge):
            root.removeHandler(handler)
    root.addHandler(_Bridge(sink, _rendering(is_text, is_coloured=is_terminal)))
    logging.captureWarnings(True)
    set_level(level)


def set_level(level: Level) -> None:
    """Write what is at least `level`, from now on, to where it is written already."""
    structlog.configure(**{**structlog.get_config(), "wrapper_class": structlog.make_filtering_bound_logger(level)})
    least = logging.DEBUG if level == "debug" else max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()])
    logging.getLogger().setLevel(least)


def redacted(value: object) -> Any:
    """`value` as JSON can hold it, without secrets: by the names of keys, and by what secrets look like in texts."""
    return _plain(value, DEPTH_MAX)


def _rendering(is_text: bool, *, is_coloured: bool) -> list[Processor]:
    shared: list[Processor] = [
        _stamped,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,  # before the redaction: what an exception says is text like any other
        _without_secrets,
    ]
    if not is_text:
        return [*shared, _as_json]
    console = ConsoleRenderer(colors=is_coloured, sort_keys=False, pad_event_to=0, exception_formatter=plain_traceback)
    return [*shared, _without_controls, console]


def _named(logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["logger"] = logger.name
    return event


def _stamped(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["timestamp"] = clock.iso_ms(clock.real_now())
    return event


def _without_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    first = {key: event[key] for key in _FIRST if key in event}
    plain: dict[str, Any] = redacted({**first, **event})
    return plain


def _without_controls(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What came from outside can neither forge a line nor steer a terminal. JSON escapes by itself."""
    for key, value in event.items():
        if isinstance(value, str):
            found = _CONTROL_BUT_LINES if key in ("exception", "stack") else _CONTROL
            event[key] = found.sub(lambda match: repr(match[0])[1:-1], value)
    return event


def _as_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return json.dumps(event, separators=(",", ":"))


def _plain(value: object, depth: int) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, Mapping) and depth:
        return {str(key): _of_key(str(key), item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth:
        return [_plain(item, depth - 1) for item in value]
    return _SECRET_TEXT.sub(_keep_beginning, _said(value))[:TEXT_LENGTH_MAX]


def _of_key(key: str, value: object, depth: int) -> Any:
    is_secret = _SECRET_NAME.search(key.lower()) is not None and not isinstance(value, bool | int | None)
    return REDACTED if is_secret else _plain(value, depth)


def _keep_beginning(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None) + REDACTED


def _said(value: object) -> str:
    try:
        return value if isinstance(value, str) else repr(value) if isinstance(value, BaseException) else str(value)
    except Exception:  # a log line must not fail because something cannot describe itself
        return f"<{type(value).__name__}>"


class _Sink:
    """Whole lines to a stream, from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._encoding = getattr(stream, "encoding", None) or "utf-8"
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        whole = line.encode(self._encoding, "backslashreplace").decode(self._encoding) + "\n"
        with self._lock:
            try:
                self._stream.write(whole)
                self._stream.flush()
            except (OSError, ValueError):
                pass  # the stream is full, broken or closed: the server goes on without a log


class _Line:
    """What structlog hands a rendered line to, whatever its level."""

    def __init__(self, sink: _Sink, name: str) -> None:
        self.name = name
        self.debug = self.info = self.warning = self.error = self.critical = self.msg = sink.write


class _Bridge(logging.Handler):
    """Lines of libraries, in the form of ours."""

    def __init__(self, sink: _Sink, rendering: list[Processor]) -> None:
        super().__init__()
        self._sink = sink
        self._rendering = rendering

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            event: MutableMapping[str, Any] = {
                "level": record.levelname.lower(),
                "logger": record.name,
                "event": record.getMessage(),
            }
            if record.exc_info:
                event["exc_info"] = record.exc_info
            rendered: Any = event
            for processor in self._rendering:
                rendered = processor(None, record.levelname.lower(), rendered)
            self._sink.write(rendered)
        except Exception:
            self.handleError(record)
