"""A whole kernel in memory around a test's database: the real pipeline, dispatcher and worker, without listening sockets.

Nothing runs by itself: a test asks for `dispatcher.run_due()`, `worker.run_due(…)` and `write_behind.flush()`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec
from tests.factories import Organization, make_organization

from harbor.kernel.calendar import Calendar
from harbor.kernel.call import Call, Faculties
from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.cursors import store as cursors
from harbor.kernel.eventlog.model import Positions
from harbor.kernel.eventlog.tail import Tail
from harbor.kernel.http.body import BodyBudget
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.http.product import Product
from harbor.kernel.http.replying import EXTENSIONS
from harbor.kernel.http.request import Mount
from harbor.kernel.http.services import Services
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.callers import Callers
from harbor.kernel.identity.model import system
from harbor.kernel.identity.store import Account
from harbor.kernel.ids import IdMint
from harbor.kernel.jobs.model import JobKind, kinds_by_name
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.mail.delivery import send_kind
from harbor.kernel.metrics import Metrics
from harbor.kernel.outbound import OutboundClient, OutboundPolicy
from harbor.kernel.ratelimit.memory import MemoryRateLimiter
from harbor.kernel.requestlog import store as requestlog
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.vault import Vault
from harbor.kernel.webhooks.dispatch.dispatcher import Dispatcher, Means
from harbor.kernel.webhooks.dispatch.record import Recorder
from harbor.kernel.webhooks.dispatch.send import send
from harbor.kernel.webhooks.subscriptions.directory import Directory
from harbor.kernel.webhooks.view import View, Views
from harbor.kernel.writebehind import WriteBehind

T = TypeVar("T")
CallOf = Callable[[Tx, str], Call]
_OWNER = "test"
_ABSENT: Any = object()
_addresses = count(1)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `headers` has lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The decoded body."""
        return msgspec.json.decode(self.body)


@dataclass(frozen=True, slots=True)
class Client:
    """Requests to one product through its pipeline. Each client calls from an address of its own."""

    pipeline: Pipeline
    headers: Mapping[str, str] = field(default_factory=dict)
    mount: Mount = field(default_factory=lambda: Mount(origin="http://desk.test"))
    address: str = field(default_factory=lambda: f"10.{(n := next(_addresses)) >> 16 & 255}.{n >> 8 & 255}.{n & 255}")

    async def request(
        self,
        method: str,
        target: str,
        json: object = _ABSENT,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        media_type: str | None = "application/json",
    ) -> Reply:
        """The reply to one request. `target` is path and query as they stand on the wire; a stream is cut after a piece."""
        content = body if json is _ABSENT else msgspec.json.encode(json)
        path, _, query = target.partition("?")
        sent = {**self.headers, **(headers or {})}
        if content and media_type is not None:
            sent = {"content-type": media_type, **sent}
        scope: MutableMapping[str, Any] = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("ascii"),
            "query_string": query.encode("ascii"),
            "headers": [(b"host", b"desk.test"), *((k.lower().encode(), v.encode("latin-1")) for k, v in sent.items())],
            "client": (self.address, 50_000),
            "extensions": EXTENSIONS,  # replies come as they go out of the server
        }
        exchange = _Exchange(content)
        await self.pipeline(scope, exchange.receive, exchange.send, str(scope["path"]), self.mount)
        return exchange.reply()


class _Exchange:
    def __init__(self, content: bytes) -> None:
        self._incoming = [{"type": "http.request", "body": content, "more_body": False}]
        self._answered = asyncio.Event()
        self._status = 0
        self._headers: dict[str, str] = {}
        self._pieces: list[bytes] = []

    async def receive(self) -> MutableMapping[str, Any]:
        if self._incoming:
            return self._incoming.pop()
        await self._answered.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert not self._status, "answered twice"
            self._status = message["status"]
            self._headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        if "body" in message:
            self._pieces.append(message["body"])
            self._answered.set()

    def reply(self) -> Reply:
        return Reply(self._status, self._headers, b"".join(self._pieces))


