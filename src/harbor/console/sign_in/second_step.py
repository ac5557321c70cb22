"""The second step of signing in: a code of the app, or a recovery code, after the password was right."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from harbor.console import tokens
from harbor.console.addresses import is_ours, wanted
from harbor.console.cookies import second_step_of
from harbor.console.rendering import BASE
from harbor.console.sign_in.api import opened
from harbor.console.sign_in.refusals import refused
from harbor.kernel.call import Call
from harbor.kernel.clock import real_now
from harbor.kernel.errors import HarborError, Unauthenticated
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity import second_factor
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Environment
from harbor.kernel.identity.people_model import Person
from harbor.kernel.identity.sign_in import Verified
from harbor.kernel.storage.database import Tx
from harbor.kernel.vault import Vault

# Below this a person is told to make new ones.
_RECOVERY_FEW = 3


class Came(Query):
    """Where the person wanted to go."""

    next: str = ""


class Code(Form):
    """A code, and where to go afterwards."""

    code: str = ""
    next: str = ""


def ask(call: Call, request: Request, query: Came) -> Html | Answer:
    """The form for the code; who has not come from the password is led back to it."""
    if _who(call.tx, call.vault, request) is None:
        there = f"{BASE}/sign-in" + (f"?next={quote(query.next)}" if is_ours(query.next) else "")
        return Answer(303, None, {"Location": there})
    return _page(query.next)


async def check(request: Request, value: Any, services: Services) -> HarborError | None:
    """Look at the code, outside the transaction: a guess counts even if nothing is written."""
    vault = services.faculties.vault

    def look(tx: Tx) -> tuple[Person, str] | None:
        person = _who(tx, vault, request)
        return None if person is None else (person, _account(tx, person))

    found = await services.database.read(look)
    if found is None:
        return _too_late()
    person, account_id = found
    try:
        await second_factor.check(
            services.database,
            vault,
            services.tools["sign_in_throttle"],
            account_id=account_id,
            person_id=person.id,
            code=(value and value.get("code")) or "",
            address=request.client,
            now=services.clock.now(),
            at=real_now(),
        )
    except HarborError as refusal:
        return refusal
    return None


def enter(call: Call, request: Request, body: Code, prepared: HarborError | None) -> Answer:
    """A new session, once the code was taken."""
    page = _page(body.next)
    person = _who(call.tx, call.vault, request)
    if prepared is not None or person is None:
        return refused(prepared or _too_late(), page)
    assert person.password_hash is not None, person.id
    try:
        taken = second_factor.take(call.tx, call.vault, _account(call.tx, person), person.id, body.code, at=real_now())
    except Unauthenticated as refusal:  # somebody was faster with the same code
        return refused(refusal, page)
    verified = Verified(person.id, person.organization_id, person.password_hash, None)
    there = wanted(body.next)
    if taken.is_recovery and taken.recovery_left < _RECOVERY_FEW:
        there = f"{BASE}/account/second-step?done=few_codes"
    return opened(call, request, verified, there=there)


def _who(tx: Tx, vault: Vault, request: Request) -> Person | None:
    token = second_step_of(request)
    return None if token is None else tokens.holder(tx, vault, tokens.For.SECOND_STEP, token)


def _account(tx: Tx, person: Person) -> str:
    return identity.accounts_of(tx, person.organization_id)[Environment.PRODUCTION].id


def _too_late() -> Unauthenticated:
    return Unauthenticated("That took longer than five minutes. Begin again with your password.", code="step_over")


def _page(next_: str) -> Html:
    shown = {"next": next_ if is_ours(next_) else "", "failure": None}
    return Html("second_step.html", "Second step", shown)


_PATH = "/sign-in/second-step"
ROUTES = (
    Route("second_step.ask", "GET", _PATH, ask, auth="none"),
    Route("second_step.enter", "POST", _PATH, enter, auth="none", writes=True, prepare=check),
)
