"""The person at the console as a person of Harvest: their access role decides, as it does for a token of theirs.

Pages ask the services of the API. Who is nobody in the account is told what to do. Source: docs/products/harvest.md#the-console.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Missing
from harbor.kernel.http.page import Html
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity import people_store
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.people_model import Role
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.wire import read_id

PATH = "/{environment}/harvest"
_NOBODY_HERE = "You are in no account of Harvest here."
# Parameters of paths here, as the API calls them.
_LOCKED = {
    "entry_id": "time_entry_id",
    "client_id": "client_id",
    "task_id": "task_id",
    "project_id": "project_id",
    "colleague_id": "user_id",
    "expense_id": "expense_id",
    "expense_category_id": "expense_category_id",
    "item_category_id": "category_id",
    "job_role_id": "role_id",
    "invoice_id": "invoice_id",
    "estimate_id": "estimate_id",
    "recurring_id": "recurring_id",
}


def as_user(call: Call) -> Call | None:
    """The same call with the person as a caller of Harvest, or None for who is nobody in this account."""
    found = next((each for each in access.of_person(call) if each.account_id == call.account_id), None)
    if found is None:
        return None
    acting = copy(call)
    acting.principal = access.member_of(call.tx, found)
    return acting


def get(name: str, path: str, handler: Callable[..., Any], **more: Any) -> Route:
    """The route of a page. Its handler's `call` is that of the person of Harvest."""
    return Route(name, "GET", path, _acting(handler, path, is_page=True), **more)


def post(name: str, path: str, handler: Callable[..., Any], **more: Any) -> Route:
    """The route of a form."""
    return Route(name, "POST", path, _acting(handler, path, is_page=False), writes=True, **more)


async def look_first(request: Request, services: Services, check: Callable[[Call], None]) -> None:
    """Raise what `check` raises of the person, for forms that cost much before their handler asks who it is."""
    principal = request.principal
    assert principal is not None, request.route_name

    def look(call: Call) -> None:
        acting = as_user(call)
        if acting is None:
            raise Denied(_NOBODY_HERE)
        check(acting)

    await services.database.read(lambda tx: look(services.call(tx, principal)))


def _acting(handler: Callable[..., Any], path: str, *, is_page: bool) -> Callable[..., Any]:
    is_of_a_thing = "_id}" in path

    @wraps(handler)
    def run(*, call: Call, **more: Any) -> Any:
        acting = as_user(call)
        if acting is not None:
            if not is_page:
                _hold(acting, more)
            return handler(call=acting, **more)
        if is_of_a_thing:
            raise Missing("There is no such thing in Harvest, or you are not in this account of it.")
        if not is_page:
            raise Denied(_NOBODY_HERE)
        return _nobody(call)

    return run


def _hold(call: Call, params: dict[str, Any]) -> None:
    """Hold the locks that the API takes for a change of the things in the path, until it is committed."""
    for name, thing in _LOCKED.items():
        if name in params:
            call.tx.lock("harvest", call.account_id, thing, read_id(params[name]))


def _nobody(call: Call) -> Html:
    """What to do, for who is not in this account of Harvest."""
    person = people_store.find(call.tx, call.principal.organization_id, call.principal.actor)
    sides = {
        account.id: side for side, account in identity.accounts_of(call.tx, call.principal.organization_id).items()
    }
    context = {
        "email": "" if person is None else person.email,
        "is_set_up": company.is_set_up(call),
        "may_open": person is not None and person.role is Role.OWNER,
        "elsewhere": [(each.account_name, sides[each.account_id].value) for each in access.of_person(call)],
    }
    return Html("nobody.html", "Harvest", context)
