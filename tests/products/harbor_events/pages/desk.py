"""A desk for tests of pages: a house with the console, one organization, its owner and a member, both signed in."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.console.session import Browser, open_console, sign_in
from tests.factories import Organization
from tests.harness import House, Reply

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import system
from harbor.kernel.identity.people_model import Role
from harbor.kernel.jobs.model import kinds_by_name
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.workspaces.model import Workspace
from harbor.products.harbor_events import jobs

T = TypeVar("T")

# What a page must never show as it is: each closes a text or an attribute in another way. ASCII, so that it fits headers.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</textarea><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
)


@dataclass(slots=True, kw_only=True)
class Desk:
    """One organization as its people see it. `place` is the address of the sandbox's default workspace."""

    house: House
    organization: Organization
    owner: Browser
    member: Browser
    workspace: Workspace

    @property
    def place(self) -> str:
        """The address of the workspace, below the console."""
        return f"/sandbox/harbor/{self.workspace.id}"

    async def write(self, act: Callable[[Call], T]) -> T:
        """The result of `act` in the sandbox, committed."""
        return await self.house.write(self.organization.sandbox, act)

    async def read(self, act: Callable[[Call], T]) -> T:
        """The result of `act` on what is committed."""
        return await self.house.read(self.organization.sandbox, act)

    async def work(self) -> None:
        """Run the jobs that are due."""
        house, mint = self.house, self.house.services.faculties.ids.next

        def call_of(tx: Tx, account_id: str) -> Call:
            account = identity.account(tx, account_id)
            assert account is not None, account_id
            return house.services.call(tx, system(account.id, account.organization_id, account.environment))

        worker = Worker(house.database, kinds_by_name(*jobs.kinds(call_of)), house.clock, mint, chance=lambda: 1.0)
        await worker.run_due(house.clock.now())
        await worker.stop(0)

    async def types(self) -> list[str]:
        """The types of all events of the workspace, oldest first."""

        def look(call: Call) -> list[str]:
            rows = call.tx.rows(
                "SELECT type FROM events WHERE account_id = :account_id ORDER BY id", account_id=call.account_id
            )
            return [row["type"] for row in rows]

        return await self.read(look)


@asynccontextmanager
async def open_desk(database: Database, clock: ManualClock, folder: Path) -> AsyncIterator[Desk]:
    """The desk until the block ends."""
    async with open_console(database, clock, folder) as house:
        organization = await house.organization()
        workspace = await house.read(organization.sandbox, lambda call: call.default_workspace())
        owner = await sign_in(house, organization)
        member = await sign_in(house, organization, role=Role.MEMBER, name="Max Member")
        yield Desk(house=house, organization=organization, owner=owner, member=member, workspace=workspace)


def text_of(reply: Reply) -> str:
    """What a page says: its main part without markup, blanks joined."""
    main = reply.body.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", "<main" + main)).split())


def refusal_of(reply: Reply) -> tuple[int, str, str]:
    """Status, field and sentence of a page that refuses."""
    page = reply.body.decode()
    found = re.search(r'data-error data-code="[^"]*" data-field="([^"]*)" data-status="\d+">(.*?)</p>', page, re.S)
    assert found is not None, (reply.status, page[:2000])
    return reply.status, html.unescape(found[1]), html.unescape(found[2])


def harmless(reply: Reply) -> bool:
    """Whether none of the hostile texts stands in the page as it was given."""
    page = reply.body.decode()
    return not any(text in page for text in HOSTILE if set(text) & set("<\"'"))
