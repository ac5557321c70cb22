"""Keys of the whole organization: who may make them, what they reach, and that they are no way to more."""

from __future__ import annotations

from typing import Any

import pytest
from tests.end_to_end.client import Api
from tests.end_to_end.tenant import Tenant

KEYS = "/admin/v1/api_keys"


async def _key(admin: Api, scopes: list[str] | None, environment: str = "sandbox") -> dict[str, Any]:
    made = await admin.post(
        KEYS, {"name": "Organization", "scopes": scopes, "environment": environment, "rate_limit": "off"}
    )
    found: dict[str, Any] = made.expect(201)
    assert found["workspace_id"] is None
    assert found["environment"] == environment
    return found


async def test_a_key_of_the_organization_reaches_every_workspace_of_its_environment(shop: Tenant) -> None:
    admin = shop.admin
    key = await _key(admin, None)
    caller = shop.api.having(key["secret"])

    (await caller.get(f"/v1/workspaces/{shop.workspace_id}")).expect(200)
    (await caller.get(f"/v1/events?workspace_id={shop.workspace_id}")).expect(200)
    (await caller.get(KEYS)).expect(200)
    listed = (await admin.get(f"{KEYS}?environment=sandbox")).expect(200)["data"]
    assert key["id"] in [one["id"] for one in listed]
    production = (await admin.post("/admin/v1/workspaces", {"name": "Elsewhere"})).expect(201)
    (await caller.get(f"/v1/workspaces/{production['id']}")).expect(404)
    (await admin.delete(f"{KEYS}/{key['id']}")).expect(204)
    (await caller.get(KEYS)).expect(401)


async def test_a_key_of_the_organization_makes_no_key_that_may_do_more(shop: Tenant) -> None:
    narrow = await _key(shop.admin, ["keys:manage", "workspaces:read"])
    wide = await _key(shop.admin, None)
    caller = shop.api.having(narrow["secret"])

    for scopes in (None, ["workspaces:manage"]):
        refused = (await caller.post(KEYS, {"name": "More", "scopes": scopes})).expect(403)
        assert refused["error"]["code"] == "permission_denied"
    (await caller.post(f"{KEYS}/{wide['id']}/roll", {})).expect(403)
    (await caller.put(f"{KEYS}/{wide['id']}", {"name": "Mine"})).expect(403)
    (await caller.put(f"{KEYS}/{narrow['id']}", {"scopes": None})).expect(403)
    (await caller.post(KEYS, {"name": "Less", "scopes": ["workspaces:read"]})).expect(201)


async def test_a_key_of_one_workspace_makes_no_keys(shop: Tenant) -> None:
    (await shop.api.get(KEYS)).expect(403)
    (await shop.api.post(KEYS, {"name": "Mine"})).expect(403)


@pytest.mark.parametrize("environment", ["production", "sandbox"])
async def test_scopes_for_administration_are_for_keys_of_the_organization(shop: Tenant, environment: str) -> None:
    made = await _key(shop.admin, ["keys:manage", "workspaces:manage"], environment)

    assert made["scopes"] == ["keys:manage", "workspaces:manage"]
    path = f"/admin/v1/workspaces/{shop.workspace_id}/api_keys"
    refused = (await shop.admin.post(path, {"name": "Own", "scopes": ["keys:manage"]})).expect(400)
    assert refused["error"]["param"] == "scopes"
