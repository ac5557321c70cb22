"""The pages before the session: the password, and the way in and out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from harbor.console.cookies import end_session, secret_of, set_session
from harbor.console.rendering import BASE
from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity import sessions_store, sign_in
from harbor.kernel.identity.sign_in import Verified

HOME = f"{BASE}/sandbox"


class Came(Query):
    """Where the person wanted to go."""

    next: str = ""


class Credentials(Form):
    """E-mail and password, and where to go afterwards."""

    email: str = ""
    password: str = ""
    next: str = ""


def ask(query: Came) -> Html:
    """The form for e-mail and password."""
    return Html("sign_in.html", "Sign in", {"next": query.next if _is_ours(query.next) else ""})


async def verify(request: Request, value: Any, services: Services) -> Verified:
    """Look at the password, outside the transaction."""
    return await sign_in.verify(
        services.database,
        services.tools["passwords"],
        services.tools["sign_in_throttle"],
        email=(value and value.get("email")) or "",
        password=(value and value.get("password")) or "",
        address=request.client,
        now=services.clock.now(),
    )


def enter(call: Call, request: Request, body: Credentials, prepared: Verified) -> Answer:
    """A new session, whatever session the browser had before: that one ends."""
    if (former := secret_of(request)) is not None:
        sessions_store.revoke_by_secret(call.tx, former)
    client = request.header(b"user-agent") or ""
    made = sign_in.sign_in(call.tx, call.new_id, prepared, client=client)
    there = body.next if _is_ours(body.next) else HOME
    return Answer(303, None, {"Location": there, "Set-Cookie": set_session(request, made.secret)})


def leave(call: Call, request: Request) -> Answer:
    """End this session."""
    if (secret := secret_of(request)) is not None:
        sessions_store.revoke_by_secret(call.tx, secret)
    return Answer(303, None, {"Location": f"{BASE}/sign-in", "Set-Cookie": end_session(request)})


def home() -> Answer:
    """The console's own address leads to the sandbox: nothing there can hurt."""
    return Answer(303, None, {"Location": HOME})


def _is_ours(address: str) -> bool:
    """Whether an address leads to a page of this console and nowhere else."""
    parts = urlsplit(address)
    is_path = not parts.scheme and not parts.netloc and "\\" not in address and not address.startswith("//")
    return is_path and (parts.path == BASE or parts.path.startswith(BASE + "/")) and address.isprintable()


ROUTES = (
    Route("console.home", "GET", "/", home),
    Route("sign_in.ask", "GET", "/sign-in", ask, auth="none"),
    Route("sign_in.enter", "POST", "/sign-in", enter, auth="none", writes=True, prepare=verify),
    Route("sign_in.leave", "POST", "/sign-out", leave, writes=True),
)
