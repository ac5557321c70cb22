"""Parcels on the wire."""

from __future__ import annotations

from typing import Any

from tests.kernel.sample_product import service, store
from tests.kernel.sample_product.hooks import ROUTES as HOOK_ROUTES
from tests.kernel.sample_product.model import Parcel
from tests.kernel.sample_product.view import shown

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import Stage
from harbor.kernel.pages import Page, PageRequest


class TakeIn(OpenBody):
    """A parcel that arrived."""

    label: str
    recipient: str
    email: str | None = None
    note: str | None = None


class Correct(OpenBody):
    """For whom it really is."""

    recipient: str
    note: str | None = None


def of_parcel(call: Call, params: dict[str, str], value: Any) -> Place:
    """The parcel in the path."""
    return Place(workspace_id="", thing=service.visible(call, params["parcel_id"]))


async def weigh(value: Any, services: Services) -> int:
    """The scale takes its time, so it is asked before the transaction."""
    label = value.get("label") if isinstance(value, dict) else None
    weight_g: int = await services.tools["scale"](label)
    return weight_g


def take_in(call: Call, body: TakeIn, prepared: int) -> Created[Parcel]:
    """Put a parcel on the desk."""
    parcel = service.take_in(
        call, label=body.label, recipient=body.recipient, email=body.email, note=body.note, weight_g=prepared
    )
    return Created(parcel, location=f"/parcels/{parcel.id}")


def index(call: Call, page: PageRequest) -> Page[Parcel]:
    """Parcels by number."""
    return store.in_order(call.tx, call.account_id, page)


def retrieve(place: Place) -> Parcel:
    """One parcel."""
    found: Parcel = place.thing
    return found


def correct(call: Call, body: Correct, place: Place) -> Parcel:
    """Change for whom it is."""
    return service.correct(call, place.thing, recipient=body.recipient, note=body.note)


async def announce(stage: Stage, services: Services) -> Reply:
    """Ask the courier for a number: write, outside, write."""
    parcel = await stage.first(lambda call, _body, place: service.begin_announce(call, place.thing))
    tracking = await services.tools["courier"](parcel.label)
    return await stage.last(lambda call: service.end_announce(call, parcel.id, tracking=tracking))


def erase(call: Call, place: Place) -> None:
    """Forget a parcel and its recipient."""
    service.erase(call, place.thing)


_READ, _WRITE = "parcels:read", "parcels:write"
_ONE = "/parcels/{parcel_id}"
_PARCEL: dict[str, Any] = {"show": shown, "shows": "parcel"}
ROUTES = (
    Route(
        "parcels.create", "POST", "/parcels", take_in, scope=_WRITE, writes=True, status=201, prepare=weigh, **_PARCEL
    ),
    Route("parcels.list", "GET", "/parcels", index, scope=_READ, paged=True, key="parcels", **_PARCEL),
    Route("parcels.retrieve", "GET", _ONE, retrieve, scope=(_READ, _WRITE), locate=of_parcel, **_PARCEL),
    Route("parcels.correct", "PATCH", _ONE, correct, scope=_WRITE, locate=of_parcel, writes=True, **_PARCEL),
    Route("parcels.erase", "DELETE", _ONE, erase, scope=_WRITE, locate=of_parcel, writes=True, status=204),
    Route(
        "parcels.announce",
        "POST",
        f"{_ONE}/announce",
        announce,
        scope=_WRITE,
        locate=of_parcel,
        journey=True,
        **_PARCEL,
    ),
    *HOOK_ROUTES,
)
