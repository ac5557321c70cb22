"""What a webhook is put to: a test ping, how it did, and sending again what it missed."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import Stage
from harbor.kernel.webhooks.model import Subscription
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.events.model import check_payload
from harbor.products.harbor_events.pages import places
from harbor.products.harbor_events.pages.places import at, path_of
from harbor.products.harbor_events.pages.webhook_forms import as_body, json_object
from harbor.products.harbor_events.pages.webhooks import ONE, TRAIL
from harbor.products.harbor_events.webhooks import api, ping, recovery, series
from harbor.products.harbor_events.webhooks.series import Period
from harbor.products.harbor_events.wire import moment_us

NOTICES = {"recovery_started": "What the webhook missed is sent again, oldest first."}


class PingForm(Form):
    """What the test pretends to be."""

    event_type: str = ""
    payload: str = ""


class StatsQuery(Query):
    """How far back."""

    period: Literal["24h", "7d", "30d"] = "24h"


class RecoverForm(Form):
    """Since when, until when, and what."""

    since: str = ""
    until: str = ""
    include: list[str] = msgspec.field(default_factory=list)


async def test(stage: Stage, services: Services) -> Reply:
    """Send a signed test and show its attempt."""
    about: dict[str, Any] = {}

    def begin(call: Call, body: PingForm, place: Place) -> Any:
        about["webhook"] = place.thing
        payload = None
        if body.payload.strip():
            json_object(body.payload, "payload")
            payload = check_payload(msgspec.Raw(body.payload.encode()))
        return ping.begin(
            call,
            place.thing,
            at(place),
            event_type=body.event_type.strip() or None,
            payload=payload,
            owner=services.tools["dispatch.owner"],
        )

    prepared = await stage.first(begin)
    finished = await services.send_webhook(prepared)

    def record(call: Call) -> Html:
        services.record_webhook(call.tx, finished)
        context = {"webhook": about["webhook"], "attempt": finished.attempt, "sent": prepared.body.decode()}
        return Html("webhook_ping.html", "Test ping", context, (*TRAIL, _step_to(about["webhook"])))

    return await stage.last(record)


def statistics(call: Call, place: Place, query: StatsQuery) -> Html:
    """How an endpoint did: success rate and latency over time, deliveries by state."""
    webhook: Subscription = place.thing
    period = Period(query.period)
    found = series.of(call, webhook, period)
    context = {
        "webhook": webhook,
        "overall": found,
        "at_steps": [step.since for step in found.steps],
        "rates": [None if step.success_rate is None else round(step.success_rate * 100, 1) for step in found.steps],
        "medians": [step.p50_ms for step in found.steps],
        "slowest": [step.p95_ms for step in found.steps],
        "period": period.value,
        "attempts_per_step_max": series.ATTEMPTS_PER_STEP_MAX,
        "deliveries_counted_max": series.DELIVERIES_COUNTED_MAX,
    }
    return Html("webhook_stats.html", "Statistics", context, (*TRAIL, _step_to(webhook)))


def missed(call: Call, place: Place) -> Html:
    """The form that sends again what was missed."""
    webhook: Subscription = place.thing
    context = {"webhook": webhook, "last_success_at": series.last_success(call, webhook)}
    return Html("webhook_recover.html", "Recover", context, (*TRAIL, _step_to(webhook)))


def recover(call: Call, place: Place, environment: str, body: RecoverForm) -> Answer:
    """Start the job that sends it again."""
    fields: dict[str, Any] = {"since": body.since.strip(), "until": body.until.strip() or None, "include": body.include}
    wanted = as_body(fields, api.Recover)
    job = recovery.start(
        call,
        place.thing,
        since_us=moment_us(wanted.since, "since") or 0,
        until_us=moment_us(wanted.until, "until"),
        include=wanted.include,
    )
    return go(path_of(environment, at(place), "deliveries", "replays", job.id), done="recovery_started")


def _step_to(webhook: Subscription) -> tuple[str, str]:
    return webhook.description or webhook.url, f"{places.PATH}/webhooks/{webhook.id}"


def _route(name: str, method: str, path: str, handler: Any, **more: Any) -> Route:
    locate = places.of_webhook if method == "GET" else places.writable(places.of_webhook)
    return Route(f"harbor.webhooks.{name}", method, path, handler, locate=locate, scope=scopes.WEBHOOKS_MANAGE, **more)


ROUTES = (
    _route("test", "POST", f"{ONE}/test", test, journey=True, takes=PingForm),
    _route("stats", "GET", f"{ONE}/stats", statistics, read="long"),
    _route("missed", "GET", f"{ONE}/recover", missed),
    _route("recover", "POST", f"{ONE}/recover", recover, writes=True),
)
