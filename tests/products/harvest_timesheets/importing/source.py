"""A source without a socket: the API of an account, asked as over the network; and what an import of it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.factories import Organization
from tests.harness import House, open_house
from tests.products.harvest_timesheets.office import AREA, NO_LIMITS, Office

from harbor.console.product import console_product
from harbor.kernel.blobs import LocalBlobs
from harbor.kernel.clock import ManualClock, micros, real_now
from harbor.kernel.http.request import Mount
from harbor.kernel.outbound import Outcome
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import migrate
from harbor.products.harvest_timesheets import jobs
from harbor.products.harvest_timesheets.access.callers import Access
from harbor.products.harvest_timesheets.importing.means import Means
from harbor.products.harvest_timesheets.opening import open_account
from harbor.products.harvest_timesheets.pages import SECTION
from harbor.products.harvest_timesheets.product import harvest_product

URL = "https://93.184.216.34/harvest"
Answer = Callable[[str, Mapping[str, str]], Outcome | None]


def outcome(status: int = 200, body: bytes = b"{}", **headers: str) -> Outcome:
    """An answer of a server."""
    return Outcome(started_at=real_now(), duration_ms=1, status=status, body=body, headers=headers)


async def no_pause(_seconds: float) -> None:
    """Waits for nothing."""


@dataclass(slots=True)
class Wire:
    """What stands between an import and its source. `before` may answer in the source's place; `asked` are the addresses."""

    house: House | None = None
    before: Answer = lambda _url, _headers: None
    asked: list[str] = field(default_factory=list)

    async def request(
        self, method: str, url: str, body: bytes | None = None, headers: Any = None, *_: Any, **bounds: Any
    ) -> Outcome:
        """The answer of the account's own API."""
        self.asked.append(url)
        answer = self.before(url, headers)
        if answer is not None:
            return answer
        assert self.house is not None
        parts = urlsplit(url)
        target = parts.path.removeprefix("/harvest") + (f"?{parts.query}" if parts.query else "")
        mount = Mount(prefix="/harvest", origin="https://93.184.216.34")
        client = replace(self.house.client("harvest", headers), mount=mount)
        reply = await client.request(method, target)
        kept: int = bounds["kept_bytes_max"]
        return Outcome(
            started_at=self.house.clock.now(),
            duration_ms=1,
            status=reply.status,
            headers={name.title(): value for name, value in reply.headers.items()},
            body=reply.body[:kept],
            truncated=len(reply.body) > kept,
        )


@dataclass(slots=True, kw_only=True)
class World:
    """A house with two accounts: one to leave, and one to come to."""

    house: House
    wire: Wire
    there: Office
    here: Office
    blobs: LocalBlobs

    async def start(self, **facts: object) -> dict[str, Any]:
        """A new import into the one account from the other, not run yet."""
        asked = {
            "source_url": URL,
            "source_account_id": str(self.there.account),
            "source_token": self.there.opened.token,
            **facts,
        }
        return await self.here.admin.made("/v2/imports", asked)

    async def run(self, **facts: object) -> dict[str, Any]:
        """An import, run to its end."""
        started = await self.start(**facts)
        await self.house.settle()
        return await self.here.admin.got(f"/v2/imports/{started['id']}")


async def open_world(database: Database, clock: ManualClock, folder: Path) -> Any:
    """Two accounts of different organizations in one house; closes with the generator."""
    await migrate(database, [AREA])
    wire, blobs = Wire(), LocalBlobs(folder / "blobs")
    means = Means(client=wire, blobs=blobs, pace=(10**6, 1.0), sleep=no_pause)
    products = [
        harvest_product(Access(database), NO_LIMITS, lambda: micros(clock.now())),
        console_product(database, (SECTION,), version="0.0.0"),
    ]
    async with open_house(
        database,
        clock,
        folder,
        products,
        kinds=lambda call_of: jobs.kinds(call_of, means),
        tools=lambda _means: {"blobs": blobs},
    ) as house:
        wire.house = house
        there, here = await _office(house, "Old Corp", "ada"), await _office(house, "New Corp", "nina")
        yield World(house=house, wire=wire, there=there, here=here, blobs=blobs)


async def _office(house: House, name: str, who: str) -> Office:
    organization: Organization = await house.organization(name)
    opened = await house.write(
        organization.production,
        lambda call: open_account(
            call, name=name, first_name=who.title(), last_name="Admin", email=f"{who}@example.com"
        ),
    )
    return Office(house, organization, opened)
