"""Second step: set up with a QR code, confirmed by a code, switched off by the password."""

from __future__ import annotations

from typing import Any

import segno
from markupsafe import Markup

from harbor.console.account.current import check_current_password, signed_in
from harbor.kernel.call import Call
from harbor.kernel.clock import real_now
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity import second_factor
from harbor.kernel.identity.second_factor_model import address_of

NOTICES = {
    "second_step_off": "You sign in with your password alone.",
    "few_codes": "Few recovery codes are left. Switch the second step off and on again to get new ones.",
}
_GROUP_LETTERS = 4
_PIXELS_A_MODULE = 4
_PATH = "/account/second-step"
_TRAIL = (("Your account", "/account"),)


class Confirm(Form):
    """The code that shows that the app knows the secret."""

    code: str = ""


class SwitchOff(Form):
    """The current password."""

    current: str = ""


def show(call: Call, request: Request) -> Html:
    """Off, waiting to be confirmed, or on."""
    person = signed_in(request).person
    factor = second_factor.find(call.tx, call.account_id, person.id)
    secret = second_factor.waiting_secret(call.tx, call.vault, call.account_id, person.id)
    shown = {
        "factor": factor,
        "secret": None if secret is None else _grouped(secret),
        "picture": None if secret is None else _picture(address_of(secret, person.email)),
        "email": person.email,
    }
    return Html("second_step.html", "Second step", shown, trail=_TRAIL)


def begin(call: Call, request: Request) -> Answer:
    """A new secret, to be confirmed."""
    second_factor.begin(call.tx, call.vault, call.account_id, signed_in(request).person.id)
    return go(_PATH)


def confirm(call: Call, request: Request, body: Confirm) -> Html:
    """Switch it on, and show the recovery codes this once."""
    person = signed_in(request).person
    codes = second_factor.confirm(call.tx, call.vault, call.account_id, person.id, body.code, at=real_now())
    call.emit("harbor.person.second_factor_enabled", subject=person.id, data={"person_id": person.id})
    return Html("recovery_codes.html", "Recovery codes", {"codes": codes}, trail=(*_TRAIL, ("Second step", _PATH)))


async def check(request: Request, value: Any, services: Services) -> None:
    """Look at the password, outside the transaction."""
    await check_current_password(request, services, (value and value.get("current")) or "")


def switch_off(call: Call, request: Request, body: SwitchOff) -> Answer:  # noqa: ARG001 (its form is the route's)
    """Ask for no second step any more."""
    person = signed_in(request).person
    if second_factor.remove(call.tx, call.account_id, person.id):
        call.emit("harbor.person.second_factor_disabled", subject=person.id, data={"person_id": person.id})
    return go(_PATH, done="second_step_off")


def cancel(call: Call, request: Request) -> Answer:
    """Forget a set-up that was not confirmed; one that was stays."""
    person = signed_in(request).person
    call.tx.lock("person", person.id)  # a confirmation at the same moment either is seen here or finds nothing
    if second_factor.find(call.tx, call.account_id, person.id) is None:
        second_factor.remove(call.tx, call.account_id, person.id)
    return go(_PATH)


def _picture(address: str) -> Markup:
    """The QR code as SVG without styles, black on white in either theme: cameras want it so."""
    svg = segno.make(address, error="m", micro=False).svg_inline(
        scale=_PIXELS_A_MODULE, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return Markup(svg)  # noqa: S704 (made by the library out of squares; the address is in none of its texts)


def _grouped(secret: str) -> str:
    return " ".join(secret[start : start + _GROUP_LETTERS] for start in range(0, len(secret), _GROUP_LETTERS))


ROUTES = (
    Route("account.second_step", "GET", _PATH, show),
    Route("account.second_step.begin", "POST", f"{_PATH}/begin", begin, writes=True),
    Route("account.second_step.confirm", "POST", f"{_PATH}/confirm", confirm, writes=True),
    Route("account.second_step.cancel", "POST", f"{_PATH}/cancel", cancel, writes=True),
    Route("account.second_step.off", "POST", f"{_PATH}/off", switch_off, writes=True, prepare=check),
)
