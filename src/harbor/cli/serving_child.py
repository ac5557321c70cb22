"""One of several server processes, from the fork to its end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterable
from typing import Final, NoReturn

import msgspec
import structlog

from harbor.cli import serving
from harbor.cli.local import run
from harbor.cli.output import Exit
from harbor.kernel.errors import StartRefused
from harbor.kernel.http.server import Bound
from harbor.kernel.settings import Settings

log = structlog.get_logger("harbor.serve")


HEEDED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


class Report(msgspec.Struct, frozen=True):
    """What a child tells its parent, a line of JSON: that it is ready, or why it cannot start."""

    mode: str = ""
    calendar: str = ""
    refused: str | None = None


def be_child(settings: Settings, bound: Bound, *, life: int, report: int, unheeded: Iterable[int]) -> NoReturn:
    """Answer on the shared sockets until told to stop, or until the parent is gone, and end the process.

    `unheeded` is the mask of signals as it was before the fork.
    """
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in HEEDED:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, unheeded)
        # Ctrl-C in a terminal goes to a whole group. The parent hears it and tells us, once.
        os.setpgid(0, 0)
        run(_answer(settings, bound, life, report))
        code = Exit.OK
    except StartRefused as refused:
        _tell(report, Report(refused=str(refused)))
        code = Exit.REFUSED
    except BaseException:
        log.exception("serve.child_failed")
    finally:
        # Without what the parent has registered for its own end: the lock of the directory is the parent's to release.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


async def _answer(settings: Settings, bound: Bound, life: int, report: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.remove_reader(life)
        stop.set()

    loop.add_reader(life, end)  # nobody writes: it is readable when the parent is gone
    await serving.answer(
        settings,
        lambda _, mode, calendar: _tell(report, Report(mode=mode, calendar=calendar)),
        bound=bound,
        stop=stop,
    )


def _tell(report: int, said: Report) -> None:
    os.write(report, msgspec.json.encode(said) + b"\n")
