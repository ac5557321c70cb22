"""Estimates on the wire."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypedDict

from msgspec import UNSET, UnsetType, field

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.bills.bodies import ChangeLine, line_changes, percentages
from harbor.products.harvest_timesheets.estimates import service
from harbor.products.harvest_timesheets.estimates.model import EstimateSeen, Filter, known_state
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at


class PartyRef(TypedDict):
    """The client or the creator of an estimate."""

    id: int
    name: str


class EstimateLineBody(TypedDict):
    """A line of an estimate."""

    id: int
    kind: str
    description: str
    quantity: float
    unit_price: float
    amount: float
    taxed: bool
    taxed2: bool


class EstimateBody(TypedDict):
    """An estimate as it is shown. Taxes and the discount are percentages."""

    id: int
    client_key: str
    number: str
    purchase_order: str
    amount: float
    tax: float | None
    tax_amount: float
    tax2: float | None
    tax2_amount: float
    discount: float | None
    discount_amount: float
    subject: str
    notes: str
    state: str
    issue_date: date
    sent_at: datetime | None
    created_at: datetime
    updated_at: datetime
    accepted_at: datetime | None
    declined_at: datetime | None
    currency: str
    client: PartyRef
    creator: PartyRef
    line_items: list[EstimateLineBody]


class ListEstimates(Query, kw_only=True):
    """Which estimates to list. `from` and `to` are days of issue, both inclusive."""

    client_id: int | None = None
    updated_since: str | None = None
    from_: str | None = field(default=None, name="from")
    to: str | None = None
    state: str | None = None


class ChangeEstimate(OpenBody, kw_only=True):
    """What may change of an estimate. Lines that are not named stay."""

    client_id: int | UnsetType = UNSET
    number: str | UnsetType = UNSET
    purchase_order: str | UnsetType | None = UNSET
    tax: Decimal | UnsetType | None = UNSET
    tax2: Decimal | UnsetType | None = UNSET
    discount: Decimal | UnsetType | None = UNSET
    subject: str | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    currency: str | UnsetType = UNSET
    issue_date: date | UnsetType = UNSET
    line_items: list[ChangeLine] | UnsetType = UNSET


class AddEstimate(ChangeEstimate, kw_only=True):
    """A new estimate."""

    client_id: int


def index(call: Call, query: ListEstimates, page: PageRequest) -> Listed[EstimateSeen]:
    """Estimates, those issued last first."""
    filter_ = Filter(
        client_id=query.client_id,
        state=None if query.state is None else known_state(query.state),
        updated_since=wire.since(query.updated_since),
        from_on=None if query.from_ is None else wire.read_date(query.from_, field="from"),
        to_on=None if query.to is None else wire.read_date(query.to, field="to"),
    )
    return service.listed(call, page, filter_)


def retrieve(call: Call, place: Place) -> EstimateSeen:
    """One estimate."""
    return service.seen_one(call, place.thing)


def create(call: Call, body: AddEstimate) -> Created[EstimateSeen]:
    """Make a draft."""
    lines = [] if isinstance(body.line_items, UnsetType) else body.line_items
    facts = _facts(body)
    client_id = facts.pop("client_id")
    made = service.add(call, client_id, facts, line_changes(lines, are_new=True))
    return Created(service.seen_one(call, made))


def change(call: Call, body: ChangeEstimate, place: Place) -> EstimateSeen:
    """Change an estimate and its lines."""
    lines = [] if isinstance(body.line_items, UnsetType) else body.line_items
    return service.seen_one(call, service.change(call, place.thing, _facts(body), line_changes(lines)))


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove an estimate."""
    service.delete(call, place.thing)
    return {}


def show(seen: EstimateSeen) -> EstimateBody:
    """The fields of an estimate."""
    estimate = seen.estimate
    return {
        "id": estimate.id,
        "client_key": estimate.client_key,
        "number": estimate.number,
        "purchase_order": estimate.purchase_order,
        "amount": wire.exact(estimate.amount_e2, 2),
        "tax": wire.number(estimate.tax_e4, 4),
        "tax_amount": wire.exact(estimate.tax_amount_e2, 2),
        "tax2": wire.number(estimate.tax2_e4, 4),
        "tax2_amount": wire.exact(estimate.tax2_amount_e2, 2),
        "discount": wire.number(estimate.discount_e4, 4),
        "discount_amount": wire.exact(estimate.discount_amount_e2, 2),
        "subject": estimate.subject,
        "notes": estimate.notes,
        "state": estimate.state.value,
        "issue_date": estimate.issued_on,
        "sent_at": wire.whole_or_none(estimate.sent_at),
        "created_at": wire.whole(estimate.created_at),
        "updated_at": wire.whole(estimate.updated_at),
        "accepted_at": wire.whole_or_none(estimate.accepted_at),
        "declined_at": wire.whole_or_none(estimate.declined_at),
        "currency": estimate.currency,
        "client": {"id": seen.client.id, "name": seen.client.name},
        "creator": {"id": estimate.creator_id, "name": estimate.creator_name},
        "line_items": [
            {
                "id": line.id,
                "kind": line.category,
                "description": line.description,
                "quantity": wire.exact(line.quantity_e4, 4),
                "unit_price": wire.exact(line.unit_price_e4, 4),
                "amount": wire.exact(line.amount_e2, 2),
                "taxed": line.taxed,
                "taxed2": line.taxed2,
            }
            for line in seen.lines
        ],
    }


def _facts(body: ChangeEstimate) -> dict[str, Any]:
    """What was sent, by the fields of `Estimate`."""
    facts = percentages(wire.given(body))
    facts.pop("line_items", None)
    for name in ("purchase_order", "subject", "notes"):
        if name in facts:
            facts[name] = facts[name] or ""
    if "issue_date" in facts:
        facts["issued_on"] = facts.pop("issue_date")
    return facts


_ALL, _ONE, _TAGS = "/v2/estimates", "/v2/estimates/{estimate_id}", ("Estimates",)
_route = partial(Route, show=show, tags=_TAGS)
_OF_ALL, _OF_ONE = at(service.to_manage), at(service.to_manage_one, "estimate_id")
ROUTES = (
    _route("estimates.list", "GET", _ALL, index, key="estimates", paged=True, locate=_OF_ALL, summary="List estimates"),
    _route("estimates.retrieve", "GET", _ONE, retrieve, locate=_OF_ONE, summary="Retrieve an estimate"),
    _route(
        "estimates.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=_OF_ALL,
        writes=True,
        summary="Create an estimate",
    ),
    _route("estimates.update", "PATCH", _ONE, change, locate=_OF_ONE, writes=True, summary="Update an estimate"),
    Route(
        "estimates.delete",
        "DELETE",
        _ONE,
        delete,
        locate=_OF_ONE,
        writes=True,
        summary="Delete an estimate",
        tags=_TAGS,
    ),
)
