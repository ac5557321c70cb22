"""Where a server listens: addresses, the sockets bound to them, and the certificate that is shown there."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harbor.kernel.errors import StartRefused

BACKLOG = 2_048
UNREAD_REPLY_S = 60  # how long a client may leave a reply unread before the kernel gives the connection up


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """PEM files: the certificate with its chain, and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """An address to listen on; port 0 takes any free one. `port_flag` is what to change when the port is taken.

    Requests find `name` in `scope["state"]["listener"]`. With `path` it is a socket in the file system instead, for the
    user of this process alone.
    """

    name: str
    host: str
    port: int
    tls: Tls | None = None
    port_flag: str = "--port"
    path: Path | None = None

    @property
    def address(self) -> str:
        """Where clients reach it."""
        if self.path is not None:
            return f"unix:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self.tls is None else 'https'}://{host}:{self.port}"


Bound = Sequence[tuple[Listener, socket.socket]]


@contextmanager
def bind(listeners: Sequence[Listener]) -> Iterator[Bound]:
    """Listening sockets for all `listeners`, or none of them and StartRefused. They are closed at the end."""
    with ExitStack() as stack:
        yield [pair for listener in listeners for pair in bind_one(listener, stack)]


def bind_one(listener: Listener, stack: ExitStack) -> Bound:
    """Listening sockets for one listener, closed with `stack`. Raises StartRefused."""
    if listener.path is not None:
        return [(listener, _listen_at(listener.path, stack))]
    bound: list[tuple[Listener, socket.socket]] = []
    absent: OSError | None = None
    try:
        found = socket.getaddrinfo(listener.host, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in dict.fromkeys(found):
            try:
                # A name may have several addresses: the free port taken for the first serves for the others.
                sock = _listen(family, (address[0], listener.port, *address[2:]), stack)
            except OSError as trouble:
                if trouble.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                absent = trouble  # "localhost" names ::1 also where there is no IPv6
            else:
                listener = replace(listener, port=sock.getsockname()[1])
                bound.append((listener, sock))
    except OSError as trouble:
        raise StartRefused(_why(listener, trouble)) from trouble
    if not bound:
        raise StartRefused(_why(listener, absent)) from absent
    return bound


def _listen(family: int, address: tuple[Any, ...], stack: ExitStack) -> socket.socket:
    sock = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; accepted sockets inherit it
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_REPLY_S * 1_000)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(address)
    sock.listen(BACKLOG)  # at once: until then another program can still bind the same port
    return sock


def _listen_at(path: Path, stack: ExitStack) -> socket.socket:
    sock = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    try:
        if _is_left_over(path):
            path.unlink()
        sock.bind(str(path))
        path.chmod(0o600)  # nobody connects before `listen`
        sock.listen(BACKLOG)
    except OSError as trouble:
        raise StartRefused(
            f"There can be no socket at {path} ({trouble}); name a place of this user where nothing is yet."
        ) from trouble
    stack.callback(path.unlink, missing_ok=True)
    return sock


def _is_left_over(path: Path) -> bool:
    """Whether there is a socket whose program has ended."""
    if not path.is_socket():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == errno.ECONNREFUSED


def _why(listener: Listener, trouble: OSError | None) -> str:
    place = f"Port {listener.port} on {listener.host}"
    match trouble.errno if trouble else None:
        case errno.EADDRINUSE:
            return f"{place} is taken by another program; stop it or choose another port with {listener.port_flag}."
        case errno.EACCES | errno.EPERM:
            return f"{place} is not for this user; choose a port above 1023 with {listener.port_flag}."
        case _:
            return f"{place} cannot be listened on ({trouble}); name an address of this machine with --host."


def tls_context(tls: Tls) -> ssl.SSLContext:
    """What a listener speaks TLS with. Raises StartRefused for files that cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(tls.certificate, tls.key, password="")  # never ask on a terminal
    except (OSError, ssl.SSLError) as trouble:
        raise StartRefused(
            f"The certificate {tls.certificate} with the key {tls.key} cannot be used ({trouble}); "
            "give PEM files that belong together with --tls-certificate and --tls-key."
        ) from trouble
    return context
