"""A client that asks people for access, and a code that a person's consent has made.

Source: docs/products/appharbor.md#clients, #token.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

CODE_LIFETIME: Final = timedelta(minutes=10)
CODES_KEPT: Final = timedelta(days=30)
CHALLENGE_METHODS: Final = ("S256", "plain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered program. Its id is public; of its secret only a digest is kept."""

    account_id: str
    id: str
    person_id: str
    name: str
    callback_url: str
    application_url: str
    secret_digest: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a client asks a person for, checked: where the answer goes, and what the token may do."""

    client: Client
    redirect_uri: str
    state: str | None
    scopes: frozenset[str] | None
    challenge: str | None
    challenge_method: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One consent. `account_id` is the person's; `token_id` the token it was exchanged for."""

    account_id: str
    digest: str
    organization_id: str
    person_id: str
    client_id: str
    redirect_uri: str
    scopes: frozenset[str] | None
    challenge: str | None
    challenge_method: str | None
    token_id: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a client sends for a token; what it left out is None."""

    client_id: str | None
    client_secret: str | None
    code: str | None
    redirect_uri: str | None
    verifier: str | None


@dataclass(frozen=True, slots=True)
class Exchanged:
    """The token's text, or the word that says why there is none."""

    access_token: str | None
    error: str | None = None
    expires_in_s: int | None = None
