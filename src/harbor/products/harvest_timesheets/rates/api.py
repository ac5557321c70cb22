"""Rates of people on the wire: the same routes for what is billed and for what it costs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import TypedDict

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.paging import Listed, part_of
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.rates import service
from harbor.products.harvest_timesheets.rates.model import Rate, RateKind
from harbor.products.harvest_timesheets.users import service as users
from harbor.products.harvest_timesheets.users.model import User


class RateBody(TypedDict):
    """A rate and the days it is in force; null is open."""

    id: int
    amount: float
    start_date: date | None
    end_date: date | None
    created_at: datetime
    updated_at: datetime


class AddRate(OpenBody):
    """A new rate. Without a start it replaces all others."""

    amount: Decimal
    start_date: date | None = None


def show(rate: Rate) -> RateBody:
    """The fields of a rate."""
    return {
        "id": rate.id,
        "amount": wire.exact(rate.amount_e4, 4),
        "start_date": rate.start_on,
        "end_date": rate.end_on,
        "created_at": wire.whole(rate.created_at),
        "updated_at": wire.whole(rate.updated_at),
    }


def create(call: Call, kind: RateKind, body: AddRate, place: Place) -> Created[Rate]:
    """A new rate of a person, who shows it."""
    amount_e4 = wire.units(body.amount, 4, field="amount")
    assert amount_e4 is not None
    rate = service.add(call, kind, place.thing.id, amount_e4=amount_e4, start_on=body.start_date)
    users.rates_changed(call, place.thing)
    return Created(rate)


def _routes(kind: RateKind) -> tuple[Route, ...]:
    def may(call: Call, user_id: int) -> User:
        return users.to_see_rates(call, kind, user_id)

    def one(call: Call, user_id: int, rate_id: int) -> Rate:
        found = users.find(call, user_id)
        rate = service.find(call, kind, found.id, rate_id)
        may(call, user_id)
        return rate

    def index(call: Call, page: PageRequest, place: Place) -> Listed[Rate]:
        """Rates of a person, by their start."""
        return part_of(service.of_user(call, kind, place.thing.id), page, lambda rate: rate.id)

    def retrieve(place: Place) -> Rate:
        """One rate."""
        found: Rate = place.thing
        return found

    def add(call: Call, body: AddRate, place: Place) -> Created[Rate]:
        """A new rate: from a day on, or without one for all time."""
        return create(call, kind, body, place)

    name, tags = f"{kind}_rates", (f"{kind.value.capitalize()} rates",)
    all_, one_ = f"/v2/users/{{user_id}}/{name}", f"/v2/users/{{user_id}}/{name}/{{rate_id}}"
    route = partial(Route, show=show, tags=tags)
    return (
        route(
            f"{name}.list",
            "GET",
            all_,
            index,
            key=name,
            paged=True,
            locate=at(may, "user_id"),
            summary=f"List the {kind} rates of a user",
        ),
        route(
            f"{name}.retrieve",
            "GET",
            one_,
            retrieve,
            locate=at(one, "user_id", "rate_id"),
            summary=f"Retrieve a {kind} rate",
        ),
        route(
            f"{name}.create",
            "POST",
            all_,
            add,
            status=201,
            locate=at(may, "user_id"),
            writes=True,
            summary=f"Create a {kind} rate",
        ),
    )


ROUTES = (*_routes(RateKind.BILLABLE), *_routes(RateKind.COST))
