"""A guard: a piece of work on a transaction may run again, so it opens no socket and no file, starts nothing, and never sleeps.

Python tells of these through audit events; what SQLite and libpq do in C is not among them. Whoever imports the fixture
into a conftest has it for all tests below.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from harbor.kernel.storage.guard import inside

_FORBIDDEN = frozenset(
    {
        "open",
        "os.listdir",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.scandir",
        "os.system",
        "os.posix_spawn",
        "os.fork",
        "shutil.copyfile",
        "shutil.rmtree",
        "socket.__new__",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.sendto",
        "subprocess.Popen",
        "time.sleep",
    }
)
_seen: list[str] = []
_real_sleep = time.sleep


class LeftTheTransaction(AssertionError):
    """A piece of work did what must not be done twice."""


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _FORBIDDEN or not inside.work:
        return
    # Where a module is imported for the first time, its folder and file are read once in the life of the process.
    if event in ("open", "os.listdir") and _is_import(sys._getframe(1)):
        return
    inside.work = False  # the report itself opens source files
    try:
        stack = "".join(traceback.format_stack(sys._getframe(1))[-6:])
        _seen.append(f"{event}{arguments!r} inside a unit of work:\n{stack}")
    finally:
        inside.work = True
    raise LeftTheTransaction(f"{event}{arguments!r} inside a unit of work")


def _sleep(seconds: float) -> None:
    sys.audit("time.sleep", seconds)
    _real_sleep(seconds)


def _is_import(frame: FrameType | None) -> bool:
    while frame is not None:
        # Whoever prints a trace reads the source of its lines.
        if frame.f_code.co_filename.startswith("<frozen importlib") or frame.f_globals.get("__name__") == "linecache":
            return True
        frame = frame.f_back
    return False


sys.addaudithook(_hook)


@pytest.fixture(autouse=True)
def units_of_work_stay_inside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test in which a piece of work left its transaction, even if the error was caught on its way."""
    _seen.clear()
    monkeypatch.setattr(time, "sleep", _sleep)  # Python 3.11 does not tell of it by itself
    yield
    found = list(_seen)
    _seen.clear()
    assert not found, "\n".join(found)


def take_seen() -> list[str]:
    """What was seen so far in this test, forgotten by asking: for the tests of the guard itself."""
    found = list(_seen)
    _seen.clear()
    return found
