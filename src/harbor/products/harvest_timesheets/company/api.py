"""The company on the wire."""

from __future__ import annotations

from typing import TypedDict
from urllib.parse import urlsplit

from msgspec import UNSET, UnsetType

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.routes import Place, Route
from harbor.products.harvest_timesheets.company import service
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.places import at


class CompanyBody(TypedDict):
    """The company as it is shown."""

    base_uri: str
    full_domain: str
    name: str
    is_active: bool
    week_start_day: str
    wants_timestamp_timers: bool
    time_format: str
    date_format: str
    plan_type: str
    expense_feature: bool
    invoice_feature: bool
    estimate_feature: bool
    team_feature: bool
    approval_feature: bool
    weekly_capacity: int
    clock: str
    currency: str
    currency_code_display: str
    currency_symbol_display: str
    decimal_symbol: str
    thousands_separator: str
    color_scheme: str


class ChangeCompany(OpenBody):
    """What may change; everything else is ignored. `weekly_capacity` is in seconds."""

    wants_timestamp_timers: bool | UnsetType = UNSET
    weekly_capacity: int | UnsetType = UNSET


def retrieve(place: Place) -> Company:
    """The company of the account."""
    found: Company = place.thing
    return found


def change(call: Call, body: ChangeCompany, place: Place) -> Company:
    """Change its timers or the capacity of a week."""
    return service.change(
        call,
        place.thing,
        wants_timestamp_timers=body.wants_timestamp_timers,
        weekly_capacity_s=body.weekly_capacity,
    )


def show(company: Company, call: Call) -> CompanyBody:
    """The fields of a company. Its address is the one it was reached at."""
    return {
        "base_uri": call.base_url,
        "full_domain": urlsplit(call.base_url).netloc,
        "name": company.name,
        "is_active": company.is_active,
        "week_start_day": company.week_start_day,
        "wants_timestamp_timers": company.wants_timestamp_timers,
        "time_format": company.time_format,
        "date_format": company.date_format,
        "plan_type": company.plan_type,
        "expense_feature": company.expense_feature,
        "invoice_feature": company.invoice_feature,
        "estimate_feature": company.estimate_feature,
        "team_feature": company.team_feature,
        "approval_feature": company.approval_feature,
        "weekly_capacity": company.weekly_capacity_s,
        "clock": company.clock,
        "currency": company.currency,
        "currency_code_display": company.currency_code_display,
        "currency_symbol_display": company.currency_symbol_display,
        "decimal_symbol": company.decimal_symbol,
        "thousands_separator": company.thousands_separator,
        "color_scheme": company.color_scheme,
    }


_PATH, _TAGS = "/v2/company", ("Company",)
ROUTES = (
    Route(
        "company.retrieve",
        "GET",
        _PATH,
        retrieve,
        show=show,
        locate=at(service.to_read),
        summary="Retrieve the company",
        tags=_TAGS,
    ),
    Route(
        "company.update",
        "PATCH",
        _PATH,
        change,
        show=show,
        locate=at(service.to_change),
        writes=True,
        summary="Update the company",
        tags=_TAGS,
    ),
    # The vendor's overview prints this verb beside the other.
    Route(
        "company.update_by_post",
        "POST",
        _PATH,
        change,
        show=show,
        locate=at(service.to_change),
        writes=True,
        summary="Update the company",
        tags=_TAGS,
    ),
)
