"""What an export holds: every list of the API, read in short parts, each in a read of its own.

The lists are the routes themselves, so an export shows what the API shows. Source: docs/products/harvest.md#exports.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.http.routes import Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.clients import api as clients
from harbor.products.harvest_timesheets.contacts import api as contacts
from harbor.products.harvest_timesheets.estimates import api as estimates
from harbor.products.harvest_timesheets.estimates import messages_api as estimate_messages
from harbor.products.harvest_timesheets.estimates import service as estimates_service
from harbor.products.harvest_timesheets.expense_categories import api as expense_categories
from harbor.products.harvest_timesheets.expenses import api as expenses
from harbor.products.harvest_timesheets.exporting import store
from harbor.products.harvest_timesheets.invoices import api as invoices
from harbor.products.harvest_timesheets.invoices import messages_api as invoice_messages
from harbor.products.harvest_timesheets.invoices import payments_api as invoice_payments
from harbor.products.harvest_timesheets.invoices import reading as invoices_reading
from harbor.products.harvest_timesheets.item_categories import api as item_categories
from harbor.products.harvest_timesheets.projects import api as projects
from harbor.products.harvest_timesheets.rates import api as rates
from harbor.products.harvest_timesheets.roles import api as roles
from harbor.products.harvest_timesheets.task_assignments import api as task_assignments
from harbor.products.harvest_timesheets.tasks import api as tasks
from harbor.products.harvest_timesheets.time_entries import api as time_entries
from harbor.products.harvest_timesheets.user_assignments import api as user_assignments
from harbor.products.harvest_timesheets.users import api as users
from harbor.products.harvest_timesheets.users import service as users_service
from harbor.products.harvest_timesheets.users import teammates_api as teammates

# Some hundred things with all that they are shown with take tens of milliseconds.
AT_ONCE: Final = 500
_OWNERS_AT_ONCE: Final = 50
# Of one person or one bill.
_OF_ONE_MAX: Final = 2_000

_ROUTES: Final[Mapping[str, Route]] = {
    route.name: route
    for module in (
        *(users, roles, rates, teammates, clients, contacts, tasks, projects, user_assignments, task_assignments),
        *(expense_categories, item_categories, estimates, estimate_messages, invoices, invoice_messages),
        *(invoice_payments, time_entries, expenses),
    )
    for route in module.ROUTES
    if route.paged
}


@dataclass(frozen=True, slots=True)
class List:
    """One list: its name in the archive, and the route that gives it.

    `table` names whose lists they are, where there is one of each of several owners, and `find` finds an owner; `owner` is how
    the archive says whose a thing is. `days` names a table that is walked month by month.
    """

    name: str
    table: str | None = None
    find: Callable[[Call, int], Any] | None = None
    owner: str | None = None
    days: str | None = None

    @property
    def route(self) -> Route:
        """The route of the list."""
        return _ROUTES[f"{self.name}.list"]


_OF_USERS: Final = ("harvest_users", users_service.find, "user_id")
_OF_INVOICES: Final = ("harvest_invoices", invoices_reading.find, "invoice_id")
_OF_ESTIMATES: Final = ("harvest_estimates", estimates_service.find, "estimate_id")
LISTS: Final[Sequence[List]] = (
    List("users"),
    List("roles"),
    List("billable_rates", *_OF_USERS),
    List("cost_rates", *_OF_USERS),
    List("teammates", *_OF_USERS),
    List("clients"),
    List("contacts"),
    List("tasks"),
    List("projects"),
    List("user_assignments"),
    List("task_assignments"),
    List("expense_categories"),
    List("invoice_item_categories"),
    List("estimate_item_categories"),
    List("estimates"),
    List("estimate_messages", *_OF_ESTIMATES),
    List("invoices"),
    List("invoice_messages", *_OF_INVOICES),
    List("invoice_payments", *_OF_INVOICES),
    List("time_entries", days="harvest_time_entries"),
    List("expenses", days="harvest_expenses"),
)

# Runs a piece of reading as whoever asks, and gives what it gives.
Read = Callable[[Callable[[Call], Any]], Any]


async def parts(read: Read, each: List) -> AsyncIterator[list[Mapping[str, Any]]]:
    """The things of a list, some at a time, as the API shows them."""
    if each.table is not None:
        async for part in _of_owners(read, each):
            yield part
        return
    if each.days is not None:
        table = each.days
        months: list[str] = await read(lambda call: store.months(call.tx, call.account_id, table))
        for month in months:
            first, last = _span(month)
            async for part in _pages(read, each, {"from_": first.isoformat(), "to": last.isoformat()}):
                yield part
        return
    async for part in _pages(read, each, {}):
        yield part


async def _pages(read: Read, each: List, query: Mapping[str, str]) -> AsyncIterator[list[Mapping[str, Any]]]:
    """By cursor where the list has them, else by number."""
    after, number = None, 1
    while True:
        page = PageRequest(limit=AT_ONCE, after=after, number=number)

        def take(call: Call, page: PageRequest = page) -> tuple[list[Mapping[str, Any]], bool, bool]:
            listed = _listed(call, each.route, page, query, None)
            return _shown(call, each.route, listed.items), listed.more, listed.has_cursors

        shown, goes_on, has_cursors = await read(take)
        if shown:
            yield shown
        if not goes_on or not shown:
            return
        number += 1
        after = f"after:{shown[-1]['id']}" if has_cursors else None


async def _of_owners(read: Read, each: List) -> AsyncIterator[list[Mapping[str, Any]]]:
    after = 0
    while True:

        def take(call: Call, after: int = after) -> tuple[list[Mapping[str, Any]], int | None]:
            ids = store.ids(call.tx, str(each.table), call.account_id, after, limit=_OWNERS_AT_ONCE)
            return list(_of_some(call, each, ids)), ids[-1] if ids else None

        shown, last = await read(take)
        if shown:
            yield shown
        if last is None:
            return
        after = last


def _of_some(call: Call, each: List, ids: Sequence[int]) -> Iterator[Mapping[str, Any]]:
    assert each.find is not None, each
    for id_ in ids:
        thing = each.find(call, id_)
        if each.name == "teammates" and AccessRole.MANAGER not in thing.access_roles:
            continue
        listed = _listed(call, each.route, PageRequest(limit=_OF_ONE_MAX), {}, thing)
        for shown in _shown(call, each.route, listed.items):
            yield {str(each.owner): id_, **shown}


def _listed(call: Call, route: Route, page: PageRequest, query: Mapping[str, str], thing: Any) -> Any:
    wanted = inspect.signature(route.handler, eval_str=True).parameters
    supply: dict[str, Any] = {"call": call, "page": page, "place": Place(workspace_id="", thing=thing)}
    if "query" in wanted:
        supply["query"] = wanted["query"].annotation(**query)
    return route.handler(**{name: supply[name] for name in wanted})


def _shown(call: Call, route: Route, items: Sequence[Any]) -> list[Mapping[str, Any]]:
    assert route.show is not None, route.name
    supply = {"call": call} if "call" in inspect.signature(route.show).parameters else {}
    found = (route.show(item, **supply) for item in items)
    # Lists of time are text already.
    return [msgspec.json.decode(each) if isinstance(each, msgspec.Raw) else each for each in found]


def _span(month: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{month}-01")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1) if month < "9999-12" else date.max
    return first, following - timedelta(days=1) if month < "9999-12" else date.max
