"""A product of a few odd routes: the ways through the pipeline and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
from tests.factories import Organization, make_key
from tests.harness import Client, House, open_house

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock, iso_ms
from harbor.kernel.errors import Conflict, HarborError, Kind, Missing, Unauthenticated
from harbor.kernel.eventlog.store import page as page_of_events
from harbor.kernel.http.decode import Body, Query
from harbor.kernel.http.dialect import Dialect
from harbor.kernel.http.pagestyles import Cursor
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.product import Product
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Answer, Created, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage, Stage
from harbor.kernel.identity.model import Principal
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.ratelimit.rules import Rule, Verdict
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.guard import inside

SECRET = "tiny-secret"
STATUS = {
    Kind.UNAUTHENTICATED: 401,
    Kind.DENIED: 403,
    Kind.MISSING: 404,
    Kind.INVALID: 400,
    Kind.UNSUPPORTED: 415,
    Kind.CONFLICT: 409,
    Kind.LIMITED: 429,
    Kind.TOO_LARGE: 413,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}


async def authenticate(request: Request, find: Callable[[str], Awaitable[Principal | None]]) -> Principal:
    principal = await find(request.header(b"x-key") or "")
    if principal is None:
        raise Unauthenticated("Who are you?")
    return principal


def error(error: HarborError, request: Request) -> Reply:
    status = 405 if error.code == "method_not_allowed" else STATUS[error.kind]
    body = {"code": error.code, "message": error.message, "field": error.field}
    return Reply(status, msgspec.json.encode(body), {"X-Route": request.route_name})


def limit_headers(verdict: Verdict) -> Mapping[str, str]:
    return {"X-Left": str(verdict.remaining)}


class Thing(Body):
    name: str
    refuse: bool = False


class Which(Query):
    colour: str | None = None


def add(call: Call, body: Thing) -> Created[dict[str, Any]]:
    event = call.emit("harvest.thing.created", subject=body.name, data={"name": body.name})
    if body.refuse:
        raise Conflict("Such a thing cannot be.")
    return Created({"id": event.id, "name": body.name}, location=f"/things/{event.id}")


def index(call: Call, page: PageRequest, query: Which) -> Page[dict[str, Any]]:
    found = page_of_events(call.tx, call.account_id, call.default_workspace().id, page)
    return Page(tuple({"id": each.id, "at": each.created_at} for each in found.items), more=found.more)


def retrieve(thing_id: str) -> dict[str, str]:
    return {"id": thing_id}


def boom() -> None:
    raise RuntimeError("a secret of the house")


def ping() -> Answer:
    return Answer(202, {"pong": True}, {"X-Ping": "1"})


def small() -> dict[str, str]:
    return {}


def nothing() -> None:
    return None


async def prepare(request: Request, value: Any, services: Services, thing_id: str) -> dict[str, Any]:
    assert not inside.work, "prepared outside any transaction"
    if thing_id == "nobody":
        raise Missing("There is nobody.")
    return {"thing": thing_id, "value": value, "method": request.method, "has_services": services is not None}


def prepared(prepared: dict[str, Any]) -> dict[str, Any]:
    return prepared


def located(call: Call, params: dict[str, str], value: Any) -> Place:
    if params["thing_id"] == "absent":
        raise Missing("There is no such thing.")
    return Place(workspace_id="", thing=params["thing_id"])


def change(place: Place, body: Thing) -> dict[str, str]:
    return {"id": place.thing, "name": body.name}


async def travel(stage: Stage, services: Services) -> Reply:
    def first(call: Call, body: Any, place: Place) -> str:
        call.emit("harvest.travel.began", subject="t", data={})
        return body.name if body else "nobody"

    name = await stage.first(first)
    await services.tools["abroad"](name)
    return await stage.last(lambda call: call.emit("harvest.travel.ended", subject="t", data={"name": name}).payload)


async def peek(stage: RawStage, query: Which) -> Reply:
    place = await stage.read(lambda call, supply: [call.default_workspace().is_default, supply["query"].colour])
    return Reply(200, msgspec.json.encode(place))


async def poke(stage: RawStage) -> Reply:
    received = await stage.receive()
    event = await stage.write(lambda call, _: call.emit("harvest.poke.made", subject="p", data={}).type)
    return Reply(200, msgspec.json.encode({"type": event, "bytes": len(received["body"])}))


async def stream() -> Stream:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"first "
        await asyncio.Event().wait()

    return Stream(200, {"Content-Type": "text/plain"}, pieces())


def show(value: Any) -> Any:
    return {"shown": value} if isinstance(value, str) else value


READ, WRITE = "things:read", "things:write"
ROUTES = (
    Route("things.add", "POST", "/things", add, show=show, scope=WRITE, writes=True, status=201),
    Route("things.list", "GET", "/things", index, scope=READ, paged=True),
    Route("things.retrieve", "GET", "/things/{thing_id}", retrieve, scope=(READ, WRITE)),
    Route("things.change", "PATCH", "/things/{thing_id}", change, scope=WRITE, locate=located, writes=True),
    Route("things.boom", "GET", "/boom", boom),
    Route("things.ping", "GET", "/ping", ping, auth="none"),
    Route("things.say", "POST", "/say", lambda body: {"said": body.name}, auth="none", writes=True, takes=Thing),
    Route("things.nothing", "DELETE", "/things/{thing_id}", nothing, scope=WRITE, writes=True),
    Route("things.prepared", "POST", "/prepared/{thing_id}", prepared, prepare=prepare, takes=None),
    Route("things.small", "POST", "/small", small, writes=True, body_bytes_max=100),
    Route("things.travel", "POST", "/travel", travel, scope=WRITE, journey=True, takes=Thing, show=show),
    Route("things.peek", "GET", "/peek", peek, scope=READ, raw=True),
    Route("things.poke", "POST", "/poke", poke, scope=WRITE, raw=True),
    Route("things.stream", "GET", "/stream", stream, raw=True),
    Route("things.report", "GET", "/report", lambda: {"inside": inside.work}, read="long"),
)
RULE = Rule(quota=1_000, window_s=60)
DIALECT = Dialect(
    name="tiny",
    authenticate=authenticate,
    error=error,
    page=Cursor(size=2, size_max=10),
    moment=iso_ms,
    limit=lambda request, principal: ((f"{principal.account_id}:tiny", RULE),),
    limit_headers=limit_headers,
    refusal_limit=lambda request: (f"refused:{request.client}", Rule(quota=3, window_s=60)),
    headers=lambda request: {"X-Request": request.request_id},
    accepts_media_type=lambda value: value is None or value.partition(";")[0] == "application/json",
    allows_idempotency=True,
)
TINY = Product(name="tiny", title="Tiny", description="", version="1", dialect=DIALECT, routes=ROUTES)


@dataclass(slots=True)
class Tiny:
    """The product, one caller who may do everything, and what it meets abroad."""

    house: House
    organization: Organization
    client: Client
    abroad: list[str] = field(default_factory=list)
    # Whoever travels waits for this, and fails if told so.
    border: asyncio.Event = field(default_factory=asyncio.Event)
    fails: bool = False

    async def go_abroad(self, name: str) -> None:
        """What happens between the two writes of a journey."""
        self.abroad.append(name)
        await self.border.wait()
        if self.fails:
            raise RuntimeError("lost abroad")

    async def key(self, scopes: Sequence[str] | None = None, **more: Any) -> Client:
        """Another caller, with these scopes only."""
        made = await self.house.write(
            self.organization.sandbox, lambda call: make_key(call, scopes=scopes, secret=None, **more)
        )
        return self.house.client("tiny", {"X-Key": made.secret})

    async def types(self) -> list[str]:
        """The types of all events of the account, oldest first."""

        def look(call: Call) -> list[str]:
            rows = call.tx.rows("SELECT type FROM events WHERE account_id = :id ORDER BY id", id=call.account_id)
            return [row["type"] for row in rows]

        return await self.house.read(self.organization.sandbox, look)


@asynccontextmanager
async def open_tiny(database: Database, clock: ManualClock, folder: Path, **changes: Any) -> AsyncIterator[Tiny]:
    """The product in a house. `changes` are the dialect's."""
    product = replace(TINY, dialect=replace(DIALECT, **changes))
    opened: list[Tiny] = []

    async def abroad(name: str) -> None:
        await opened[0].go_abroad(name)

    async with open_house(database, clock, folder, [product], tools=lambda _: {"abroad": abroad}) as house:
        organization = await house.organization()
        await house.write(organization.sandbox, lambda call: make_key(call, secret=SECRET))
        tiny = Tiny(house, organization, house.client("tiny", {"X-Key": SECRET}))
        tiny.border.set()
        opened.append(tiny)
        yield tiny
