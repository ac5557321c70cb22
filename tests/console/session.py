"""A person who is signed in to the console: a house with the console in it, and a browser that keeps cookie and token.

async with open_console(database, clock, tmp_path) as house:
    ada = await sign_in(house, await house.organization())
    page = await ada.get("/sandbox/harbor/ws_.../events")
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.factories import Organization
from tests.harness import Client, House, Reply, open_house

from harbor.app import SECTIONS
from harbor.app.harvest import AREA as HARVEST_AREA
from harbor.console.cookies import form_token
from harbor.console.forms import MEDIA_TYPE, TOKEN_FIELD
from harbor.console.product import console_product
from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.http.page import Section
from harbor.kernel.identity import people, sessions_store
from harbor.kernel.identity.passwords import PasswordWorkers
from harbor.kernel.identity.people_model import Person, Role
from harbor.kernel.identity.secrets import digest
from harbor.kernel.identity.sessions_model import SESSION_LIFETIME, Session, mint_session_secret
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.ratelimit.memory import MemoryRateLimiter
from harbor.kernel.ratelimit.rules import Rule
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.storage.migrate import Area
from harbor.products.harbor_events.limits import Limits
from harbor.products.harbor_events.product import harbor_product
from harbor.products.harbor_events.webhooks.view import harbor_view
from harbor.products.harbour_agreements.product import harbour_areas, harbour_webhooks
from harbor.products.harper_tables.product import harper_area

BASE = "/console"
_RULE = Rule(quota=100_000, window_s=60, burst=100_000)
_LIMITS = Limits(production=_RULE, sandbox=_RULE, refusals=_RULE)
_DELETE_GRACE_DAYS = 7
_BOUNDARY = "----harbor-test"
_people = count(1)

Fields = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Browser:
    """One browser: what it asks for goes out with the cookie, what it posts with the token of its pages too.

    Paths may be written with or without the console's prefix, so that a link or a redirect can be followed as it stands.
    """

    client: Client
    person: Person | None = None
    session: Session | None = None
    secret: str = field(default="", repr=False)

    @property
    def token(self) -> str:
        """The token of the forms of this session."""
        return form_token(self.secret)

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Reply:
        """A page."""
        return await self.client.request("GET", below(path), headers=self._sent(headers))

    async def post(
        self,
        path: str,
        fields: Fields = (),
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> Reply:
        """What a form leads to. `token` replaces the right one; the empty text leaves it out. `files` makes it multipart."""
        pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
        shown = self.token if token is None else token
        if shown:
            pairs.append((TOKEN_FIELD, shown))
        body, media_type = urlencode(pairs).encode(), MEDIA_TYPE
        if files is not None:
            body, media_type = multipart(pairs, files), f'multipart/form-data; boundary="{_BOUNDARY}"'
        return await self.client.request(
            "POST", below(path), body=body, media_type=media_type, headers=self._sent(headers)
        )

    async def follow(self, reply: Reply) -> Reply:
        """The page that a redirect leads to."""
        assert reply.status == 303, (reply.status, reply.body[:500])
        return await self.get(reply.headers["location"])

    def _sent(self, headers: Mapping[str, str] | None) -> dict[str, str]:
        cookie = {"cookie": f"harbor_session={self.secret}"} if self.secret else {}
        return {**cookie, **(headers or {})}


def areas(engine: str) -> tuple[Area, ...]:
    """The tables that the sections read on any page, or on pages of their own."""
    return (harper_area(engine), HARVEST_AREA, *harbour_areas(engine))


def multipart(pairs: Iterable[tuple[str, str]], files: Mapping[str, tuple[str, bytes]]) -> bytes:
    """A body as browsers send it: texts first, then files by their names and bytes."""
    texts = [(f'name="{name}"', value.encode()) for name, value in pairs]
    blobs = [
        (f'name="{name}"; filename="{file}"\r\nContent-Type: application/octet-stream', data)
        for name, (file, data) in files.items()
    ]
    mark = f"--{_BOUNDARY}".encode()
    made = [
        mark + b"\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + data
        for head, data in (*texts, *blobs)
    ]
    return b"\r\n".join([*made, mark + b"--\r\n"])


@asynccontextmanager
async def open_console(
    database: Database,
    clock: ManualClock,
    folder: Path,
    *,
    sections: tuple[Section, ...] = SECTIONS,
    tools: Mapping[str, Any] | None = None,
) -> AsyncIterator[House]:
    """A house with Harbor's API and the console over it; `tools` joins what its handlers find in `services.tools`."""
    passwords = PasswordWorkers()
    products = [
        harbor_product(_LIMITS, lambda: micros(clock.now())),
        console_product(database, sections, version="0.0.0"),
    ]
    given = {
        "passwords": passwords,
        "sign_in_throttle": SignInThrottle(MemoryRateLimiter()),
        "delete_grace_days": _DELETE_GRACE_DAYS,
        **(tools or {}),
    }
    async with open_house(
        database, clock, folder, products, views=[harbor_view(), harbour_webhooks()], tools=lambda _means: given
    ) as house:
        yield house


async def sign_in(
    house: House,
    organization: Organization,
    *,
    role: Role = Role.OWNER,
    name: str = "Ada Lovelace",
    email: str | None = None,
    password_hash: str | None = None,
    client: str = "Firefox on Linux",
) -> Browser:
    """A new person of the organization, signed in."""
    address = email or f"person{next(_people)}@example.com"
    ids = house.services.faculties.ids.next

    def add(tx: Tx) -> Person:
        return people.add(
            tx,
            ids,
            organization_id=organization.id,
            email=address,
            name=name,
            role=role,
            password_hash=password_hash,
        )

    return await another_session(house, await house.database.write(add), client=client)


async def another_session(
    house: House, person: Person, *, client: str = "Firefox on Linux", lifetime: timedelta = SESSION_LIFETIME
) -> Browser:
    """A new session of a person who is there already."""
    secret = mint_session_secret()
    now = house.clock.now()
    session = Session(
        id=house.services.faculties.ids.next("ses_"),
        person_id=person.id,
        client=client,
        created_at=now,
        expires_at=now + lifetime,
        revoked_at=None,
    )
    await house.database.write(lambda tx: sessions_store.insert(tx, session, digest(secret)))
    return Browser(house.client("console"), person, session, secret)


def stranger(house: House) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(house.client("console"))


def below(path: str) -> str:
    """The path below the console's prefix."""
    return path.removeprefix(BASE) or "/"
