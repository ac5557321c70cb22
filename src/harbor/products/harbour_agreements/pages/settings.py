"""What an organization decides for itself: catalogue, time zone, retention, and how its checks are reviewed."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.identity import people_store as people
from harbor.kernel.pages import PageRequest
from harbor.products.harbour_agreements.organizations import service
from harbor.products.harbour_agreements.organizations.model import public_id
from harbor.products.harbour_agreements.pages import places
from harbor.products.harbour_agreements.pages.places import path_of
from harbor.products.harbour_agreements.verifications import catalogue
from harbor.products.harbour_agreements.verifications.catalogue import EDITIONS
from harbor.products.harbour_agreements.verifications.model import Type

NOTICES = {"organization_saved": "The choices of the organization are saved."}
PATH = f"{places.PATH}/settings"
_PEOPLE_MAX = 200


class ChoicesForm(Form, kw_only=True):
    """The choices as they are typed; empty days keep content for ever."""

    catalogue_edition: str = ""
    time_zone: str = "UTC"
    enhanced_identity_verification: str = ""
    us_criminal_record_check: str = ""
    motor_vehicle_record: str = ""
    panel_drug: str = ""
    two_person_reviews: bool = False
    reviewers: list[str] = msgspec.field(default_factory=list)


def show(call: Call) -> Html:
    """The choices, and the catalogue they lead to."""
    organization = service.of_account(call.tx, call.account_id)
    context = {
        "organization_id": public_id(call.account_id),
        "organization": organization,
        "editions": list(EDITIONS),
        "types": [(type_, organization.retention_days.get(type_)) for type_ in Type],
        "people": _people(call),
        "catalogue": catalogue.shown(),
    }
    return Html("settings.html", "Organization", context)


def save(call: Call, environment: str, body: ChoicesForm) -> Answer:
    """Write the choices."""
    present = service.of_account(call.tx, call.account_id)
    known = {id_ for id_, _ in _people(call)}
    changed = replace(
        present,
        catalogue_edition=body.catalogue_edition or None,
        time_zone=body.time_zone.strip() or "UTC",
        retention_days={type_: days for type_ in Type if (days := _days(body, type_)) is not None},
        two_person_reviews=body.two_person_reviews,
        reviewers=[id_ for id_ in body.reviewers if id_ in known],
    )
    service.change(call, changed)
    return go(path_of(environment, "settings"), done="organization_saved")


def _days(form: ChoicesForm, type_: Type) -> int | None:
    text = str(getattr(form, type_.value)).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Invalid("Days are a whole number.", field=type_.value)
    return int(text)


def _people(call: Call) -> list[tuple[str, str]]:
    page = people.newest_first(call.tx, call.principal.organization_id, PageRequest(limit=_PEOPLE_MAX))
    return [(person.id, f"{person.name} ({person.email})") for person in page.items if person.is_active]


ROUTES = (
    Route("harbour.settings.show", "GET", PATH, show, scope=places.MANAGE),
    Route("harbour.settings.save", "POST", PATH, save, scope=places.MANAGE, writes=True),
)
