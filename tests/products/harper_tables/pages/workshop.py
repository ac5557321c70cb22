"""The console over Harper as people see it, and what a test reads of its pages."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

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
from harbor.products.harper_tables import jobs
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.records import api
from harbor.products.harper_tables.rights import EverythingAllowed, User

T = TypeVar("T")
BASE = "/sandbox/harper"
DOG = f"{BASE}/databases/data/tables/dog"
_DOGS = [
    {"id": 1, "name": "Rex", "age": 3, "owner": {"name": "Ada", "city": "Bern"}},
    {"id": 2, "name": "Fido", "age": 7},
    {"id": "2", "name": "Fido's shadow", "tags": ["small", "dark"]},
]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the console: its main part as text, and what its tags say."""

    status: int
    main: str

    @property
    def text(self) -> str:
        """What is read, blanks joined."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.main)).split())

    @property
    def rows(self) -> list[str]:
        """Where the rows of its tables lead."""
        return [html.unescape(each) for each in re.findall(r'<tr data-href="([^"]*)"', self.main)]

    @property
    def refusal(self) -> tuple[str, str]:
        """The field and the sentence of a refusal."""
        found = re.search(r'data-field="([^"]*)" data-status="\d+">(.*?)</p>', self.main, re.DOTALL)
        assert found is not None, self.text
        return html.unescape(found[1]), html.unescape(found[2])

    def value_of(self, name: str) -> str:
        """What a field holds."""
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', self.main) or re.search(
            rf'<textarea[^>]*name="{name}"[^>]*>\n?(.*?)</textarea>', self.main, re.DOTALL
        )
        assert found is not None, (name, self.text)
        return html.unescape(found[1])

    def ticked(self, name: str) -> set[str]:
        """The values of the boxes of a name that are ticked."""
        boxes = re.findall(rf'<input type="checkbox" name="{name}" value="([^"]*)"([^>]*)>', self.main)
        return {html.unescape(value) for value, rest in boxes if rest.endswith(" checked")}


@dataclass(frozen=True, slots=True)
class Workshop:
    """One organization's Harper in the sandbox, and who sits before the console."""

    house: House
    organization: Organization
    owner: Browser
    member: Browser
    stranger: Browser

    async def page(self, path: str, *, at: Browser | None = None, status: int = 200) -> Page:
        """A page below the section, or of a whole path."""
        reply = await (at or self.owner).get(path if path.startswith("/") else f"{BASE}/{path}")
        return page_of(reply, status)

    async def post(
        self, path: str, fields: Mapping[str, str] | Iterable[tuple[str, str]] = (), *, status: int = 200
    ) -> Page:
        """The page that a form leads to, or that refuses it."""
        reply = await self.owner.post(path if path.startswith("/") else f"{BASE}/{path}", fields)
        if reply.status == 303:
            reply = await self.owner.follow(reply)
        return page_of(reply, status)

    async def do(self, operation: Callable[..., T], *more: Any, **values: Any) -> T:
        """What an operation answers a super user of the sandbox."""

        def act(call: Call) -> T:
            call.principal = User(
                account_id=call.account_id,
                organization_id=self.organization.id,
                environment=call.principal.environment,
                actor="mira",
                username="mira",
                rights=EverythingAllowed(),
            )
            return operation(call, Fields(values), *more)

        return await self.house.write(self.organization.sandbox, act)

    async def dogs(self, records: list[dict[str, Any]] | None = None) -> None:
        """A table of three dogs."""
        await self.post("databases/~new-table", {"table": "dog", "primary_key": "id", "audit": "true"})
        await self.do(api.insert, table="dog", records=_DOGS if records is None else records)

    async def work(self) -> None:
        """Run the jobs that are due."""
        house = self.house

        def call_of(tx: Tx, account_id: str) -> Call:
            account = identity.account(tx, account_id)
            assert account is not None, account_id
            return house.services.call(tx, system(account.id, account.organization_id, account.environment))

        kinds = kinds_by_name(*jobs.kinds(call_of))
        worker = Worker(house.database, kinds, house.clock, house.services.faculties.ids.next, chance=lambda: 1.0)
        await worker.run_due(house.clock.now())
        await worker.stop(0)


@asynccontextmanager
async def open_workshop(database: Database, clock: ManualClock, folder: Path) -> AsyncIterator[Workshop]:
    """The workshop until the block ends."""
    async with open_console(database, clock, folder) as house:
        ours, other = await house.organization(is_operator=True), await house.organization("Other")
        yield Workshop(
            house=house,
            organization=ours,
            owner=await sign_in(house, ours),
            member=await sign_in(house, ours, role=Role.MEMBER, name="Max Member"),
            stranger=await sign_in(house, other),
        )


def page_of(reply: Reply, status: int = 200) -> Page:
    """The page of a reply."""
    page = reply.body.decode()
    main = page.partition("<main")[2].partition("</main>")[0]
    assert reply.status == status, (reply.status, reply.headers, main[:3000])
    return Page(reply.status, "<main" + main)
