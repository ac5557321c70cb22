"""The form of a webhook endpoint: from what was typed to the body the API takes, so that both refuse in the same words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from harbor.kernel import strict
from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http import decode
from harbor.kernel.http.page import Form
from harbor.kernel.pages import ALWAYS, PageRequest
from harbor.kernel.webhooks.model import Subscription
from harbor.kernel.workspaces.model import Workspace
from harbor.products.harbor_events.event_types import service as event_types
from harbor.products.harbor_events.events import service as events
from harbor.products.harbor_events.webhooks.api import CreateWebhook, UpdateWebhook
from harbor.products.harbor_events.webhooks.service import Changes

T = TypeVar("T")

# What the platform itself tells of a workspace's deliveries. Source: docs/products/harbor.md#operational-events.
OPERATIONAL = ("harbor.delivery.failed", "harbor.webhook.failing", "harbor.webhook.disabled")
_TYPES_SUGGESTED_MAX = 40
_EVENTS_LOOKED_AT = 20


class WebhookForm(Form):
    """An endpoint as it is typed: lists and maps are lines."""

    url: str = ""
    events: list[str] = msgspec.field(default_factory=list)
    more_events: str = ""
    description: str = ""
    filter: str = ""
    headers: str = ""
    removes_headers: bool = False
    metadata: str = ""
    rate_limit: str = ""
    ordering: str = "none"
    signature_format: str = "timestamped"
    secret: str = ""


def created(form: WebhookForm, workspace: Workspace) -> CreateWebhook:
    """The body of a new endpoint. Raises `Invalid` as the API does."""
    body = {**_common(form), "workspace_id": workspace.id, "secret": form.secret.strip() or None}
    body["headers"] = _pairs(form.headers, "headers")
    return as_body(body, CreateWebhook)


def changed(form: WebhookForm) -> Changes:
    """The changes of an endpoint. Its own headers stay when none are typed: their values are never shown."""
    body = _common(form)
    if form.headers.strip():
        body["headers"] = _pairs(form.headers, "headers")
    elif form.removes_headers:
        body["headers"] = {}
    update = as_body(body, UpdateWebhook)
    return Changes(**{name: getattr(update, name) for name in UpdateWebhook.__struct_fields__})


def as_body(fields: Mapping[str, Any], type_: type[T]) -> T:
    """A body of the API made of these fields. Raises `Invalid` in the API's words."""
    return decode.body(msgspec.json.encode(fields), type_)


def whole_number(text: str) -> int | str:
    """Digits as a number; anything else as it is, for the body's own refusal."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else text


def json_object(text: str, field: str) -> Any:
    """The JSON value that was typed. Raises `Invalid` that names the field."""
    try:
        return strict.check(text.encode("utf-8", "surrogatepass"))
    except Invalid as refused:
        raise Invalid(refused.message.replace("The body", field, 1), field=field) from None


def typed(subscription: Subscription) -> WebhookForm:
    """The form of an endpoint that is there."""
    return WebhookForm(
        url=subscription.url,
        events=list(subscription.entries),
        description=subscription.description or "",
        filter=_pretty(subscription.filter),
        metadata="\n".join(f"{name}: {value}" for name, value in subscription.metadata.items()),
        rate_limit="" if subscription.rate_limit is None else str(subscription.rate_limit),
        ordering=subscription.ordering.value,
        signature_format=subscription.signature_format,
    )


def suggestions(call: Call, workspace: Workspace) -> list[str]:
    """Types to choose from: the catalogue's, those of the latest events, and the platform's own."""
    catalogue = event_types.listed(call, workspace, PageRequest(limit=_TYPES_SUGGESTED_MAX), ALWAYS)
    latest = events.listed(
        call,
        workspace,
        PageRequest(limit=_EVENTS_LOOKED_AT),
        types=(),
        created_after=None,
        created_before=None,
        ascending=False,
    )
    own = [type_.name for type_ in catalogue.items] + [event.type for event in latest.items]
    return ["*", *sorted(set(own))[:_TYPES_SUGGESTED_MAX], *OPERATIONAL]


def _common(form: WebhookForm) -> dict[str, Any]:
    return {
        "url": form.url.strip(),
        "events": [*filter(None, form.events), *form.more_events.replace(",", " ").split()],
        "description": form.description.strip() or None,
        "filter": json_object(form.filter, "filter") if form.filter.strip() else None,
        "metadata": _pairs(form.metadata, "metadata"),
        "rate_limit": whole_number(form.rate_limit) if form.rate_limit.strip() else None,
        "ordering": form.ordering,
        "signature_format": form.signature_format,
    }


def _pairs(text: str, field: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for number, name, value in _lines(text, field):
        if name in pairs:
            raise Invalid(f"{field}: line {number} names {name[:100]} a second time.", field=field)
        pairs[name] = value
    return pairs


def _lines(text: str, field: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            name, colon, value = line.partition(":")
            if not colon:
                raise Invalid(f"{field}: line {number} must be a name, a colon and a value.", field=field)
            yield number, name.strip(), value.strip()


def _pretty(text: str | None) -> str:
    return "" if text is None else msgspec.json.format(text, indent=2)
