"""An installation of AppHarbor with people in two organizations, through the real pipeline, on both engines."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import AreasOf
from tests.factories import Organization
from tests.harness import Client, House, Reply, open_house

from harbor.kernel.blobs.local import LocalBlobs
from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.http.request import Mount
from harbor.kernel.identity import people
from harbor.kernel.identity.passwords import PasswordWorkers, hash_password
from harbor.kernel.identity.people_model import Person, Role
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import migrate
from harbor.products.appharbor_apps.access import service as access_service
from harbor.products.appharbor_apps.access.callers import Access
from harbor.products.appharbor_apps.builder.port import Built, Task
from harbor.products.appharbor_apps.builds.following import Changes
from harbor.products.appharbor_apps.deploys.port import Deployed, Order, Say
from harbor.products.appharbor_apps.edge import AppHarborPipeline
from harbor.products.appharbor_apps.git.api import Git
from harbor.products.appharbor_apps.git.backend import Backend
from harbor.products.appharbor_apps.git.repositories import PUSH_BYTES_MAX, Repositories
from harbor.products.appharbor_apps.jobs import Works, kinds
from harbor.products.appharbor_apps.logs.book import Book
from harbor.products.appharbor_apps.product import AREA, appharbor_product
from harbor.products.appharbor_apps.service_hooks.view import appharbor_view
from harbor.products.appharbor_apps.setup import Setup
from harbor.products.appharbor_apps.test_results.model import Group

BASE = "https://harbor.example.test"
PASSWORD = "the tide waits for nobody"
MOUNT = Mount(origin=BASE)


@dataclass(slots=True)
class Developer:
    """A person with a token and a client that sends it."""

    person: Person
    organization: Organization
    token: str
    client: Client

    async def ask(self, method: str, target: str, json: Any = ..., **more: Any) -> Reply:
        """The reply to a request of this person."""
        body = {} if json is ... else {"json": json}
        return await self.client.request(method, target, **body, **more)

    async def get(self, target: str) -> Any:
        """The body of a GET that succeeds."""
        reply = await self.ask("GET", target)
        assert reply.status == 200, (reply.status, reply.body)
        return reply.json()

    async def create(self, target: str, json: Any) -> str:
        """The last segment of the address of what was made."""
        reply = await self.ask("POST", target, json)
        assert reply.status == 201, (reply.status, reply.body)
        return reply.headers["location"].rpartition("/")[2]


@dataclass(slots=True)
class Harbor:
    """The installation; `ada` owns what she makes, `grace` is in another organization."""

    house: House
    setup: Setup
    book: Book
    ada: Developer
    grace: Developer
    blobs: LocalBlobs
    builder: MadeUpBuilder
    deployer: MadeUpDeployer
    repositories: Repositories

    async def work(self) -> None:
        """Run all jobs that are due, also those that come of them."""
        for _ in range(10):
            await self.house.worker.run_due(self.house.clock.now())

    def client(self, headers: Mapping[str, str] | None = None) -> Client:
        """Somebody without a token."""
        return Client(self.house.pipelines["appharbor"], headers or {}, mount=MOUNT)

    async def application(self, name: str = "Tide Tables", **fields: Any) -> str:
        """The slug of a new application of Ada's."""
        return await self.ada.create("/applications", {"name": name, **fields})

    async def act(self, developer: Developer, act: Any) -> Any:
        """The result of `act(call)` in one transaction, done by a person."""

        def run(tx: Any) -> Any:
            principal = access_service.resolve_person(tx, developer.person.id)
            return act(self.house.services.call(tx, principal, base_url=BASE))

        return await self.house.database.write(run)

    async def inside(self, slug: str, act: Any) -> Any:
        """The result of `act(call, application)`, done by the platform in the application's account."""
        from harbor.products.appharbor_apps.applications import service as applications
        from harbor.products.appharbor_apps.applications.model import Right

        return await self.act(self.ada, lambda call: act(*applications.require(call, slug, Right.READ)))

    async def collaborator(self, slug: str, role: str = "collaborator") -> str:
        """Grace on the application; the id of the membership."""
        body = {"collaboratorEmail": self.grace.person.email, "role": role}
        return await self.ada.create(f"/applications/{slug}/collaborators", body)


