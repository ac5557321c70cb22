"""An account of Harvest as tests use it: an administrator's client, and things made through the API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from tests.factories import Organization
from tests.harness import Client, House, Reply, open_house

from harbor.console.product import console_product
from harbor.kernel.blobs import LocalBlobs
from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import Area, migrate
from harbor.products import harvest_timesheets
from harbor.products.harvest_timesheets import jobs
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.callers import Access
from harbor.products.harvest_timesheets.limits import Limits
from harbor.products.harvest_timesheets.opening import Opened, open_account
from harbor.products.harvest_timesheets.pages import SECTION
from harbor.products.harvest_timesheets.product import harvest_product

T = TypeVar("T")
Json = dict[str, Any]
AREA = Area("harvest_timesheets", Path(harvest_timesheets.__file__).parent / "migrations")
NO_LIMITS = Limits(general=None, reports=None)
AGENT = {"User-Agent": "Office (office@example.com)"}
_names = count(1)


@dataclass(slots=True)
class Office:
    """One account. `admin` is its administrator's client."""

    house: House
    organization: Organization
    opened: Opened
    admin: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.admin = self.desk(self.opened.token)

    @property
    def account(self) -> int:
        """The account's number on the wire."""
        return self.opened.company.number

    def desk(self, token: str) -> Desk:
        """A client with a token, in this account."""
        headers = {**AGENT, "Authorization": f"Bearer {token}", "Harvest-Account-Id": str(self.account)}
        return Desk(self.house.client("harvest", headers))

    async def write(self, act: Callable[[Call], T]) -> T:
        """The result of `act` in one transaction, done by the platform."""
        return await self.house.write(self.organization.production, act)

    async def read(self, act: Callable[[Call], T]) -> T:
        """The result of `act` on what is committed."""
        return await self.house.read(self.organization.production, act)

    async def person(self, *access_roles: str, **facts: object) -> Person:
        """A person with these access roles, and their client."""
        number = next(_names)
        made = await self.admin.made(
            "/v2/users",
            {
                "first_name": f"Person{number}",
                "last_name": "Example",
                "email": f"person{number}@example.com",
                "access_roles": list(access_roles) or ["member"],
                **facts,
            },
        )
        token = await self.token(made["id"])
        return Person(made["id"], made, self.desk(token))

    async def token(self, user_id: int) -> str:
        """A new personal access token of a person."""
        return await self.write(lambda call: access.mint(call, user_id=user_id, name="Test")[1])

    async def client(self, **facts: object) -> Json:
        """A client."""
        return await self.admin.made("/v2/clients", {"name": f"Client {next(_names)}", **facts})

    async def task(self, **facts: object) -> Json:
        """A task."""
        return await self.admin.made("/v2/tasks", {"name": f"Task {next(_names)}", **facts})

    async def project(self, **facts: object) -> Json:
        """A project of a new client, billable by people, without a budget, unless `facts` say otherwise."""
        if "client_id" not in facts:
            facts["client_id"] = (await self.client())["id"]
        plain: Json = {
            "name": f"Project {next(_names)}",
            "is_billable": True,
            "bill_by": "People",
            "budget_by": "none",
        }
        return await self.admin.made("/v2/projects", {**plain, **facts})


@dataclass(frozen=True, slots=True)
class Desk:
    """What somebody does with the API."""

    client: Client

    async def ask(
        self, method: str, target: str, body: object = None, *, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """The reply to a request, whatever it is."""
        if body is None:
            return await self.client.request(method, target, headers=headers)
        return await self.client.request(method, target, body, headers=headers)

    async def got(self, target: str) -> Json:
        """What is there."""
        return _expect(await self.ask("GET", target), 200)

    async def made(self, target: str, body: object) -> Json:
        """What was made."""
        return _expect(await self.ask("POST", target, body), 201)

    async def changed(self, target: str, body: object = None) -> Json:
        """What was changed."""
        return _expect(await self.ask("PATCH", target, body), 200)

    async def deleted(self, target: str) -> None:
        """Delete it."""
        assert _expect(await self.ask("DELETE", target), 200) == {}

    async def refused(self, method: str, target: str, body: object = None) -> tuple[int, str]:
        """Status and message of a refusal."""
        reply = await self.ask(method, target, body)
        assert reply.status >= 400, reply.body
        return reply.status, reply.json().get("message", "")


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the account and their client."""

    id: int
    shown: Json
    desk: Desk


def _expect(reply: Reply, status: int) -> Json:
    assert reply.status == status, (reply.status, reply.body)
    found: Json = reply.json()
    return found


@asynccontextmanager
async def open_office(
    database: Database, clock: ManualClock, folder: Path, *, limits: Limits = NO_LIMITS, has_console: bool = False
) -> AsyncIterator[Office]:
    """An account in a kernel of its own; with its pages in a console, if they are asked for."""
    await migrate(database, [AREA])
    products = [harvest_product(Access(database), limits, lambda: micros(clock.now()))]
    if has_console:
        products.append(console_product(database, (SECTION,), version="0.0.0"))
    blobs = LocalBlobs(folder / "blobs")
    async with open_house(
        database, clock, folder, products, kinds=jobs.kinds, tools=lambda _means: {"blobs": blobs}
    ) as house:
        organization = await house.organization()
        opened = await house.write(
            organization.production,
            lambda call: open_account(
                call, name="ABC Corp", first_name="Ada", last_name="Admin", email="ada@example.com"
            ),
        )
        yield Office(house, organization, opened)
