"""Categories of the lines of invoices and of estimates: the same page for both."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.item_categories import service
from harbor.products.harvest_timesheets.pages import lists
from harbor.products.harvest_timesheets.pages.acting import get, post
from harbor.products.harvest_timesheets.pages.settings_parts import ITEMS, TRAIL, tabs
from harbor.products.harvest_timesheets.wire import read_id

NOTICES = {
    "item_category_added": "The category is there.",
    "item_category_saved": "The category is saved. Lines that are there keep the name they have.",
    "item_category_used": "Time or expenses that are imported from now on are of this category.",
    "item_category_deleted": "The category is gone. Lines keep its name.",
}


class Named(Form, kw_only=True):
    """The name of a category."""

    name: str = ""


class Used(Form, kw_only=True):
    """What is imported as this category: `time` or `expenses`."""

    what: str = ""


def _routes(kind: BillKind) -> tuple[Route, ...]:
    path = ITEMS[kind]
    title, one = f"{kind.value.capitalize()} items", f"{path}/{{item_category_id}}"

    def index(call: Call) -> Html:
        """The categories by name."""
        service.to_manage(call, kind)
        found = service.listed(call, kind, PageRequest(limit=lists.CHOICES_MAX)).items
        context = {
            **tabs(call, path),
            "kind": kind.value,
            "path": path,
            "categories": sorted(found, key=lambda each: each.name.casefold()),
            "may_use": kind is BillKind.INVOICE and access.me(call).is_administrator,
        }
        return Html("settings_items.html", title, context, TRAIL)

    def add(call: Call, environment: str, body: Named) -> Answer:
        """Add a category."""
        service.to_manage(call, kind)
        service.add(call, kind, body.name)
        return back(environment, "item_category_added")

    def rename(call: Call, environment: str, item_category_id: str, body: Named) -> Answer:
        """Give a category another name."""
        service.rename(call, service.to_manage_one(call, kind, read_id(item_category_id)), body.name)
        return back(environment, "item_category_saved")

    def use(call: Call, environment: str, item_category_id: str, body: Used) -> Answer:
        """Let imported time or expenses be of a category."""
        found = service.to_manage_one(call, kind, read_id(item_category_id))
        if body.what not in ("time", "expenses"):
            raise Invalid("Time or expenses are imported as a category.", field="what")
        service.use(call, found, as_service=body.what == "time", as_expense=body.what == "expenses")
        return back(environment, "item_category_used")

    def delete(call: Call, environment: str, item_category_id: str) -> Answer:
        """Remove a category."""
        service.delete(call, service.to_manage_one(call, kind, read_id(item_category_id)))
        return back(environment, "item_category_deleted")

    def back(environment: str, done: str) -> Answer:
        return go(path.format(environment=environment), done=done)

    name = f"harvest.{kind}_items"
    routes = (
        get(name, path, index),
        post(f"{name}.add", path, add),
        post(f"{name}.rename", one, rename),
        post(f"{name}.delete", f"{one}/delete", delete),
    )
    return (*routes, post(f"{name}.use", f"{one}/use", use)) if kind is BillKind.INVOICE else routes


ROUTES: tuple[Route, ...] = (*_routes(BillKind.INVOICE), *_routes(BillKind.ESTIMATE))
