"""Where the settings want the server to listen."""

from __future__ import annotations

from harbor.kernel.errors import StartRefused
from harbor.kernel.http.listeners import Listener, Tls
from harbor.kernel.settings import Settings

# Who can open it may do everything in Harper: that is whoever may read the data directory.
OPERATIONS_SOCKET = "operations_socket"
_SECURE_PORT = "HARBOR_OPERATIONS_SECURE_PORT"


def listeners(settings: Settings) -> list[Listener]:
    """All listeners, the main one first."""
    found = [_listener(settings, "main", settings.port, "--port")]
    if settings.sandbox_port is not None:
        found.append(_listener(settings, "sandbox", settings.sandbox_port, "HARBOR_SANDBOX_PORT"))
    if (operations := operations_listener(settings)) is not None:
        found.append(operations)
    if settings.operations_secure_port is not None:
        secure = _listener(settings, "operations_secure", settings.operations_secure_port, _SECURE_PORT)
        if secure.tls is None:
            raise StartRefused(f"{_SECURE_PORT} needs --tls-certificate and --tls-key.")
        found.append(secure)
    if settings.operations_socket is not None:
        found.append(Listener(name=OPERATIONS_SOCKET, host="", port=0, path=settings.operations_socket.absolute()))
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
