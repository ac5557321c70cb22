"""Logging: what a client tells about its requests, and never tells."""

from __future__ import annotations

from typing import Protocol


class Logger(Protocol):
    """Anything with the four methods of `logging.Logger`. Lines carry request ids; keys, queries and bodies never."""

    def debug(self, msg: str, /, *args: object) -> object:
        """Each exchange, and how long it took."""

    def info(self, msg: str, /, *args: object) -> object:
        """What went as it should."""

    def warning(self, msg: str, /, *args: object) -> object:
        """What went wrong and is tried again."""

    def error(self, msg: str, /, *args: object) -> object:
        """What went wrong for good."""


class Silence(Logger):
    """The logger of those who asked for none."""

    def debug(self, msg: str, /, *args: object) -> None: ...
    def info(self, msg: str, /, *args: object) -> None: ...
    def warning(self, msg: str, /, *args: object) -> None: ...
    def error(self, msg: str, /, *args: object) -> None: ...
