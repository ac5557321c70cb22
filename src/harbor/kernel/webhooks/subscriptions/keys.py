"""The sealed parts of a subscription: its signing secrets and the values of its own headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from harbor.kernel.clock import micros, moment
from harbor.kernel.vault import Vault
from harbor.kernel.webhooks.model import SecretKept

_SECRETS = "webhook.secrets"
_HEADERS = "webhook.headers"


def seal_secrets(vault: Vault, account_id: str, kept: Sequence[SecretKept]) -> str:
    """The secrets of a subscription, the current one first, as one sealed text."""
    plain = [(secret.text, None if secret.expires_at is None else micros(secret.expires_at)) for secret in kept]
    return vault.seal(account_id, _SECRETS, msgspec.json.encode(plain).decode())


def open_secrets(vault: Vault, account_id: str, sealed: str) -> list[SecretKept]:
    """All kept secrets, valid or not, the current one first."""
    plain = msgspec.json.decode(vault.open(account_id, _SECRETS, sealed), type=list[tuple[str, int | None]])
    return [SecretKept(text=text, expires_at=None if at is None else moment(at)) for text, at in plain]


def valid_at(kept: Sequence[SecretKept], now: datetime) -> list[SecretKept]:
    """Those that still sign at `now`."""
    return [secret for secret in kept if secret.expires_at is None or secret.expires_at > now]


def seal_headers(vault: Vault, account_id: str, headers: Mapping[str, str]) -> str | None:
    """The subscription's own request headers as one sealed text; None if there are none."""
    return vault.seal(account_id, _HEADERS, msgspec.json.encode(dict(headers)).decode()) if headers else None


def open_headers(vault: Vault, account_id: str, sealed: str | None) -> dict[str, str]:
    """The subscription's own request headers."""
    return msgspec.json.decode(vault.open(account_id, _HEADERS, sealed), type=dict[str, str]) if sealed else {}
