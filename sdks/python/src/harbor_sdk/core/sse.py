"""Server-sent events: bytes in, frames out, as the HTML standard describes the format."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harbor_sdk.core.reply import invalid_response

# A payload has at most 256 KiB; escapes and the rest of the event stay below this by far.
FRAME_CHARS_MAX: Final = 4 * 1024 * 1024
RETRY_MS_MAX: Final = 60_000


@dataclass(frozen=True, slots=True)
class Frame:
    """One message. `id` is the last id the stream named, here or earlier."""

    id: str | None
    name: str
    data: str


class FrameReader:
    """Reads one connection. `last_id` and `retry_ms` are what the server said so far."""

    def __init__(self) -> None:
        self.last_id: str | None = None
        self.retry_ms: int | None = None
        self._next_id: str | None = None
        self._text = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._name = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The frames that `chunk` completes. Raises `HarborError` when a frame has no end in sight."""
        self._rest += self._text.decode(chunk)
        while (line := self._take_line()) is not None:
            frame = self._line(line)
            if frame is not None:
                yield frame
        if len(self._rest) + self._size > FRAME_CHARS_MAX:
            raise invalid_response("A frame of the stream is too long.")

    def _take_line(self) -> str | None:
        ends = [at for at in (self._rest.find("\n"), self._rest.find("\r")) if at >= 0]
        if not ends:
            return None
        end = min(ends)
        if self._rest[end] == "\r" and end + 1 == len(self._rest):
            return None  # the other half of a CR LF may be in the next chunk
        width = 2 if self._rest.startswith("\r\n", end) else 1
        line, self._rest = self._rest[:end], self._rest[end + width :]
        return line

    def _line(self, line: str) -> Frame | None:
        if line == "":
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._size += len(value)
        elif name == "event":
            self._name = value
        elif name == "id" and "\0" not in value:
            self._next_id = value or None
        elif name == "retry" and value.isascii() and value.isdigit() and len(value) <= 9:
            self.retry_ms = min(int(value), RETRY_MS_MAX)
        return None

    def _dispatch(self) -> Frame | None:
        # Only a finished frame moves the place: resuming after half a frame would lose its event.
        self.last_id = self._next_id
        frame = Frame(self.last_id, self._name or "message", "\n".join(self._data)) if self._data else None
        self._name, self._data, self._size = "", [], 0
        return frame
