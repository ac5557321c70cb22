"""Exceptions that nobody handled, found among the lines that a process prints: of Python and of Node.

A cause that Python names (`The above exception was the direct cause …`) becomes the inner exception. What only looks like
one is a line of the log and nothing more. Source: docs/products/appharbor.md#exceptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

LINES_MAX: Final = 500
DEPTH_MAX: Final = 10
_PYTHON: Final = "Traceback (most recent call last):"
_CAUSES: Final = (
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
)
_RAISED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_.]{0,200})(?::\s?(.*))?")
_NODE: Final = re.compile(r"(?:Uncaught )?([A-Z][A-Za-z0-9]{0,100}(?:Error|Exception))(?: \[[A-Z_0-9]+\])?: (.*)")
_NODE_FRAME: Final = re.compile(r"    at .+")


@dataclass(frozen=True, slots=True)
class Trace:
    """One exception, and the one behind it."""

    type: str
    message: str
    stack_trace: str
    inner: Trace | None = None

    def shown(self) -> dict[str, object]:
        """As JSON has it."""
        inner = None if self.inner is None else self.inner.shown()
        return {"type": self.type, "message": self.message, "stack_trace": self.stack_trace, "inner": inner}


@dataclass(slots=True)
class Traces:
    """Watches the lines of one process."""

    _lines: list[str] = field(default_factory=list)
    _is_python: bool = False
    _inner: Trace | None = None
    _waits: bool = False

    def feed(self, lines: Iterable[str]) -> list[Trace]:
        """The exceptions that these lines complete."""
        return [trace for line in lines if (trace := self._take(line)) is not None]

    def end(self) -> list[Trace]:
        """What is whole although nothing came after it: when a process has ended, or says nothing for a while."""
        if self._is_python:
            return []
        self._waits = False
        trace, self._inner = self._inner, None
        rest = self._node_ended()
        return [each for each in (trace, rest) if each is not None]

    def _take(self, line: str) -> Trace | None:
        if self._is_python:
            return self._python(line)
        if line.strip() == _PYTHON:
            done = self._settled()
            self._is_python, self._lines = True, [line]
            return done
        if self._waits:  # a blank line and the sentence about the cause stand between two tracebacks
            self._waits = not line.strip() or line.strip() in _CAUSES
            if self._waits:
                return None
            done, self._inner = self._inner, None
            return done
        return self._node(line)

    def _python(self, line: str) -> Trace | None:
        self._lines.append(line)
        if line[:1] in (" ", "\t", "") and len(self._lines) <= LINES_MAX:
            return None
        self._is_python = False
        match = _RAISED.fullmatch(line)
        if match is None:
            self._lines = []
            return None
        depth, inner = 0, self._inner
        while inner is not None:
            depth, inner = depth + 1, inner.inner
        inner = self._inner if depth < DEPTH_MAX else None
        self._inner = Trace(match[1], match[2] or "", "\n".join(self._lines), inner)
        self._lines, self._waits = [], True
        return None

    def _settled(self) -> Trace | None:
        """The exception before, if the one that begins is not its consequence."""
        if self._waits:
            self._waits = False
            return None
        done, self._inner = self._inner, None
        return done

    def _node(self, line: str) -> Trace | None:
        if self._lines and _NODE_FRAME.fullmatch(line) and len(self._lines) <= LINES_MAX:
            self._lines.append(line)
            return None
        done = self._node_ended()
        if _NODE.fullmatch(line):
            self._lines = [line]
        return done

    def _node_ended(self) -> Trace | None:
        lines, self._lines = self._lines, []
        match = _NODE.fullmatch(lines[0]) if len(lines) > 1 else None  # without a frame it is a sentence
        return None if match is None else Trace(match[1], match[2], "\n".join(lines))
