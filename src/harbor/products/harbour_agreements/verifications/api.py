"""Verifications on the wire: list, retrieve, delete, redact, and the catalogue."""

from __future__ import annotations

import hashlib
from typing import Any, TypedDict

from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.kernel.http.encode import as_json
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.pages import Page, PageRequest
from harbor.products.harbour_agreements import scopes
from harbor.products.harbour_agreements.engine import service as engine
from harbor.products.harbour_agreements.moments import unix_ms
from harbor.products.harbour_agreements.ordering import parse_order
from harbor.products.harbour_agreements.verifications import catalogue, service
from harbor.products.harbour_agreements.verifications.filters import parse_filter, parse_search
from harbor.products.harbour_agreements.verifications.model import Verification, Wanted
from harbor.products.harbour_agreements.verifications.shown import VerificationBody, show
from harbor.products.harbour_agreements.versions import CURRENT, VERSIONS

ORDER_FIELDS = frozenset(
    {
        "created_at",
        "updated_at",
        "submitted_at",
        "last_status_at",
        "status",
        "result",
        "sub_status",
        "verification_type",
        "verification_subtype",
        "verification_tier",
        "verification_id",
        "agreement_link_id",
    }
)


class ListVerifications(Query, kw_only=True):
    """Which verifications to list, and in which order."""

    search: str | None = None
    verification_metadata: str | None = None
    order_by: str | None = None


class DeletedBody(TypedDict):
    """The receipt of a deletion: Unix milliseconds."""

    verification_id: str
    event_datetime: int


class CatalogueBody(TypedDict):
    """What can be checked, and how much of it each tier and panel covers."""

    verification_types: list[str]
    criminal_tiers: list[dict[str, Any]]
    editions: list[dict[str, Any]]


def of_verification(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The verification in the path."""
    return Place(workspace_id="", thing=service.visible(call, params["verification_id"]))


def index(call: Call, query: ListVerifications, page: PageRequest) -> Page[Verification]:
    """Every check run under the organization, finished or not."""
    order = parse_order(query.order_by, ORDER_FIELDS)
    wanted = Wanted(metadata=parse_filter(query.verification_metadata), search=parse_search(query.search))
    return service.listed(call, wanted, order, page)


def retrieve(place: Place, request: Request) -> Answer:
    """One verification; 304 where the caller has it already."""
    shown = VERSIONS.down(request.version or CURRENT, "verification", dict(show(place.thing)))
    body = as_json(shown, moment=unix_ms, decimal=float)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if tag in (each.strip().removeprefix("W/") for each in (request.header(b"if-none-match") or "").split(",")):
        return Answer(304, None, {"ETag": tag})
    return Answer(200, shown, {"ETag": tag})


def delete(call: Call, place: Place) -> DeletedBody:
    """Erase a verification and its parts."""
    engine.delete(call, place.thing)
    return {"verification_id": place.thing.id, "event_datetime": unix_ms(call.tx.now)}


def redact(call: Call, place: Place) -> Verification:
    """Erase what is personal; the outcome stays."""
    return engine.redact(call, place.thing)


def shown_catalogue() -> dict[str, object]:
    """Types, tiers, coverage and editions."""
    return catalogue.shown()


ONE = "/verifications/{verification_id}"
TAGS = ("Verifications",)
SHOWN: dict[str, Any] = {"show": show, "shows": "verification"}

ROUTES = (
    Route(
        "verifications.list",
        "GET",
        "/verifications",
        index,
        scope=scopes.VERIFICATIONS_READ,
        paged=True,
        summary="List verifications",
        tags=TAGS,
        **SHOWN,
    ),
    Route(
        "verifications.retrieve",
        "GET",
        ONE,
        retrieve,
        scope=scopes.VERIFICATIONS_READ,
        locate=of_verification,
        summary="Get verification",
        tags=TAGS,
        reply=VerificationBody,
    ),
    Route(
        "verifications.delete",
        "DELETE",
        ONE,
        delete,
        scope=scopes.VERIFICATIONS_DELETE,
        locate=of_verification,
        writes=True,
        summary="Delete verification",
        tags=TAGS,
    ),
    Route(
        "verifications.redact",
        "POST",
        f"{ONE}/redact",
        redact,
        scope=scopes.VERIFICATIONS_DELETE,
        locate=of_verification,
        writes=True,
        summary="Erase what is personal of a verification",
        tags=TAGS,
        **SHOWN,
    ),
    Route(
        "verifications.catalogue",
        "GET",
        "/verification-catalogue",
        shown_catalogue,
        scope=scopes.VERIFICATIONS_READ,
        summary="Types, tiers, panels and editions",
        tags=TAGS,
        reply=CatalogueBody,
    ),
)
