"""The cookies of signing in, and the token that ties a form to the session it was shown in."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from harbor.kernel.http.request import Request
from harbor.kernel.identity.sessions_model import SESSION_LIFETIME

_SESSION = "harbor_session"
_SECOND_STEP = "harbor_second_step"
# Browsers take a cookie with this prefix only over TLS, from this host, for all of its paths: nobody else can set it.
_PREFIX_OVER_TLS = "__Host-"
_FORM_TOKEN_LENGTH = 43


def secret_of(request: Request) -> str | None:
    """The session's secret that came with the request."""
    return _value(request, _SESSION)


def set_session(request: Request, secret: str) -> str:
    """The `Set-Cookie` of a new session."""
    return _cookie(request, _SESSION, secret, SESSION_LIFETIME)


def end_session(request: Request) -> str:
    """The `Set-Cookie` that makes a browser forget its session."""
    return _cookie(request, _SESSION, "", timedelta())


def second_step_of(request: Request) -> str | None:
    """The token of somebody whose password was right a moment ago."""
    return _value(request, _SECOND_STEP)


def set_second_step(request: Request, token: str, lifetime: timedelta) -> str:
    """The `Set-Cookie` between the password and the code. A cookie, because addresses end up in histories and logs."""
    return _cookie(request, _SECOND_STEP, token, lifetime)


def form_token(secret: str) -> str:
    """The token of all forms of a session: who does not know the session's secret cannot make it."""
    return hmac.new(secret.encode(), b"console.form", hashlib.sha256).hexdigest()[:_FORM_TOKEN_LENGTH]


def is_form_token(secret: str, token: str) -> bool:
    """Whether a form came from a page of this session, in constant time."""
    return hmac.compare_digest(form_token(secret).encode(), token.encode("utf-8", "replace"))


def is_over_tls(request: Request) -> bool:
    """Whether the browser speaks TLS, to this server or to the proxy before it that the server trusts."""
    return bool(request.scope.get("scheme") == "https")


def _value(request: Request, name: str) -> str | None:
    # Not `http.cookies`, which forgets all cookies for the sake of one: those of other programs on the host come along.
    wanted = _name(request, name)
    for part in (request.header(b"cookie") or "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == wanted and value:
            return value
    return None


def _cookie(request: Request, name: str, value: str, lifetime: timedelta) -> str:
    secure = "; Secure" if is_over_tls(request) else ""
    seconds = int(lifetime.total_seconds())
    return f"{_name(request, name)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def _name(request: Request, name: str) -> str:
    return f"{_PREFIX_OVER_TLS}{name}" if is_over_tls(request) else name
