"""Verifications: the list, one with its timeline, and what administrators may do with it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.products.harbour_agreements.engine import secrets
from harbor.products.harbour_agreements.engine import service as engine
from harbor.products.harbour_agreements.ordering import Order
from harbor.products.harbour_agreements.pages import places
from harbor.products.harbour_agreements.pages.places import Confirmed, path_of
from harbor.products.harbour_agreements.reviews import service as reviews
from harbor.products.harbour_agreements.verifications import service
from harbor.products.harbour_agreements.verifications.filters import parse_search
from harbor.products.harbour_agreements.verifications.model import STARTABLE, Status, Verification, Wanted

NOTICES = {
    "verification_redacted": "What was personal of the check is erased. Its outcome stays.",
    "verification_deleted": "The check is erased, with its parts.",
}
PATH = f"{places.PATH}/verifications"
ONE = f"{PATH}/{{verification_id}}"
TRAIL = (("Verifications", PATH),)


class Listed(places.Numbered, kw_only=True):
    """Which checks to list."""

    search: str = ""
    order: Literal["newest", "oldest", "changed"] = "newest"


_ORDERS = {
    "newest": Order("created_at", True),
    "oldest": Order("created_at", False),
    "changed": Order("updated_at", True),
}


def index(call: Call, query: Listed) -> Html:
    """The checks and their parts, newest first."""
    found = service.listed(call, Wanted(search=parse_search(query.search)), _ORDERS[query.order], query.page)
    context = {
        **places.around(query.page, found),
        "verifications": found.items,
        "search": query.search,
        "order": query.order,
    }
    return Html("verifications.html", "Verifications", context)


def show(call: Call, place: Place) -> Html:
    """One check: how it stands, its timeline, its parts, and what was answered."""
    found: Verification = place.thing
    review = reviews.of(call, found)
    context = {
        "verification": found,
        "log": engine.log_of(call, found),
        "parts": service.parts(call, found),
        "parent": service.visible(call, found.parent_id) if found.parent_id else None,
        "details": _json(found.details),
        "metadata": _json(found.metadata),
        "response": None if found.latest_response is None else _json(found.latest_response),
        "evidence": reviews.evidence_of(call, found),
        "review": review,
        "is_startable": found.type in STARTABLE and found.status is Status.STARTED,
        "answers": secrets.answers_of(call, found.id) if call.principal.has_scope(places.MANAGE) else (),
        "can_manage": call.principal.has_scope(places.MANAGE),
    }
    return Html("verification.html", "Verification", context, TRAIL)


def redact(call: Call, place: Place, environment: str, body: Confirmed) -> Answer:
    """Erase what is personal; the outcome stays."""
    _check(body)
    found = engine.redact(call, place.thing)
    return go(path_of(environment, "verifications", found.id), done="verification_redacted")


def delete(call: Call, place: Place, environment: str, body: Confirmed) -> Answer:
    """Erase a check with its parts."""
    _check(body)
    engine.delete(call, place.thing)
    return go(path_of(environment, "verifications"), done="verification_deleted")


def _check(form: Confirmed) -> None:
    if form.confirm != "yes":
        raise Invalid("Tick the box to confirm; nothing was changed.", field="confirm")


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(dict(value)), indent=2).decode()


def _route(name: str, method: str, path: str, handler: Any, **more: Any) -> Route:
    writes = method == "POST"
    settings: dict[str, Any] = {
        "locate": places.of_verification,
        "scope": places.MANAGE if writes else places.READ,
        "writes": writes,
        **more,
    }
    return Route(f"harbour.verifications.{name}", method, path, handler, **settings)


ROUTES = (
    _route("list", "GET", PATH, index, locate=None),
    _route("show", "GET", ONE, show),
    _route("redact", "POST", f"{ONE}/redact", redact),
    _route("delete", "POST", f"{ONE}/delete", delete),
)
