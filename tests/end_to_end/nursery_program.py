"""A process that has read Harbor's modules and forks one more of itself for each `harbor WORD ...` it is asked for.

A start takes a second of computing, nine tenths of it for the same 1,800 modules. A child goes on as the installed
program does: its own words, environment, folder and descriptors, its own end and exit code.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import selectors
import signal
import socket
import struct
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

CODE = struct.Struct("i")
MESSAGE_BYTES_MAX = 1 << 17
_DESCRIPTORS = 3  # stdout, stderr, and the pipe that hears how it ended


def read_modules() -> None:
    """All words of the command line, and all that the server is made of."""
    import harbor.app
    import harbor.cli

    for package in (harbor.cli, harbor.app):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)


def serve(channel: socket.socket) -> bool:
    """Fork for each message until nobody asks any more. True in a child, which then is what was asked for."""
    selector = selectors.DefaultSelector()
    selector.register(channel, selectors.EVENT_READ)
    living: dict[int, tuple[int, int]] = {}  # by the descriptor of a process, its id and the pipe for its end
    while True:
        for key, _ in selector.select():
            if key.fd != channel.fileno():
                selector.unregister(key.fd)
                _tell_end(key.fd, *living.pop(key.fd))
                continue
            message, descriptors, _, _ = socket.recv_fds(channel, MESSAGE_BYTES_MAX, _DESCRIPTORS)
            if not message:
                for pid, _ in living.values():
                    os.kill(pid, signal.SIGKILL)
                return False
            stdout, stderr, end = descriptors
            pid = os.fork()
            if pid == 0:
                selector.close()
                channel.close()
                for process, (_, other) in living.items():
                    os.close(process)
                    os.close(other)
                os.close(end)
                _become(json.loads(message), stdout, stderr)
                return True
            os.close(stdout)
            os.close(stderr)
            process = os.pidfd_open(pid)
            living[process] = (pid, end)
            selector.register(process, selectors.EVENT_READ)
            channel.send(CODE.pack(pid))


def _tell_end(process: int, pid: int, end: int) -> None:
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):  # perhaps nobody waits for it any more
        os.write(end, CODE.pack(os.waitstatus_to_exitcode(status)))
    os.close(end)
    os.close(process)


def _become(asked: dict[str, Any], stdout: int, stderr: int) -> None:
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.close(stdout)
    os.close(stderr)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = asked["words"]


if __name__ == "__main__":
    read_modules()
    gc.collect()
    gc.freeze()  # or each child would copy the pages of all modules when it first collects
    if serve(socket.socket(fileno=int(sys.argv[1]))):
        from harbor.cli.main import main

        main()
