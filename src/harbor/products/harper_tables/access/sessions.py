"""Sessions of browsers: the cookie, and the origin that it counts for.

The cookie is named after the origin, and the session remembers the origin itself. A page elsewhere sends its own origin
with its requests, so it cannot use the session although cookies go along. Source: docs/products/harper.md#sessions.
"""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import formatdate
from uuid import uuid4

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.http.request import Request
from harbor.kernel.identity.secrets import digest
from harbor.products.harper_tables.access import credentials_store as store
from harbor.products.harper_tables.access.model import Session, StoredUser

LIFETIME = timedelta(days=14)
PER_USER_MAX = 50
_NAME = "hdb-session"
_ORIGIN_LENGTH_MAX = 500
_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_SECRET = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def origin_of(request: Request) -> str:
    """The page that a request comes from, as the browser says; empty where none says anything."""
    return (request.header(b"origin") or "")[:_ORIGIN_LENGTH_MAX]


def secret_of(request: Request) -> str | None:
    """The secret in the cookie that belongs to the request's origin."""
    name = cookie_name(origin_of(request))
    for part in (request.header(b"cookie") or "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name and _SECRET.fullmatch(value):
            return value
    return None


def cookie_name(origin: str) -> str:
    """`press_test-hdb-session` for pages of https://press.test."""
    host = re.sub(r"^https?://", "", origin)
    return f"{re.sub(r'[^0-9A-Za-z_]', '_', host)}-{_NAME}" if host else _NAME


def begin(call: Call, user: StoredUser, request: Request) -> str:
    """The Set-Cookie of a new session of 14 days. The oldest goes when a user has more than 50."""
    secret = str(uuid4())
    expires = call.tx.now + LIFETIME
    session = Session(
        account_id=user.account_id,
        user_id=user.id,
        username=user.username,
        digest=digest(secret),
        origin=origin_of(request),
        expires_at=micros(expires),
    )
    store.insert_session(call.tx, user.account_id, session)
    store.keep_newest_sessions(call.tx, user.account_id, user.id, PER_USER_MAX)
    return _cookie(request, secret, expires.timestamp())


def end(call: Call, request: Request) -> str | None:
    """End the request's session; the Set-Cookie that removes it, or None if there is none."""
    secret = secret_of(request)
    found = None if secret is None else store.session(call.tx, digest(secret))
    if found is None or found.origin != origin_of(request) or found.expires_at <= call.tx.now_us:
        return None
    store.delete_session(call.tx, found.account_id, found.digest)
    return _cookie(request, "", 0)


def _cookie(request: Request, value: str, expires_s: float) -> str:
    host = (request.header(b"host") or "").rsplit(":", 1)[0]
    is_https = request.scope.get("scheme") == "https" or request.mount.origin.startswith("https://")
    kind = "; SameSite=None; Secure" if is_https or host in _LOCAL else ""
    expires = formatdate(expires_s, usegmt=True)
    return f"{cookie_name(origin_of(request))}={value}; Path=/; Expires={expires}; HttpOnly{kind}"