@dataclass(slots=True)
class MadeUpBuilder:
    """Builds nothing: it says one line, and gives what a test has put here."""

    folder: Path
    is_good: bool = True
    groups: list[Group] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    refusal: Exception | None = None

    async def build(self, task: Task, say: Say) -> Built:
        """An archive that holds the number of the build."""
        self.tasks.append(task)
        await say("Installing dependencies", "a long text")
        await say("Done")
        if self.refusal is not None:
            raise self.refusal
        archive = self.folder / f"{task.build_id}.tar.gz"
        archive.write_bytes(b"artefact of " + task.commit_id.encode())
        return Built(is_good=self.is_good, groups=self.groups, archive=archive, commands={"web": "python app.py"})

    async def remove(self, account_id: str, application_id: int) -> None:
        """Nothing is there."""


@dataclass(slots=True)
class MadeUpDeployer:
    """Deploys nothing: it keeps the orders."""

    outcome: Deployed = field(default_factory=lambda: Deployed(True))
    orders: list[Order] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)

    async def deploy(self, order: Order, say: Say) -> Deployed:
        """What a test has put here."""
        self.orders.append(order)
        await say(f"Release v{order.release}")
        return self.outcome

    async def remove(self, account_id: str, application_id: int) -> None:
        """Keep that it was asked for."""
        self.removed.append(application_id)


async def join(harbor_house: House, email: str, name: str) -> Developer:
    """A person who owns a new organization."""
    organization = await harbor_house.organization(name)

    def act(call: Call) -> tuple[Person, str]:
        person = people.add(
            call.tx,
            call.new_id,
            organization_id=organization.id,
            email=email,
            name=name,
            role=Role.OWNER,
            username=name.lower(),
            password_hash=_HASH,
        )
        _, text = access_service.mint(call, person=person, name="Tests")
        return person, text

    person, token = await harbor_house.write(organization.production, act)
    client = Client(harbor_house.pipelines["appharbor"], {"Authorization": f"BEARER {token}"}, mount=MOUNT)
    return Developer(person, organization, token, client)


_HASH = hash_password(PASSWORD)


@asynccontextmanager
async def open_harbor(
    database: Database, clock: ManualClock, folder: Path, setup: Setup | None = None, **more: Any
) -> AsyncIterator[Harbor]:
    """An installation with Ada and Grace."""
    await migrate(database, [AREA])
    setup = setup or Setup(public_url=BASE)
    access, book, blobs = Access(database), Book(), LocalBlobs(folder / "blobs")
    passwords = PasswordWorkers(threads=1)
    builder, deployer = MadeUpBuilder(folder), MadeUpDeployer()
    repositories = Repositories(folder / "apps", shutil.which("git") or "git")
    works = Works(
        builder=more.get("builder", builder),
        deployer=more.get("deployer", deployer),
        blobs=blobs,
        book=book,
        repositories=repositories,
        builders_max=setup.builders_max,
    )

    def tools(means: Any) -> dict[str, Any]:
        return {
            "appharbor": setup,
            "appharbor.access": access,
            "appharbor.book": book,
            "appharbor.git": Git(
                repositories=repositories, backend=Backend(repositories.git, body_bytes_max=PUSH_BYTES_MAX)
            ),
            "appharbor.build_changes": Changes(database),
            "blobs": blobs,
            "passwords": passwords,
            "sign_in_throttle": SignInThrottle(means.limiter),
        }

    product = appharbor_product(access, setup)
    try:
        async with open_house(
            database,
            clock,
            folder,
            [product],
            views=[appharbor_view(BASE)],
            tools=tools,
            kinds=lambda call_of: kinds(call_of, works),
        ) as house:
            house.pipelines = {"appharbor": AppHarborPipeline(product, house.services)}
            ada = await join(house, "ada@example.test", "Ada")
            grace = await join(house, "grace@example.test", "Grace")
            yield Harbor(house, setup, book, ada, grace, blobs, builder, deployer, repositories)
    finally:
        passwords.close()


@pytest.fixture
def more_areas() -> AreasOf:
    """The tables of the product."""
    return lambda _engine: (AREA,)


@pytest.fixture
async def harbor(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Harbor]:
    """An installation on each engine."""
    async with open_harbor(database, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
async def one(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Harbor]:
    """An installation on SQLite, where the engine does not matter."""
    async with open_harbor(sqlite_database, clock, tmp_path) as opened:
        yield opened
