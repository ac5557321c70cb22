"""An organization with Harbour, its key, and a receiver: through the real pipeline, in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from tests.factories import Organization
from tests.harness import Client, House, Reply, open_house
from tests.receiver import Receiver, listening

from harbor.console.product import console_product
from harbor.kernel.blobs import LocalBlobs
from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.http.request import Mount
from harbor.kernel.outbound import OutboundClient, OutboundPolicy
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import migrate
from harbor.products.harbour_agreements.api_keys import service as api_keys
from harbor.products.harbour_agreements.dialect import Manners
from harbor.products.harbour_agreements.engine.api import TOOL
from harbor.products.harbour_agreements.pages import SECTION
from harbor.products.harbour_agreements.product import (
    harbour_areas,
    harbour_kinds,
    harbour_product,
    harbour_providers,
    harbour_webhooks,
)
from harbor.products.harbour_agreements.scopes import ALL
from harbor.products.harbour_agreements.spelling import Spellings

T = TypeVar("T")

# Tests call from these addresses without TLS.
PLAIN = (ip_network("10.0.0.0/8"),)
MANNERS = Manners(public_base_url="https://harbour.test", plain_http_from=PLAIN, rate_limit_per_minute=1_000)
ADA = {"first_name": "Ada", "last_name": "Okafor", "email": "ada@example.com", "ssn": "123-45-6789"}
CONSENT = {
    "text_version": "fcra-2026-01",
    "accepted_at": "2026-05-25T11:58:00Z",
    "ip": "203.0.113.7",
    "user_agent": "Mozilla/5.0",
}
IDENTITY, DRUG = "enhanced_identity_verification", "panel_drug"
CRIMINAL, MOTOR_VEHICLE = "us_criminal_record_check", "motor_vehicle_record"
TIERS = {CRIMINAL: "request_us_criminal_record_check_tier_2", DRUG: "panel 5"}


@dataclass(slots=True)
class Office:
    """One organization at Harbour."""

    house: House
    organization: Organization
    receiver: Receiver
    client: Client

    @property
    def clock(self) -> ManualClock:
        """The calendar."""
        return self.house.clock

    async def write(self, act: Callable[[Call], T]) -> T:
        """The result of `act`, committed."""
        return await self.house.write(self.organization.production, act)

    async def key(self, *, version: str = "2.2", scopes: Any = ALL, **more: Any) -> str:
        """The text of a new key."""
        made = await self.write(lambda call: api_keys.create(call, name="Test", version=version, scopes=scopes, **more))
        return made.secret

    async def caller(self, **about: Any) -> Client:
        """A client with a key of its own."""
        return replace(self.client, headers={"x-api-key": await self.key(**about)})

    async def ask(self, method: str, target: str, *args: Any, **more: Any) -> Reply:
        """The reply to a request of the office's own client."""
        return await self.client.request(method, target, *args, **more)

    async def get(self, target: str) -> Any:
        """The body of a read that succeeds."""
        reply = await self.ask("GET", target)
        assert reply.status == 200, (target, reply.status, reply.body)
        return reply.json()

    async def start(self, type_: str = IDENTITY, *, outcome: str | None = None, **more: Any) -> dict[str, Any]:
        """A new check."""
        body = checked(type_, outcome=outcome, **more)
        reply = await self.ask("POST", "/verifications", body)
        assert reply.status == 201, (reply.status, reply.body)
        return reply.json()  # type: ignore[no-any-return]

    async def submit(self, verification: Mapping[str, Any]) -> dict[str, Any]:
        """The same check, submitted."""
        reply = await self.ask("POST", f"/verifications/{verification['verification_id']}/submit")
        assert reply.status == 200, (reply.status, reply.body)
        return reply.json()  # type: ignore[no-any-return]

    async def webhook(self, path: str = "/hook", **more: Any) -> dict[str, Any]:
        """The receipt of a new webhook to the office's receiver."""
        reply = await self.ask("POST", "/webhooks", {"destination_url": self.receiver.url(path), **more})
        assert reply.status == 201, (reply.status, reply.body)
        return reply.json()  # type: ignore[no-any-return]

    async def later(self, seconds: float) -> None:
        """Time passes, and what is due then is done."""
        self.clock.advance(seconds)
        await self.house.settle()

    async def now(self, verification: Mapping[str, Any]) -> dict[str, Any]:
        """A check as it is now."""
        return await self.get(f"/verifications/{verification['verification_id']}")  # type: ignore[no-any-return]


def checked(type_: str, *, outcome: str | None = None, **more: Any) -> dict[str, Any]:
    """The body that starts a check."""
    metadata = {**more.pop("verification_metadata", {}), **({"sandbox_outcome": outcome} if outcome else {})}
    body = {"verification_type": type_, "applicant": ADA, "consent": CONSENT, "verification_metadata": metadata, **more}
    if type_ in TIERS:
        body.setdefault("verification_tier", TIERS[type_])
    return body


def pairs(**metadata: Any) -> str:
    """The filter of a list for these pairs."""
    return f"verification_metadata={encoded(msgspec.json.encode(metadata).decode())}"


def encoded(text: str) -> str:
    """A text as it stands in a query."""
    return quote(text, safe="")


@asynccontextmanager
async def open_office(
    database: Database,
    clock: ManualClock,
    folder: Path,
    manners: Manners = MANNERS,
    *,
    step_delay_ms: int = 0,
    has_console: bool = False,
) -> AsyncIterator[Office]:
    """An organization with a key; with Harbour's pages in a console, if they are asked for."""
    await migrate(database, harbour_areas(database.engine))
    client = OutboundClient(OutboundPolicy(allow_http=True, allow_cidrs=(ip_network("127.0.0.0/8"),)))
    providers = harbour_providers(sandbox_step_delay_ms=step_delay_ms, client=client)
    product = harbour_product(manners, lambda: micros(clock.now()))
    console = [console_product(database, (SECTION,), version="0.0.0")] if has_console else []
    async with (
        client,
        listening() as receiver,
        open_house(
            database,
            clock,
            folder,
            [product, *console],
            views=[harbour_webhooks("https://console.test/harbour")],
            kinds=lambda call_of: harbour_kinds(call_of, providers),
            tools=lambda _means: {TOOL: providers, "blobs": LocalBlobs(folder / "blobs")},
        ) as house,
    ):
        organization = await house.organization()
        pipeline = Spellings(product, house.services)
        caller = Client(pipeline, {}, Mount(origin="https://desk.test", prefix="/harbour"))
        office = Office(house, organization, receiver, caller)
        office.client = replace(caller, headers={"x-api-key": await office.key()})
        yield office
