"""What both transports share about HTTP: URL, headers, bounds, and what failures of httpx mean."""

from __future__ import annotations

import ssl
from importlib.metadata import version
from typing import Final
from urllib.parse import urlencode, urlsplit

import httpx

from harbor_sdk.core.reply import invalid_response
from harbor_sdk.core.request import NoReply, Reply, Request
from harbor_sdk.settings import Settings

USER_AGENT: Final = f"harbor-sdk-python/{version('harbor-sdk')}"
# A page of a hundred events of 256 KiB each, with room for escapes.
REPLY_BYTES_MAX: Final = 64 * 1024 * 1024


def show_url(settings: Settings, request: Request) -> str:
    """The whole address of a request."""
    query = f"?{urlencode(request.query)}" if request.query else ""
    return f"{settings.host}{request.path}{query}"


def show_headers(settings: Settings, request: Request) -> dict[str, str]:
    """The headers of a request, with the key."""
    headers = {
        "Authorization": f"Bearer {settings.secret_key}",
        "Accept": "application/json",
        "User-Agent": USER_AGENT,
    }
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    if request.idempotency_key is not None:
        headers["Idempotency-Key"] = request.idempotency_key
    return headers | dict(request.headers)


def read_head(response: httpx.Response, body: bytes = b"") -> Reply:
    """Status and headers of a response, with the body read so far."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, headers, body)


def read_failure(error: httpx.RequestError, settings: Settings) -> NoReply:
    """What a failed exchange means. Raises `HarborError` when a reply came but cannot be decoded."""
    name = urlsplit(settings.host).netloc
    if isinstance(error, httpx.TimeoutException):
        return too_slow(settings, error)
    if isinstance(error, httpx.TransportError):
        return NoReply("connection_error", f"No reply from {name}: {error or type(error).__name__}", error)
    raise invalid_response(f"The reply cannot be decoded: {error}") from error


def too_slow(settings: Settings, error: Exception | None = None) -> NoReply:
    """A reply that was not complete in time."""
    name = urlsplit(settings.host).netloc
    return NoReply("timeout", f"No complete reply from {name} in time.", error)


def proxy_exceptions(settings: Settings) -> dict[str, None]:
    """Hosts that httpx reaches directly, whatever proxy the environment names."""
    netloc = urlsplit(settings.host).netloc
    return {f"all://{netloc}": None} if settings.is_loopback else {}


def trust(settings: Settings) -> ssl.SSLContext | bool:
    """Whose certificates httpx believes: the usual ones, and nobody's where no certificate will ever be shown.

    Reading the usual ones takes 30 to 80 ms, which a command against a server on this machine should not wait for.
    """
    is_plain = settings.is_loopback and settings.host.startswith("http://")
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_plain else True
