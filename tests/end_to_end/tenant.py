"""One workspace of one test, with its callers and the things it makes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from tests.end_to_end.client import Api
from tests.end_to_end.server import Server

T = TypeVar("T")

WAIT_S_MAX = 15.0
HOUR_S = 3_600
DAY_S = 24 * HOUR_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A workspace: `api` holds an unrestricted key of it without a rate limit, `admin` the root key."""

    server: Server
    admin: Api
    api: Api
    workspace_id: str

    async def key(self, **fields: Any) -> dict[str, Any]:
        """A new key of this workspace, with its secret."""
        made: dict[str, Any] = (await self.admin.post(_keys(self.workspace_id), {"name": "Test", **fields})).expect(201)
        return made

    async def caller(self, **fields: Any) -> Api:
        """A caller with a new key of this workspace; without a rate limit unless one is named."""
        return self.api.having((await self.key(**{"rate_limit": "off", **fields}))["secret"])

    async def webhook(self, url: str, events: Sequence[str] = ("*",), **fields: Any) -> dict[str, Any]:
        """A new endpoint, with its secret."""
        body = {"workspace_id": self.workspace_id, "url": url, "events": list(events), **fields}
        made: dict[str, Any] = (await self.api.post("/v1/webhooks", body)).expect(201)
        return made

    def body(self, type: str = "order.shipped", payload: object = None) -> dict[str, Any]:
        """The body of a request for an event."""
        return {
            "workspace_id": self.workspace_id,
            "type": type,
            "payload": {"order_id": "ord_77"} if payload is None else payload,
        }

    async def event(self, type: str = "order.shipped", payload: object = None, **more: Any) -> dict[str, Any]:
        """A new event."""
        made: dict[str, Any] = (await self.api.post("/v1/events", self.body(type, payload), **more)).expect(201)
        return made

    async def items(self, target: str, *, after: str | None = None) -> list[dict[str, Any]]:
        """All items of a list, page by page, behind the one that `after` names; `target` may have a query."""
        return await all_items(self.api, target, after=after)

    async def deliveries(self, event_id: str) -> list[dict[str, Any]]:
        """The deliveries of an event, newest first."""
        return await self.items(f"/v1/events/{event_id}/deliveries")

    async def delivery(self, delivery_id: str) -> dict[str, Any]:
        """One delivery with its attempts."""
        found: dict[str, Any] = (await self.api.get(f"/v1/deliveries/{delivery_id}")).expect(200)
        return found

    async def attempts(self, delivery_id: str) -> list[dict[str, Any]]:
        """All attempts of a delivery, oldest first."""
        return await self.items(f"/v1/deliveries/{delivery_id}/attempts")

    async def settled(self, event_id: str, status: str = "delivered") -> dict[str, Any]:
        """The one delivery of an event, once it has this status."""

        async def look() -> dict[str, Any] | None:
            (found,) = await self.deliveries(event_id)
            return found if found["status"] == status else None

        return await eventually(look, f"the delivery of {event_id} is {status}")

    async def suspend(self, reason: str = "manual") -> None:
        """Suspend the workspace."""
        (await self.admin.post(f"/admin/v1/workspaces/{self.workspace_id}/suspend", {"reason": reason})).expect(200)

    async def activate(self) -> None:
        """Make the workspace active again."""
        (await self.admin.post(f"/admin/v1/workspaces/{self.workspace_id}/activate")).expect(200)

    async def advance(self, seconds: float) -> datetime:
        """Move the manual calendar; what was due on the way has run when this returns."""
        moved = (await self.admin.post("/admin/v1/clock/advance", {"seconds": seconds})).expect(200)
        return moment(moved["now"])

    async def now(self) -> datetime:
        """The server's calendar."""
        return moment((await self.admin.get("/admin/v1/clock")).expect(200)["now"])


async def all_items(api: Api, target: str, *, after: str | None = None) -> list[dict[str, Any]]:
    """All items of a list, page by page, behind the one that `after` names; `target` may have a query."""
    items: list[dict[str, Any]] = []
    cursor = after
    while True:
        more = "" if cursor is None else f"{'&' if '?' in target else '?'}starting_after={cursor}"
        page = (await api.get(target + more)).expect(200)
        items += page["data"]
        if not page["has_more"]:
            return items
        cursor = page["end_cursor"]


async def new_tenant(server: Server, admin: Api, *, environment: str = "sandbox") -> Tenant:
    """A new workspace of a server, with an unrestricted key."""
    made = (await admin.post("/admin/v1/workspaces", {"name": "Shop", "environment": environment})).expect(201)
    key = (await admin.post(_keys(made["id"]), {"name": "Whole", "rate_limit": "off"})).expect(201)
    return Tenant(server=server, admin=admin, api=admin.having(key["secret"]), workspace_id=made["id"])


async def close(tenant: Tenant) -> None:
    """Cancel what is outstanding, so that nothing of this test is sent while another one runs."""
    (await tenant.admin.post(f"/admin/v1/workspaces/{tenant.workspace_id}/archive")).expect(200)


async def eventually(look: Callable[[], Awaitable[T | None]], claim: str, *, wait_s: float = WAIT_S_MAX) -> T:
    """What `look` finds, as soon as it finds something that is true."""
    until = time.monotonic() + wait_s
    while not (found := await look()):
        assert time.monotonic() < until, f"not within {wait_s:g} s: {claim}"
        await asyncio.sleep(0.02)
    return found


def moment(text: str) -> datetime:
    """A moment of the wire."""
    return datetime.fromisoformat(text)


def _keys(workspace_id: str) -> str:
    return f"/admin/v1/workspaces/{workspace_id}/api_keys"
