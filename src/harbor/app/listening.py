"""Where the settings want the server to listen."""

from __future__ import annotations

from harbor.kernel.http.listeners import Listener, Tls
from harbor.kernel.settings import Settings


def listeners(settings: Settings) -> list[Listener]:
    """All listeners, the main one first."""
    found = [_listener(settings, "main", settings.port, "--port")]
    if settings.sandbox_port is not None:
        found.append(_listener(settings, "sandbox", settings.sandbox_port, "HARBOR_SANDBOX_PORT"))
    if (operations := operations_listener(settings)) is not None:
        found.append(operations)
    found += [_listener(settings, product, port, f"--port-of {product}=") for product, port in settings.port_of.items()]
    return found


def operations_listener(settings: Settings) -> Listener | None:
    """That of Harper's operations, which may be opened again while others go on."""
    if settings.operations_port is None:
        return None
    return _listener(settings, "operations", settings.operations_port, "--operations-port")


def _listener(settings: Settings, name: str, port: int, port_flag: str) -> Listener:
    tls = None
    if settings.tls_certificate and settings.tls_key:
        tls = Tls(certificate=settings.tls_certificate, key=settings.tls_key)
    return Listener(name=name, host=settings.host, port=port, tls=tls, port_flag=port_flag)
