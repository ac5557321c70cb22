"""What a key reaches, whatever the path is spelled like; and what one caller may take from the others."""

from __future__ import annotations

import pytest
from tests.end_to_end.tenant import Tenant

SPELLINGS = ["//admin/v1/workspaces", "///admin/v1/workspaces", "/%2fadmin/v1/workspaces", "//v1/key"]


@pytest.mark.parametrize("path", SPELLINGS)
async def test_a_path_with_slashes_before_it_is_no_way_around_a_check(shop: Tenant, path: str) -> None:
    refused = await shop.api.get(path)

    assert refused.told[:2] == (404, "route_not_found")
    made = await shop.api.post(path.replace("workspaces", "api_keys"), {"name": "Everything"})
    assert made.status == 404


async def test_a_workspace_key_under_admin_is_refused_like_any_other_and_counts_in_its_limit(shop: Tenant) -> None:
    caller = shop.api.having((await shop.key(rate_limit="60:5"))["secret"])

    statuses = [(await caller.get("/admin/v1/workspaces")).status for _ in range(6)]

    assert statuses == [403] * 5 + [429]


async def test_a_head_of_the_stream_is_only_its_head(shop: Tenant) -> None:
    answer = await shop.api.request("HEAD", f"/v1/events/stream?workspace_id={shop.workspace_id}")

    assert answer.status == 200
    assert answer.body == b""


async def test_a_page_of_large_events_is_closed_early_and_goes_on(shop: Tenant) -> None:
    made = [(await shop.event(payload={"text": "x" * 250_000}))["id"] for _ in range(20)]

    first = (await shop.api.get(f"/v1/events?workspace_id={shop.workspace_id}&limit=100")).expect(200)

    assert first["has_more"] is True
    assert 1 <= len(first["data"]) < 20
    found = [event["id"] for event in await shop.items(f"/v1/events?workspace_id={shop.workspace_id}&limit=100")]
    assert found == made[::-1]
