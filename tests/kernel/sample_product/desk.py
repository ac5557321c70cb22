"""A desk with its clerk, its hooks and a receiver, as the tests of the parcel desk use it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.factories import Organization, make_key
from tests.harness import Client, House, open_house
from tests.kernel.sample_product.product import AREA, COUNTER, DESK, TOOLS, kinds
from tests.kernel.sample_product.view import PLAIN, VIEW
from tests.receiver import Receiver, listening

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import migrate

PAIR = "clerk:a-secret-of-the-desk"
RING: dict[str, object] = {"label": "R1", "recipient": "Ada", "email": "ada@example.com", "note": "a ring"}


@dataclass(slots=True)
class Desk:
    """One clerk at one desk."""

    house: House
    organization: Organization
    client: Client
    receiver: Receiver

    async def take_in(self, **changes: object) -> dict[str, Any]:
        """A parcel on the desk."""
        reply = await self.client.request("POST", "/parcels", {**RING, **changes})
        assert reply.status == 201, reply.body
        return reply.json()  # type: ignore[no-any-return]

    async def hook(self, version: str = "2") -> dict[str, Any]:
        """A hook that was made by a caller of a version."""
        reply = await self.client.request(
            "POST", "/hooks", {"url": self.receiver.url()}, headers={"Desk-Version": version}
        )
        assert reply.status == 201, reply.body
        return reply.json()  # type: ignore[no-any-return]

    async def in_words(self, hook: dict[str, Any]) -> list[tuple[int | None, str]]:
        """Number and state of what a hook was sent, newest first."""
        reply = await self.client.request("GET", f"/hooks/{hook['id']}/sendings")
        return [(each["number"], each["state"]) for each in reply.json()["sendings"]]


@asynccontextmanager
async def open_desk(database: Database, clock: ManualClock, folder: Path) -> AsyncIterator[Desk]:
    """A desk, its clerk, and a receiver for its news."""
    await migrate(database, [AREA])
    async with (
        listening() as receiver,
        open_house(
            database, clock, folder, [DESK, COUNTER], views=[VIEW, PLAIN], kinds=kinds, tools=lambda _: TOOLS
        ) as house,
    ):
        organization = await house.organization()
        await house.write(organization.sandbox, lambda call: make_key(call, secret=PAIR))
        yield Desk(house, organization, house.client("desk", basic(PAIR)), receiver)


def basic(pair: str) -> dict[str, str]:
    """The header of Basic credentials."""
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
