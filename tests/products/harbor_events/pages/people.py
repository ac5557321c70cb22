"""Who sits at the console: an owner and a member of an organization, and somebody of another one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.console.session import Browser, open_console, sign_in
from tests.factories import Organization
from tests.harness import House

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.identity.people_model import Role
from harbor.kernel.storage.database import Database

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Office:
    """The people, and where everything happens: the sandbox's default workspace."""

    house: House
    organization: Organization
    other: Organization
    owner: Browser
    member: Browser
    stranger: Browser
    workspace_id: str

    @property
    def base(self) -> str:
        """The address of the workspace."""
        return f"/sandbox/harbor/{self.workspace_id}"

    async def write(self, act: Callable[[Call], T]) -> T:
        """The result of `act` in the sandbox."""
        return await self.house.write(self.organization.sandbox, act)

    async def elsewhere(self, act: Callable[[Call], T]) -> T:
        """The result of `act` in the production account."""
        return await self.house.write(self.organization.production, act)

    async def next_door(self, act: Callable[[Call], T]) -> T:
        """The result of `act` in the sandbox of the other organization."""
        return await self.house.write(self.other.sandbox, act)


@asynccontextmanager
async def open_office(database: Database, clock: ManualClock, folder: Path) -> AsyncIterator[Office]:
    """An office in a house of its own."""
    async with open_console(database, clock, folder) as house:
        ours, other = await house.organization(), await house.organization("Other")
        workspace = await house.read(ours.sandbox, lambda call: call.default_workspace())
        yield Office(
            house=house,
            organization=ours,
            other=other,
            owner=await sign_in(house, ours),
            member=await sign_in(house, ours, role=Role.MEMBER, name="Mel"),
            stranger=await sign_in(house, other, name="Sam"),
            workspace_id=workspace.id,
        )
