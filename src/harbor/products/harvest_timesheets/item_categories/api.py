"""Item categories on the wire: the same routes for those of invoices and of estimates."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TypedDict

from msgspec import UNSET, UnsetType

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.item_categories import service
from harbor.products.harvest_timesheets.item_categories.model import ItemCategory
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at


class InvoiceItemCategoryBody(TypedDict):
    """A category of lines of invoices, and whether imported time or expenses are of it."""

    id: int
    name: str
    use_as_service: bool
    use_as_expense: bool
    created_at: datetime
    updated_at: datetime


class EstimateItemCategoryBody(TypedDict):
    """A category of lines of estimates."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime


class ListItemCategories(Query, kw_only=True):
    """Which categories to list."""

    updated_since: str | None = None


class AddItemCategory(OpenBody):
    """A new category."""

    name: str


class ChangeItemCategory(OpenBody):
    """What may change of a category."""

    name: str | UnsetType = UNSET


def show_of_invoices(category: ItemCategory) -> InvoiceItemCategoryBody:
    """The fields of a category of invoices."""
    return {
        "id": category.id,
        "name": category.name,
        "use_as_service": category.use_as_service,
        "use_as_expense": category.use_as_expense,
        "created_at": wire.whole(category.created_at),
        "updated_at": wire.whole(category.updated_at),
    }


def show_of_estimates(category: ItemCategory) -> EstimateItemCategoryBody:
    """The fields of a category of estimates."""
    return {
        "id": category.id,
        "name": category.name,
        "created_at": wire.whole(category.created_at),
        "updated_at": wire.whole(category.updated_at),
    }


def retrieve(place: Place) -> ItemCategory:
    """One category."""
    found: ItemCategory = place.thing
    return found


def change(call: Call, body: ChangeItemCategory, place: Place) -> ItemCategory:
    """Rename a category."""
    found: ItemCategory = place.thing
    return found if isinstance(body.name, UnsetType) else service.rename(call, found, body.name)


def _routes(kind: BillKind) -> tuple[Route, ...]:
    def to_manage(call: Call) -> None:
        service.to_manage(call, kind)

    def one(call: Call, category_id: int) -> ItemCategory:
        return service.to_manage_one(call, kind, category_id)

    def index(call: Call, query: ListItemCategories, page: PageRequest) -> Listed[ItemCategory]:
        """Categories of lines, newest first."""
        return service.listed(call, kind, page, updated_since=wire.since(query.updated_since))

    def create(call: Call, body: AddItemCategory) -> Created[ItemCategory]:
        """A new category of lines."""
        return Created(service.add(call, kind, body.name))

    def delete(call: Call, place: Place) -> dict[str, object]:
        """Remove a category."""
        service.delete(call, place.thing)
        return {}

    name, article = f"{kind}_item_categories", f"an {kind} item category"
    all_, one_ = f"/v2/{name}", f"/v2/{name}/{{category_id}}"
    show = show_of_invoices if kind is BillKind.INVOICE else show_of_estimates
    tags = (f"{kind.value.capitalize()} item categories",)
    route, of_all, of_one = partial(Route, show=show, tags=tags), at(to_manage), at(one, "category_id")
    return (
        route(
            f"{name}.list",
            "GET",
            all_,
            index,
            key=name,
            paged=True,
            locate=of_all,
            summary=f"List {kind} item categories",
        ),
        route(f"{name}.retrieve", "GET", one_, retrieve, locate=of_one, summary=f"Retrieve {article}"),
        route(
            f"{name}.create",
            "POST",
            all_,
            create,
            status=201,
            locate=of_all,
            writes=True,
            summary=f"Create {article}",
        ),
        route(f"{name}.update", "PATCH", one_, change, locate=of_one, writes=True, summary=f"Update {article}"),
        Route(
            f"{name}.delete", "DELETE", one_, delete, locate=of_one, writes=True, summary=f"Delete {article}", tags=tags
        ),
    )


ROUTES = (*_routes(BillKind.INVOICE), *_routes(BillKind.ESTIMATE))
