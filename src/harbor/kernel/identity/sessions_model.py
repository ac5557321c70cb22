"""A session: one client in which a person is signed in."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

# Counted from signing in, however much it is used: what was stolen ends too.
SESSION_LIFETIME = timedelta(days=14)
SESSIONS_PER_PERSON_MAX = 50
CLIENT_LENGTH_MAX = 200
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session; of its secret only a digest is kept. `client` is what a person recognises it by in the list."""

    id: str
    person_id: str
    client: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def is_good_at(self, moment: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and self.expires_at > moment


def mint_session_secret() -> str:
    """256 random bits, safe in a cookie."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def client_label(text: str) -> str:
    """What is shown of a client's own words: one line without control characters, cut to 200 characters."""
    printable = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    return " ".join(printable.split())[:CLIENT_LENGTH_MAX].rstrip() or "Unknown client"
