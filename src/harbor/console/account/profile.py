"""Profile: name, e-mail and username."""

from __future__ import annotations

from harbor.console.account.current import signed_in
from harbor.console.first_person import check_reachable, is_first
from harbor.kernel.call import Call
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.identity import people

NOTICES = {"profile_saved": "Your profile is saved."}


class Profile(Form):
    """The form of the profile; an empty username is none."""

    name: str = ""
    email: str = ""
    username: str = ""


def show(request: Request) -> Html:
    """The form, filled in."""
    return Html("profile.html", "Profile", {"me": signed_in(request).person})


def save(call: Call, request: Request, body: Profile) -> Answer:
    """Write what was changed."""
    before = signed_in(request).person
    if not is_first(before):
        check_reachable(body.email)
    after = people.change(
        call.tx,
        before.organization_id,
        before.id,
        name=body.name,
        email=body.email,
        username=body.username.strip() or None,
    )
    changed = [name for name in ("name", "email", "username") if getattr(before, name) != getattr(after, name)]
    if changed:
        call.emit("harbor.person.updated", subject=after.id, data={"person_id": after.id, "fields": changed})
    return go("/account", done="profile_saved")


ROUTES = (
    Route("account.profile", "GET", "/account", show),
    Route("account.profile.save", "POST", "/account", save, writes=True),
)
