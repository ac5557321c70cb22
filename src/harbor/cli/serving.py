"""One serving process from its lock to its last reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from harbor.app import Harbor
from harbor.app.listening import listeners
from harbor.cli.output import Output
from harbor.kernel import instance_store as instance
from harbor.kernel.datadir import DataDir
from harbor.kernel.errors import StartRefused
from harbor.kernel.http.protocol import ConnectionBounds
from harbor.kernel.http.server import Bound, Listener, serve
from harbor.kernel.settings import Settings

log = structlog.get_logger("harbor.serve")

# Products and the flag or setting that gives them a port of their own; a port for a product that is not there is refused.
_PRODUCTS = frozenset({"harbor", "harper", "harvest", "harbour", "appharbor"})


async def serve_forever(settings: Settings, out: Output) -> None:
    """Own the data directory, open the instance, answer until told to stop, close in order. Raises `StartRefused`."""
    check(settings)
    folder = DataDir(settings.data)
    folder.acquire()
    try:

        def ready(listening: Sequence[Listener], mode: str, calendar: str) -> None:
            warn(settings, mode, out)
            announce(listening, mode, calendar, out)

        await answer(settings, ready)
    finally:
        folder.release()


async def answer(
    settings: Settings,
    ready: Callable[[Sequence[Listener], str, str], None],
    *,
    bound: Bound | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Open the instance, answer until a signal or `stop`, close in order.

    `ready` is told where it listens, the mode, and of which kind the calendar is. Raises `StartRefused`.
    """
    harbor = Harbor(settings)
    await harbor.open()
    try:
        mode = await harbor.database.read(lambda tx: instance.get(tx, instance.MODE)) or "development"
        await serve(
            harbor.application(),
            listeners(harbor.settings),
            bounds(settings),
            settings.drain_seconds,
            lambda listening: ready(listening, mode, harbor.calendar.mode),
            on_drain=harbor.draining.set,
            stop=stop,
            bound=bound,
            health_paths={"/healthz", "/readyz"},
            trusted_proxies=[str(network) for network in settings.trusted_proxies],
            reopening=harbor.reopening,
        )
    finally:
        await harbor.close(settings.drain_seconds)


def bounds(settings: Settings) -> ConnectionBounds:
    """The bounds of connections."""
    return ConnectionBounds(
        connections_max=settings.connections_max, connections_per_address_max=settings.connections_per_address_max
    )


def check(settings: Settings) -> None:
    """Raise `StartRefused` for settings that are good by themselves and not for a server here."""
    if settings.workers > 1 and settings.database is None:
        raise StartRefused(
            f"--workers {settings.workers} needs PostgreSQL: two processes never write one SQLite file. Name one with --database."
        )
    if settings.workers > 1 and settings.clock == "manual":
        raise StartRefused("A manual calendar belongs to one process; leave --workers at 1, or unset HARBOR_CLOCK.")
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise StartRefused("TLS needs both --tls-certificate and --tls-key.")
    unknown = sorted(set(settings.port_of) - _PRODUCTS)
    if unknown:
        raise StartRefused(
            f"--port-of {unknown[0]}=…: there is no such product here; there is {', '.join(sorted(_PRODUCTS))}."
        )


def warn(settings: Settings, mode: str, out: Output) -> None:
    """Remark on what should not stay so when others use the server."""
    if mode == "development" and settings.host not in ("127.0.0.1", "::1", "localhost"):
        out.warn(
            f"warning: listening on {settings.host} in development mode; set up with `harbor init --production` for others' use."
        )
    if settings.webhook_allow_http:
        out.warn("warning: HARBOR_WEBHOOK_ALLOW_HTTP is on: webhooks may go over plain HTTP.")
    if settings.webhook_allow_cidrs:
        networks = ", ".join(map(str, settings.webhook_allow_cidrs))
        out.warn(f"warning: HARBOR_WEBHOOK_ALLOW_CIDRS is set: webhooks may reach {networks}.")
    if not settings.rate_limits:
        out.warn("warning: HARBOR_RATE_LIMITS is off: no request is limited.")


def announce(bound: Sequence[Listener], mode: str, calendar: str, out: Output) -> None:
    """Print where the server answers."""
    addresses: dict[str, Any] = {}
    for listener in bound:
        addresses[listener.name] = listener.address
    facts = {"ready": True, "mode": mode, "clock": calendar, "addresses": addresses}
    lines = [f"Harbor is ready ({mode} mode{', manual clock' if calendar == 'manual' else ''})."]
    lines += [f"  {name:10} {address}" for name, address in addresses.items()]
    out.line(facts, "\n".join(lines))
