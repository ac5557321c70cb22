"""Settings of a client: which key, which host, and how patient."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from harbor_sdk.errors import AuthenticationError, InvalidRequestError

PRODUCTION: Final = "https://api.harbor.dev"
SANDBOX: Final = "https://sandbox.api.harbor.dev"

# The admin key spans both environments; without a host it goes to production, as POST /admin/v1/workspaces does.
HOST_BY_PREFIX: Final[Mapping[str, str]] = {
    "hb_live_": PRODUCTION,
    "hb_test_": SANDBOX,
    "hb_admin_": PRODUCTION,
}

# Visible ASCII only: the key becomes a header value, where a line break would start another header.
_KEY: Final = re.compile(r"(hb_live_|hb_test_|hb_admin_)[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Settings:
    """`host` is an origin without a path; `timeout_s` and `retries_max` count for each request."""

    secret_key: str = field(repr=False)
    host: str
    timeout_s: float
    retries_max: int

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine, which no proxy should stand in front of."""
        name = urlsplit(self.host).hostname or ""
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return name == "localhost"


def read_settings(
    secret_key: str | None,
    host: str | None,
    timeout: float,
    max_retries: int,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """What the constructor was told, checked, with the environment's key and host where none were given.

    Raises `AuthenticationError` for a key that cannot be one and `InvalidRequestError` for the rest, before any
    request is sent.
    """
    environment = os.environ if environment is None else environment
    key = _read_key(secret_key, environment)
    host = (environment.get("HARBOR_URL") or None) if host is None else host
    if not 0 < timeout < float("inf"):
        raise _invalid("timeout", f"timeout is {timeout}; it must be a positive number of seconds.")
    if max_retries < 0:
        raise _invalid("max_retries", f"max_retries is {max_retries}; it must be 0 or more.")
    prefix = key[: key.index("_", 3) + 1]
    origin = HOST_BY_PREFIX[prefix] if host is None else read_host(host)
    return Settings(secret_key=key, host=origin, timeout_s=timeout, retries_max=max_retries)


def read_host(host: str) -> str:
    """An origin such as `http://127.0.0.1:8000`. A trailing `/` or `/v1` is dropped; any other path is refused."""
    text = host.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _invalid("host", "host is not a URL; write for example https://harbor.example.com.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _invalid("host", "host must begin with http:// or https:// and name a host.")
    if parts.username is not None or parts.query or parts.fragment:
        raise _invalid("host", "host must not carry a user name, a query or a fragment.")
    if parts.path.rstrip("/") not in ("", "/v1"):
        raise _invalid("host", f"host must be an origin without a path; it has {parts.path}.")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{name}" if port is None else f"{parts.scheme}://{name}:{port}"


def _read_key(secret_key: str | None, environment: Mapping[str, str]) -> str:
    key = environment.get("HARBOR_SECRET_KEY", "") if secret_key is None else secret_key
    key = key.strip()
    if not key and secret_key is None and environment.get("HARBOR_API_KEY"):
        raise AuthenticationError(
            "authentication_failed",
            "HARBOR_API_KEY belongs to version 1. Pass secret_key=... or set HARBOR_SECRET_KEY.",
        )
    if not key:
        raise AuthenticationError(
            "authentication_failed", "No secret key. Pass secret_key=... or set HARBOR_SECRET_KEY."
        )
    if _KEY.fullmatch(key) is None:
        raise AuthenticationError(
            "authentication_failed",
            "secret_key is not a Harbor key: it begins with hb_test_, hb_live_ or hb_admin_ and has no blanks.",
        )
    return key


def _invalid(param: str, message: str) -> InvalidRequestError:
    return InvalidRequestError("invalid_request", message, param=param)
