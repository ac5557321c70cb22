"""The filters of deliveries: as they stand in an address, and as the selection that lists and bulk replay take."""

from __future__ import annotations

from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form
from harbor.kernel.http.routes import Place
from harbor.kernel.pages import PageRequest
from harbor.kernel.webhooks.model import Subscription
from harbor.products.harbor_events.deliveries.api import ReplayMany
from harbor.products.harbor_events.deliveries.model import Selection
from harbor.products.harbor_events.pages.places import at
from harbor.products.harbor_events.pages.webhook_forms import as_body, whole_number
from harbor.products.harbor_events.webhooks import service as webhooks
from harbor.products.harbor_events.webhooks.view import STATES
from harbor.products.harbor_events.wire import moment_us

_WEBHOOKS_OFFERED_MAX = 100


class Filters(Query):
    """Which deliveries; an empty text is no filter. Moments without an offset are UTC."""

    webhook_id: str = ""
    event_id: str = ""
    event_type: str = ""
    status: str = ""
    response_status: str = ""
    created_after: str = ""
    created_before: str = ""


class FiltersForm(Form):
    """The same filters in a form that is sent."""

    webhook_id: str = ""
    event_id: str = ""
    event_type: str = ""
    status: str = ""
    response_status: str = ""
    created_after: str = ""
    created_before: str = ""


def selection_of(filters: Filters | FiltersForm, workspace_id: str) -> Selection:
    """The selection that the filters name. Raises `Invalid` in the API's words."""
    asked: dict[str, Any] = {**given(filters), "workspace_id": workspace_id}
    if "response_status" in asked:
        asked["response_status"] = whole_number(asked["response_status"])
    wanted = as_body(asked, ReplayMany)
    return Selection(
        workspace_id=workspace_id,
        webhook_id=wanted.webhook_id,
        event_id=wanted.event_id,
        event_type=wanted.event_type,
        states=None if wanted.status is None else (STATES[wanted.status],),
        response_status=wanted.response_status,
        created_after=moment_us(wanted.created_after, "created_after"),
        created_before=moment_us(wanted.created_before, "created_before"),
    )


def given(filters: Filters | FiltersForm) -> dict[str, str]:
    """The filters that say something, as they stand in an address."""
    fields = msgspec.structs.asdict(filters)
    return {name: value.strip() for name, value in fields.items() if value.strip()}


def offered(call: Call, place: Place) -> list[Subscription]:
    """The endpoints of the workspace to choose from, the newest 100."""
    page = webhooks.listed(
        call,
        at(place),
        PageRequest(limit=_WEBHOOKS_OFFERED_MAX),
        status=None,
        created_after=None,
        created_before=None,
        ascending=False,
    )
    return list(page.items)


def options_of(endpoints: list[Subscription], chosen: str) -> list[tuple[str, str]]:
    """Values and labels of the endpoints, and of the chosen one if it is not among them: a deleted one has deliveries."""
    options = [(one.id, one.description or one.url) for one in endpoints]
    return options if not chosen or chosen in dict(options) else [*options, (chosen, chosen)]
