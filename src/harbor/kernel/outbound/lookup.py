"""Names to addresses, by the machine's own resolver."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

Lookup = Callable[[str], Awaitable[list[str]]]
"""The addresses of a host name, in the order to try them. Raises OSError if it does not resolve."""

# A dead name server holds a thread for many seconds. The loop's own pool is small (uvloop: 4 for everything), so a few
# such names would stop all lookups; these threads are used for nothing else.
LOOKUP_THREADS_MAX = 32


class SystemLookup:
    """`getaddrinfo` on threads of its own, so that /etc/hosts and the machine's settings count."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUP_THREADS_MAX, thread_name_prefix="lookup")

    async def __call__(self, host: str) -> list[str]:
        """The addresses of `host` (name or literal), each once."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _addresses, host)


def _addresses(host: str) -> list[str]:
    try:
        # Without AI_ADDRCONFIG: an address this machine cannot reach is looked at all the same.
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host!r} is not a host name") from error
    # A scope (fe80::1%eth0) stays in the text; such addresses are never permitted.
    return list(dict.fromkeys(str(info[4][0]) for info in found))
