"""Scopes: which routes each of them opens."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.end_to_end.client import Api
from tests.end_to_end.tenant import Tenant

SCOPES = (
    "events:read",
    "events:write",
    "webhooks:manage",
    "workspaces:read",
    "deliveries:read",
    "deliveries:replay",
    "logs:read",
    "event_types:manage",
)
# Each route of the public API with the scopes that open it, the one of the refusal first. Objects that do not exist are
# asked for: what a key may do is decided before.
ROUTES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/v1/workspaces/ws_00000000000000000000000000"): ("workspaces:read",),
    ("GET", "/v1/workspaces"): ("workspaces:read",),
    ("POST", "/v1/events"): ("events:write",),
    ("POST", "/v1/events/batch"): ("events:write",),
    ("GET", "/v1/events"): ("events:read",),
    ("GET", "/v1/events/evt_00000000000000000000000000"): ("events:read",),
    ("GET", "/v1/events/evt_00000000000000000000000000/deliveries"): ("events:read",),
    ("GET", "/v1/events/stream"): ("events:read",),
    ("POST", "/v1/events/evt_00000000000000000000000000/redeliver"): ("webhooks:manage",),
    ("POST", "/v1/webhooks"): ("webhooks:manage",),
    ("GET", "/v1/webhooks"): ("webhooks:manage",),
    ("GET", "/v1/webhooks/wh_00000000000000000000000000"): ("webhooks:manage",),
    ("PUT", "/v1/webhooks/wh_00000000000000000000000000"): ("webhooks:manage",),
    ("PATCH", "/v1/webhooks/wh_00000000000000000000000000"): ("webhooks:manage",),
    ("DELETE", "/v1/webhooks/wh_00000000000000000000000000"): ("webhooks:manage",),
    ("POST", "/v1/webhooks/wh_00000000000000000000000000/rotate_secret"): ("webhooks:manage",),
    ("POST", "/v1/webhooks/wh_00000000000000000000000000/test"): ("webhooks:manage",),
    ("GET", "/v1/webhooks/wh_00000000000000000000000000/stats"): ("webhooks:manage",),
    ("POST", "/v1/webhooks/wh_00000000000000000000000000/recover"): ("webhooks:manage",),
    ("GET", "/v1/deliveries"): ("webhooks:manage", "deliveries:read"),
    ("GET", "/v1/deliveries/del_00000000000000000000000000"): ("webhooks:manage", "deliveries:read"),
    ("GET", "/v1/deliveries/del_00000000000000000000000000/attempts"): ("webhooks:manage", "deliveries:read"),
    ("POST", "/v1/deliveries/del_00000000000000000000000000/replay"): ("webhooks:manage", "deliveries:replay"),
    ("POST", "/v1/deliveries/del_00000000000000000000000000/retry"): ("webhooks:manage", "deliveries:replay"),
    ("POST", "/v1/deliveries/del_00000000000000000000000000/cancel"): ("webhooks:manage", "deliveries:replay"),
    ("POST", "/v1/deliveries/replay"): ("webhooks:manage", "deliveries:replay"),
    ("GET", "/v1/event_types"): ("events:read", "event_types:manage"),
    ("GET", "/v1/event_types/order.shipped"): ("events:read", "event_types:manage"),
    ("PUT", "/v1/event_types/order.shipped"): ("event_types:manage",),
    ("DELETE", "/v1/event_types/order.shipped"): ("event_types:manage",),
    ("GET", "/v1/request_logs"): ("logs:read",),
    ("GET", "/v1/request_logs/req_00000000000000000000000000"): ("logs:read",),
    ("GET", "/v1/key"): SCOPES,
}
ADMIN_ROUTES = (
    ("GET", "/admin/v1/workspaces"),
    ("POST", "/admin/v1/workspaces"),
    ("GET", "/admin/v1/workspaces/{ws}"),
    ("PUT", "/admin/v1/workspaces/{ws}"),
    ("DELETE", "/admin/v1/workspaces/{ws}"),
    ("POST", "/admin/v1/workspaces/{ws}/suspend"),
    ("POST", "/admin/v1/workspaces/{ws}/activate"),
    ("POST", "/admin/v1/workspaces/{ws}/archive"),
    ("GET", "/admin/v1/workspaces/{ws}/api_keys"),
    ("POST", "/admin/v1/workspaces/{ws}/api_keys"),
    ("GET", "/admin/v1/api_keys/key_00000000000000000000000000"),
    ("PUT", "/admin/v1/api_keys/key_00000000000000000000000000"),
    ("DELETE", "/admin/v1/api_keys/key_00000000000000000000000000"),
    ("POST", "/admin/v1/api_keys/key_00000000000000000000000000/roll"),
    ("GET", "/admin/v1/audit_log"),
    ("GET", "/admin/v1/organization"),
    ("GET", "/admin/v1/deliveries/queue"),
    ("GET", "/admin/v1/clock"),
    ("POST", "/admin/v1/clock/advance"),
)


async def ask(api: Api, method: str, target: str) -> tuple[int, str, str] | None:
    """The refusal of a request for want of a scope; None if it got further."""
    answer = await (
        api.request(method, target, {}) if method in ("POST", "PUT", "PATCH") else api.request(method, target)
    )
    return answer.told if answer.status == 403 else None


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_scope_opens_its_routes_and_no_other(shop: Tenant, scope: str) -> None:
    api = await shop.caller(scopes=[scope])

    for (method, target), opening in ROUTES.items():
        refused = await ask(api, method, target)
        message = f"API key missing required scope: {opening[0]}."
        expected = None if scope in opening else (403, "permission_denied", message)
        assert refused == expected, (method, target)


async def test_a_key_without_a_list_of_scopes_opens_every_route(shop: Tenant) -> None:
    for method, target in ROUTES:
        assert await ask(shop.api, method, target) is None, (method, target)


async def test_an_empty_list_of_scopes_opens_nothing_but_the_key_itself(shop: Tenant) -> None:
    api = await shop.caller(scopes=[])

    opened = [target for method, target in ROUTES if await ask(api, method, target) is None]

    assert opened == ["/v1/key"]


async def test_a_key_of_a_workspace_opens_no_administration(shop: Tenant) -> None:
    for method, target in ADMIN_ROUTES:
        answer = await shop.api.request(method, target.format(ws=shop.workspace_id), {})
        assert (answer.status, answer.error["code"]) == (403, "permission_denied"), (method, target)


@pytest.mark.parametrize("scopes", [["events:*"], ["*"], ["events"], ["keys:manage"], ["workspaces:manage"], [""]])
async def test_what_is_no_scope_of_a_workspace_is_refused(shop: Tenant, scopes: list[str]) -> None:
    answer = await shop.admin.post(
        f"/admin/v1/workspaces/{shop.workspace_id}/api_keys", {"name": "Wild", "scopes": scopes}
    )

    assert (answer.status, answer.error["code"]) == (400, "invalid_request")
    assert answer.error["param"].startswith("scopes")
