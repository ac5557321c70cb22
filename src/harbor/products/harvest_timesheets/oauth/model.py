"""Applications, and what they ask a person for. Source: docs/products/harvest.md#oauth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

NAME_LENGTH_MAX: Final = 120
CODE_LIFETIME: Final = timedelta(minutes=10)
CODES_KEPT: Final = timedelta(days=30)
ACCESS_LIFETIME: Final = timedelta(days=14)
IMPLICIT_LIFETIME: Final = timedelta(hours=18)
CODE, TOKEN = "code", "token"  # the two kinds of response


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A registered program. Its id is public; with `reaches_all` its tokens reach every account of the person."""

    account_id: str
    id: str
    user_id: int
    name: str
    redirect_url: str
    reaches_all: bool
    secret_digest: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an application asks a person for. With `error` the person is not asked, and the application is told."""

    application: Application
    response_type: str
    redirect_uri: str
    state: str | None
    scope: str | None
    challenge: str | None = None
    challenge_method: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One consent, to be exchanged once."""

    account_id: str
    digest: str
    user_id: int
    application_id: str
    redirect_uri: str
    scope: str
    challenge: str | None
    challenge_method: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What an application sends for a token; what it left out is None."""

    grant_type: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    code: str | None = None
    redirect_uri: str | None = None
    verifier: str | None = None
    refresh_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """Both tokens, or the word that says why there are none, with a sentence."""

    access_token: str = ""
    refresh_token: str = ""
    expires_in_s: int = 0
    error: str | None = None
    description: str = ""
