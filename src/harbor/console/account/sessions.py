"""Sessions: where one is signed in, and how to end that."""

from __future__ import annotations

from harbor.console.account.clients import in_words
from harbor.console.account.current import signed_in
from harbor.console.cookies import end_session
from harbor.console.rendering import BASE
from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.http.page import Html, go
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.identity import sessions_store

NOTICES = {
    "session_ended": "That session is ended.",
    "others_ended": "You are signed out everywhere else.",
}


def show(call: Call, request: Request) -> Html:
    """The sessions, the newest first."""
    me = signed_in(request)
    shown = [
        {"session": each, "program": in_words(each.client), "is_this": each.id == me.session.id}
        for each in sessions_store.good_of(call.tx, me.person.id)
    ]
    return Html("sessions.html", "Sessions", {"sessions": shown}, trail=(("Your account", "/account"),))


def revoke(call: Call, request: Request, session_id: str) -> Answer:
    """End one session; if it is this one, the person is signed out."""
    me = signed_in(request)
    if not sessions_store.revoke(call.tx, me.person.id, session_id):
        raise Missing("There is no such session; it may have ended already.", code="session_not_found")
    _tell(call, me.person.id, ended=1)
    if session_id == me.session.id:
        return _out(request)
    return go("/account/sessions", done="session_ended")


def revoke_others(call: Call, request: Request) -> Answer:
    """End all sessions but this."""
    me = signed_in(request)
    _tell(call, me.person.id, ended=sessions_store.revoke_all(call.tx, me.person.id, but=me.session.id))
    return go("/account/sessions", done="others_ended")


def revoke_all(call: Call, request: Request) -> Answer:
    """End all sessions, this one too."""
    me = signed_in(request)
    _tell(call, me.person.id, ended=sessions_store.revoke_all(call.tx, me.person.id))
    return _out(request)


def _tell(call: Call, person_id: str, *, ended: int) -> None:
    if ended:
        call.emit("harbor.person.signed_out", subject=person_id, data={"person_id": person_id, "sessions": ended})


def _out(request: Request) -> Answer:
    there = f"{BASE}/sign-in?done=signed_out"
    return Answer(303, None, {"Location": there, "Set-Cookie": end_session(request)})


_PATH = "/account/sessions"
ROUTES = (
    Route("account.sessions", "GET", _PATH, show),
    Route("account.sessions.revoke", "POST", f"{_PATH}/{{session_id}}/revoke", revoke, writes=True),
    Route("account.sessions.revoke_others", "POST", f"{_PATH}/revoke-others", revoke_others, writes=True),
    Route("account.sessions.revoke_all", "POST", f"{_PATH}/revoke-all", revoke_all, writes=True),
)