@dataclass(slots=True, kw_only=True)
class House:
    """One process of Harbor as a test sees it."""

    clock: ManualClock
    database: Database
    services: Services
    dispatcher: Dispatcher
    worker: Worker
    write_behind: WriteBehind
    pipelines: Mapping[str, Pipeline]

    def client(self, product: str, headers: Mapping[str, str] | None = None) -> Client:
        """A client of a product with the headers that say who it is."""
        return Client(self.pipelines[product], headers or {})

    async def organization(self, name: str = "Acme", *, is_operator: bool = False) -> Organization:
        """A new organization with its accounts and their default workspaces."""
        return await self.database.write(
            lambda tx: make_organization(tx, self.services.faculties.ids.next, name=name, is_operator=is_operator),
        )

    async def write(self, account: Account, act: Callable[[Call], T]) -> T:
        """The result of `act` in one transaction, done by the platform in an account."""
        return await self.database.write(lambda tx: act(self._call(tx, account)))

    async def read(self, account: Account, act: Callable[[Call], T]) -> T:
        """The result of `act` on what is committed."""
        return await self.database.read(lambda tx: act(self._call(tx, account)))

    async def settle(self) -> None:
        """Run jobs and deliveries that are due now, and write what is kept in memory."""
        await self.worker.run_due(self.clock.now())
        await self.dispatcher.run_due()
        await self.write_behind.flush()

    def _call(self, tx: Tx, account: Account) -> Call:
        return self.services.call(tx, system(account.id, account.organization_id, account.environment))


@asynccontextmanager
async def open_house(
    database: Database,
    clock: ManualClock,
    folder: Path,
    products: Sequence[Product],
    *,
    views: Sequence[View] = (),
    kinds: Callable[[CallOf], Sequence[JobKind]] = lambda _call_of: (),
    tools: Callable[[Means], Mapping[str, Any]] = lambda _means: {},
) -> AsyncIterator[House]:
    """The kernel around a migrated database, with these products; `folder` takes its key and spooled bodies.

    `tools` makes what the products' handlers find in `services.tools` besides the kernel's own.
    """
    ids = IdMint(lambda: micros(clock.now()) // 1000)
    vault = Vault.create(folder / "instance.key")
    directory, known_views = Directory(), Views({view.name: view for view in views})
    faculties = Faculties(ids=ids, positions=Positions(), directory=directory, views=known_views, vault=vault)
    policy = OutboundPolicy(allow_http=True, allow_cidrs=(ip_network("127.0.0.0/8"),))
    client, limiter = OutboundClient(policy), MemoryRateLimiter()

    def call_of(tx: Tx, account_id: str) -> Call:
        account = identity.account(tx, account_id)
        assert account is not None, account_id
        return Call(tx, system(account.id, account.organization_id, account.environment), faculties)

    recorder = Recorder(_OWNER, lambda tx, subscription: call_of(tx, subscription.account_id))
    means = Means(
        database=database,
        client=client,
        directory=directory,
        views=known_views,
        vault=vault,
        limiter=limiter,
        recorder=recorder,
        new_id=ids.next,
        owner=_OWNER,
    )
    dispatcher = Dispatcher(means)
    worker = Worker(database, kinds_by_name(send_kind(None), *kinds(call_of)), clock, ids.next, chance=lambda: 1.0)
    write_behind = WriteBehind(
        database,
        {
            "cursors": cursors.note,
            "requests": requestlog.insert,
            "used": lambda tx, used: identity.touch(tx, {(account, key): at for account, key, at in used}),
        },
    )
    services = Services(
        database=database,
        clock=clock,
        faculties=faculties,
        callers=Callers(database),
        limiter=limiter,
        write_behind=write_behind,
        budget=BodyBudget(folder),
        outbound=policy,
        metrics=Metrics(),
        send_webhook=lambda prepared: send(client, prepared, ids.next),
        record_webhook=lambda tx, finished: recorder.record(tx, [finished]),
        tools={
            "dispatch.owner": _OWNER,
            "tail": Tail(database),
            "calendar": Calendar(clock, database, dispatcher, worker, write_behind),
            **tools(means),
        },
    )
    house = House(
        clock=clock,
        database=database,
        services=services,
        dispatcher=dispatcher,
        worker=worker,
        write_behind=write_behind,
        pipelines={product.name: Pipeline(product, services) for product in products},
    )
    try:
        yield house
    finally:
        services.draining.set()
        await dispatcher.stop(0)
        await worker.stop(0)
        await client.close()
