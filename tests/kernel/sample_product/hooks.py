"""Hooks: where a desk's news go. Paused ones hold what happens meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.kernel.sample_product.dialect import version_of
from tests.kernel.sample_product.view import NAME, WORDS

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.errors import Missing
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.model import Delivery, Ordering, SecretKept, Standing, Subscription
from harbor.kernel.webhooks.parking import store as parking
from harbor.kernel.webhooks.subscriptions import keys, store

STEP_ROWS = 1_000


class AddHook(OpenBody):
    """Where to, and the secret to sign with."""

    url: str
    secret: str = "desk"


def of_hook(call: Call, params: dict[str, str], value: Any) -> Place:
    """The hook in the path."""
    found = store.find(call.tx, call.account_id, params["hook_id"])
    if found is None or found.view != NAME:
        raise Missing(f"There is no hook {params['hook_id']}.")
    return Place(workspace_id="", thing=found)


def add(call: Call, body: AddHook, request: Request) -> Created[Subscription]:
    """Register a hook; it keeps the version it was made with."""
    made = Subscription(
        id=call.new_id("wh_"),
        account_id=call.account_id,
        workspace_id=call.default_workspace().id,
        view=NAME,
        subject=None,
        url=body.url,
        entries=("harper.parcel.*",),
        filter=None,
        description=None,
        metadata={},
        sealed_headers=None,
        rate_limit=None,
        ordering=Ordering.STRICT,
        signature_format="hex",
        pinned_version=version_of(request, call.principal),
        sealed_secrets=keys.seal_secrets(call.vault, call.account_id, [SecretKept(text=body.secret, expires_at=None)]),
        status=Standing.ACTIVE,
        disabled_reason=None,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, made)
    call.subscriptions_changed()
    return Created(made)


def retrieve(place: Place) -> Subscription:
    """One hook."""
    found: Subscription = place.thing
    return found


def pause(call: Call, place: Place) -> Subscription:
    """Hold what is outstanding and what comes."""
    return _stand(call, place.thing, Standing.DISABLED)


def resume(call: Call, place: Place) -> Subscription:
    """Let go of what was held."""
    return _stand(call, place.thing, Standing.ACTIVE)


def sendings(call: Call, page: PageRequest, place: Place) -> Page[Delivery]:
    """The deliveries of a hook."""
    hook: Subscription = place.thing
    everything = PageRequest(limit=STEP_ROWS)
    found = deliveries.newest_first(
        call.tx, call.account_id, everything, workspace_id=hook.workspace_id, view=NAME, subscription_id=hook.id
    )
    return Page(found.items[page.offset : page.offset + page.limit], total=len(found.items))


def show(hook: Subscription) -> dict[str, Any]:
    """The fields of a hook."""
    return {
        "id": hook.id,
        "url": hook.url,
        "version": hook.pinned_version,
        "is_paused": hook.status is not Standing.ACTIVE,
    }


def show_sending(delivery: Delivery) -> dict[str, Any]:
    """The fields of a delivery, in the desk's words."""
    return {"id": delivery.id, "number": delivery.sequence, "type": delivery.event_type, "state": WORDS[delivery.state]}


def _stand(call: Call, hook: Subscription, status: Standing) -> Subscription:
    changed = replace(hook, status=status, updated_at=call.tx.now)
    store.put(call.tx, changed)
    call.subscriptions_changed()
    if status is Standing.ACTIVE:
        hold_for = call.views.of(hook).hold_for
        assert hold_for is not None
        before_us = micros(call.tx.now - hold_for)
        parking.skip_held(call.tx, call.account_id, hook.id, STEP_ROWS, created_before_us=before_us)
        parking.release_subscription(call.tx, call.account_id, hook.id, STEP_ROWS)
    return changed


_ONE = "/hooks/{hook_id}"
ROUTES = (
    Route("hooks.add", "POST", "/hooks", add, show=show, scope="hooks", writes=True, status=201),
    Route("hooks.retrieve", "GET", _ONE, retrieve, show=show, scope="hooks", locate=of_hook),
    Route("hooks.pause", "POST", f"{_ONE}/pause", pause, show=show, scope="hooks", locate=of_hook, writes=True),
    Route("hooks.resume", "POST", f"{_ONE}/resume", resume, show=show, scope="hooks", locate=of_hook, writes=True),
    Route(
        "hooks.sendings",
        "GET",
        f"{_ONE}/sendings",
        sendings,
        show=show_sending,
        scope="hooks",
        locate=of_hook,
        paged=True,
        key="sendings",
    ),
)
