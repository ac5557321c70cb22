"""The signature debugger: headers, body and secret of a delivery that a receiver refused, and which check fails.

What is pasted is looked at and forgotten: it stands in the body of a form, which is neither kept nor logged, and the
secret does not even come back in the page.
"""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.clock import real_now
from harbor.kernel.errors import Invalid, Missing
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html
from harbor.kernel.http.routes import Place, Route
from harbor.kernel.ids import is_readable
from harbor.kernel.webhooks.model import Subscription
from harbor.kernel.webhooks.subscriptions import keys
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.deliveries import service as deliveries
from harbor.products.harbor_events.pages import places, rules
from harbor.products.harbor_events.pages.delivery_filters import offered, options_of
from harbor.products.harbor_events.pages.places import at
from harbor.products.harbor_events.pages.rules import Diagnosis, Known
from harbor.products.harbor_events.refusals import not_found
from harbor.products.harbor_events.webhooks import service as webhooks
from harbor.products.harbor_events.wire import moment_of

PATH = f"{places.PATH}/debugger"
TEXT_LENGTH_MAX = 300_000


class Prefilled(Query):
    """An endpoint that is chosen already, and the delivery it is about."""

    webhook_id: str = ""
    delivery_id: str = ""


class DebugForm(Form):
    """What a receiver got. `received_at` is when, else now; a secret goes before the endpoint's own ones."""

    headers: str = ""
    body: str = ""
    secret: str = ""
    webhook_id: str = ""
    received_at: str = ""


def ask(call: Call, place: Place, query: Prefilled) -> Html:
    """The form, with what is known already."""
    named = {"harbor-delivery-id": query.delivery_id}
    headers = f"Harbor-Delivery-Id: {query.delivery_id}\n" if _sent(call, place, named) is not None else ""
    return _page(call, place, DebugForm(webhook_id=query.webhook_id, headers=headers), None)


def examine(call: Call, place: Place, body: DebugForm) -> Html:
    """Which check fails, and why."""
    for field in ("headers", "body"):
        if len(getattr(body, field)) > TEXT_LENGTH_MAX:
            raise Invalid(f"{field} has more than {TEXT_LENGTH_MAX} characters.", field=field)
    headers = rules.headers_of(body.headers)
    if not headers:
        raise Invalid("headers must be lines like Harbor-Timestamp: 1779710401.", field="headers")
    webhook = _webhook(call, place, body.webhook_id) if body.webhook_id else None
    if body.secret:
        secrets = [Known(text=body.secret, label="the pasted secret")]
    elif webhook is not None:
        secrets = _secrets_of(call, webhook)
    else:
        raise Invalid("Paste the endpoint's secret, or choose the endpoint.", field="secret")
    now = moment_of(body.received_at.strip(), "received_at") if body.received_at.strip() else real_now()
    found = rules.examine(headers, body.body, secrets, now=now.timestamp(), sent=_sent(call, place, headers))
    if webhook is not None and body.secret:
        found = _second_look(call, webhook, body, headers, now.timestamp(), found)
    return _page(call, place, body, found)


def _second_look(
    call: Call, webhook: Subscription, body: DebugForm, headers: dict[str, str], now: float, found: Diagnosis
) -> Diagnosis:
    """With both a secret and an endpoint: what the pasted secret is to the endpoint."""
    if found.cause not in (rules.Cause.WRONG_SECRET, rules.Cause.SECRET, rules.Cause.GOOD, rules.Cause.TIME):
        return found
    known = _secrets_of(call, webhook)
    mine = next((one for one in known if one.text == body.secret), None)
    if mine is not None and not mine.is_current:
        text = f"The pasted secret is {mine.label}, which the endpoint no longer uses."
        return Diagnosis(
            cause=rules.Cause.OLD_SECRET,
            text=text,
            remedy="Give the receiver the current secret.",
            findings=found.findings,
        )
    if mine is None and rules.examine(headers, body.body, known, now=now).cause in (rules.Cause.GOOD, rules.Cause.TIME):
        return Diagnosis(
            cause=rules.Cause.WRONG_SECRET,
            text="The delivery was signed with this endpoint's secret. The pasted one is another.",
            remedy="Give the receiver this endpoint's secret. If nobody has it any more, rotate it.",
            findings=found.findings,
        )
    return found


def _page(call: Call, place: Place, form: DebugForm, found: Diagnosis | None) -> Html:
    context = {"form": form, "found": found, "endpoint_options": options_of(offered(call, place), form.webhook_id)}
    return Html("debugger.html", "Signature debugger", context)


def _webhook(call: Call, place: Place, webhook_id: str) -> Subscription:
    webhook = webhooks.visible(call, webhook_id)
    if webhook.workspace_id != at(place).id:
        raise not_found("webhook", webhook_id)
    return webhook


def _secrets_of(call: Call, webhook: Subscription) -> list[Known]:
    """The endpoint's secrets, the current one first; those past their grace are kept until the next rotation."""
    kept = keys.open_secrets(call.vault, call.account_id, webhook.sealed_secrets)
    valid = keys.valid_at(kept, call.tx.now)
    labels = ["the endpoint's current secret"] + ["an older secret of the endpoint"] * (len(kept) - 1)
    return [Known(text=one.text, label=label, is_current=one in valid) for one, label in zip(kept, labels, strict=True)]


def _sent(call: Call, place: Place, headers: dict[str, str]) -> str | None:
    """The body that left with the delivery the headers name, if it is one of this workspace."""
    delivery_id = headers.get("harbor-delivery-id", "")
    if not is_readable(delivery_id, "del_"):
        return None
    try:
        delivery = deliveries.visible(call, delivery_id)
    except Missing:
        return None
    return deliveries.request_body(call, delivery) if delivery.workspace_id == at(place).id else None


ROUTES = (
    Route("harbor.debugger.ask", "GET", PATH, ask, locate=places.of_workspace, scope=scopes.WEBHOOKS_MANAGE),
    # It changes nothing; it is a POST so that what is pasted stands in no address.
    Route("harbor.debugger.examine", "POST", PATH, examine, locate=places.of_workspace, scope=scopes.WEBHOOKS_MANAGE),
)
