"""The session's cookie, and the token that ties a form to the session it was shown in."""

from __future__ import annotations

import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie

from harbor.kernel.http.request import Request
from harbor.kernel.identity.sessions_model import SESSION_LIFETIME

_NAME = "harbor_session"
# Browsers take a cookie with this prefix only over TLS, from this host, for all of its paths: nobody else can set it.
_NAME_OVER_TLS = f"__Host-{_NAME}"
_FORM_TOKEN_LENGTH = 43


def secret_of(request: Request) -> str | None:
    """The session's secret that came with the request."""
    header = request.header(b"cookie")
    if not header:
        return None
    try:
        jar = SimpleCookie(header)
    except CookieError:
        return None
    morsel = jar.get(_NAME_OVER_TLS if is_over_tls(request) else _NAME)
    return None if morsel is None or not morsel.value else morsel.value


def set_session(request: Request, secret: str) -> str:
    """The `Set-Cookie` of a new session."""
    return _cookie(request, secret, int(SESSION_LIFETIME.total_seconds()))


def end_session(request: Request) -> str:
    """The `Set-Cookie` that makes a browser forget its session."""
    return _cookie(request, "", 0)


def form_token(secret: str) -> str:
    """The token of all forms of a session: who does not know the session's secret cannot make it."""
    return hmac.new(secret.encode(), b"console.form", hashlib.sha256).hexdigest()[:_FORM_TOKEN_LENGTH]


def is_form_token(secret: str, token: str) -> bool:
    """Whether a form came from a page of this session, in constant time."""
    return hmac.compare_digest(form_token(secret).encode(), token.encode("utf-8", "replace"))


def is_over_tls(request: Request) -> bool:
    """Whether the browser speaks TLS, to this server or to the proxy before it that the server trusts."""
    return bool(request.scope.get("scheme") == "https")


def _cookie(request: Request, value: str, seconds: int) -> str:
    name, secure = (_NAME_OVER_TLS, "; Secure") if is_over_tls(request) else (_NAME, "")
    return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
