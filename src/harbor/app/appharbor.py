"""AppHarbor as it is mounted: its callers, what builds and runs applications, its jobs and its webhooks."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Final, Protocol

import structlog

from harbor.kernel.blobs import Blobs
from harbor.kernel.call import Call
from harbor.kernel.clock import Clock, micros
from harbor.kernel.errors import HarborError, StartRefused
from harbor.kernel.http.front import Door
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.http.product import Product
from harbor.kernel.http.services import Services
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.outbound import OutboundPolicy
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.webhooks.view import View
from harbor.kernel.writebehind import WriteBehind
from harbor.products.appharbor_apps import jobs
from harbor.products.appharbor_apps.access import service as access
from harbor.products.appharbor_apps.access.callers import Access
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.builder.environments import Tools
from harbor.products.appharbor_apps.builder.fetching import Fetcher, downloader
from harbor.products.appharbor_apps.builder.interpreters import installed
from harbor.products.appharbor_apps.builder.limits import Limits as BuildLimits
from harbor.products.appharbor_apps.builder.local import LocalBuilder
from harbor.products.appharbor_apps.builder.port import Builder
from harbor.products.appharbor_apps.builder.refusing import NO_SANDBOX, RefusingBuilder
from harbor.products.appharbor_apps.builder.sandbox import Sandbox, usable_bwrap
from harbor.products.appharbor_apps.builds import service as builds
from harbor.products.appharbor_apps.builds.following import Changes
from harbor.products.appharbor_apps.deploys.port import Deployer
from harbor.products.appharbor_apps.deploys.unrun import UnrunDeployer
from harbor.products.appharbor_apps.drains.sending import Draining
from harbor.products.appharbor_apps.edge import AppHarborPipeline
from harbor.products.appharbor_apps.git.api import Git
from harbor.products.appharbor_apps.git.backend import Backend
from harbor.products.appharbor_apps.git.repositories import PUSH_BYTES_MAX, Repositories
from harbor.products.appharbor_apps.jobs import Works
from harbor.products.appharbor_apps.logs.book import Book
from harbor.products.appharbor_apps.opening import open_account
from harbor.products.appharbor_apps.product import AREA, RACING_INDEXES, SEALED, appharbor_product
from harbor.products.appharbor_apps.runner.client import Runner
from harbor.products.appharbor_apps.runner.hearing import Hearing
from harbor.products.appharbor_apps.runner.helpers import RUNNER_SOCKET, Helpers
from harbor.products.appharbor_apps.service_hooks.model import VIEW
from harbor.products.appharbor_apps.service_hooks.view import appharbor_view
from harbor.products.appharbor_apps.setup import TOOL, Limits, Setup, parse_limit
from harbor.products.appharbor_apps.sql_views import VIEWS

__all__ = [
    "AREA",
    "NAMING",
    "PREFIX",
    "RACING_INDEXES",
    "SEALED",
    "VIEW",
    "VIEWS",
    "WRITES",
    "AppHarbor",
    "open_account",
]

log = structlog.get_logger("harbor.appharbor")

PREFIX: Final = "/appharbor"
SCHEDULES: Final = jobs.SCHEDULES
NAMING: Final = builds.artefacts_among
_USED: Final = "appharbor.used"
# Moments of last use of tokens are written behind.
WRITES: Final = {_USED: lambda tx, used: access.touch(tx, {(account, token): at for account, token, at in used})}
# What pages of any origin may send: programs that run in browsers come with a token, never with a cookie.
_HEADERS = "Authorization, Content-Type, X-HTTP-Method-Override"


class Choices(Protocol):
    """The settings that AppHarbor is made of."""

    # fmt: off
    @property
    def data(self) -> Path: """The data directory."""
    @property
    def host(self) -> str: """Where the server listens."""
    @property
    def port(self) -> int: """The main port."""
    @property
    def public_url(self) -> str | None: """How the server is reached from outside."""
    @property
    def apps_domain(self) -> str: """The domain below which applications answer."""
    @property
    def apps_host(self) -> str: """The address at which applications answer."""
    @property
    def apps_port(self) -> int | None: """The port at which applications answer; None runs none."""
    @property
    def appharbor_builders(self) -> int: """How many builds run at once."""
    @property
    def appharbor_allow_unsandboxed(self) -> bool: """Whether code of others runs where there is no sandbox."""
    @property
    def appharbor_package_index(self) -> str | None: """Where packages of Python come from."""
    @property
    def appharbor_applications_max(self) -> int | None: """How many applications an account may have."""
    @property
    def appharbor_invitations(self) -> bool: """Whether unknown addresses may become collaborators."""
    @property
    def appharbor_password_login(self) -> bool: """Whether a name and a password give a token."""
    @property
    def appharbor_token_days(self) -> int | None: """How long a new token is good."""
    @property
    def appharbor_require_https(self) -> bool: """Whether plain HTTP is refused."""
    @property
    def appharbor_rate_limit(self) -> str: """How many requests a caller may make in a span of time."""
    # fmt: on


@dataclass(eq=False, kw_only=True)
class AppHarbor:
    """AppHarbor in one process: `start` before its works are asked for, `close` at the end."""

    settings: Choices
    database: Database
    clock: Clock
    blobs: Blobs
    outbound: OutboundPolicy
    bwrap: str | None = field(default=None, init=False)
    _drains: Once = field(init=False)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list, init=False)
    _has_warned: bool = field(default=False, init=False)

    async def start(self) -> None:
        """Make its folders, and look what this machine has. Raises `StartRefused` for settings that cannot be."""
        assert self.setup.limits is not None
        for folder in (self.apps, self._run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._drains = Once(self._run / "drains.lock")
        self.bwrap = await usable_bwrap()
        if self.bwrap is None:
            log.warning("no_sandbox", allowed=self.settings.appharbor_allow_unsandboxed)

    def follow(self, call_of: Callable[[Tx, str], Call]) -> None:
        """Keep runner and router up once there is an application, and hear what they say. For the loop that serves."""
        draining = Draining(self.database, self.book, self.outbound, self._drains)
        self._tasks = [asyncio.create_task(draining.run())]
        if self.helpers is not None and self._runs:
            hearing = Hearing(self.runner, self.database, call_of, self.book)
            self._tasks += [asyncio.create_task(self.helpers.keep(self._is_any)), asyncio.create_task(hearing.run())]

    async def close(self) -> None:
        """End what this process does; applications run on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._drains.close()
        if self.helpers is not None:
            self.helpers.leave()

    async def _is_any(self) -> bool:
        try:
            found = await self.database.read(applications.is_any)
        except HarborError:  # the database is away; whoever needs it says so
            return False
        if found and not self._has_warned and _is_root():
            self._has_warned = True
            log.warning(
                "applications_run_as_root",
                reason="They have no user of their own: only a user namespace keeps them from being this machine's root.",
                hint="Run Harbor as a user of its own.",
                docs="docs/products/appharbor.md#sandbox",
            )
        return found

    @property
    def apps(self) -> Path:
        """Repositories, environments and releases, in a folder for each application."""
        return self.settings.data.absolute() / "apps"

    @property
    def _run(self) -> Path:
        """Sockets and logs of the processes beside this one."""
        return self.settings.data.absolute() / "run"

    @property
    def _runs(self) -> bool:
        """Whether applications may run on this machine."""
        return self.bwrap is not None or self.settings.appharbor_allow_unsandboxed

    @cached_property
    def helpers(self) -> Helpers | None:
        """The processes beside this one; None where no applications run."""
        settings = self.settings
        if settings.apps_port is None:
            return None
        return Helpers(
            apps=self.apps,
            run=self._run,
            domain=settings.apps_domain,
            host=settings.apps_host,
            port=settings.apps_port,
            allow_unsandboxed=settings.appharbor_allow_unsandboxed,
        )

    @cached_property
    def runner(self) -> Runner:
        """What brings releases up. Only where there are helpers."""
        assert self.helpers is not None
        return Runner(self.apps, self.helpers.run / RUNNER_SOCKET, self.blobs, self.helpers.ensure)

    @cached_property
    def setup(self) -> Setup:
        """The operator's decisions. Raises `StartRefused`."""
        settings = self.settings
        try:
            calls = parse_limit(settings.appharbor_rate_limit)
        except ValueError as trouble:
            raise StartRefused(f"The rate limit of AppHarbor cannot be: {trouble}.") from None
        days = settings.appharbor_token_days
        return Setup(
            public_url=f"{(settings.public_url or f'http://{settings.host}:{settings.port}').rstrip('/')}{PREFIX}",
            apps_domain=settings.apps_domain,
            apps_port=settings.apps_port,
            allows_invitations=settings.appharbor_invitations,
            allows_password_login=settings.appharbor_password_login,
            token_lifetime=None if days is None else timedelta(days=days),
            applications_max=settings.appharbor_applications_max,
            builders_max=settings.appharbor_builders,
            limits=Limits(calls=calls),
        )

    def view(self) -> View:
        """What service hooks get; known to the kernel as `VIEW`."""
        return appharbor_view(self.setup.public_url)

    def kinds(self, call_of: Callable[[Tx, str], Call]) -> list[JobKind]:
        """The product's jobs. `call_of` makes a call of the platform in an account."""
        return [*jobs.kinds(call_of, self.works)]

    def product(self, write_behind: WriteBehind) -> Product:
        """The product over an installation's people and their tokens."""

        def used(account: str, token: str) -> None:
            write_behind.put(_USED, (account, token), (account, token, micros(self.clock.now())))

        self.access = Access(self.database, used=used)
        return appharbor_product(self.access, self.setup)

    def pipeline(self, product: Product, services: Services) -> AppHarborPipeline:
        """The product's pipeline, which bears with what its clients do to addresses."""
        return AppHarborPipeline(product, services, require_https=self.settings.appharbor_require_https)

    def tools(self) -> Mapping[str, Any]:
        """What its handlers find in the tools besides the kernel's own. To be asked for after `product`."""
        backend = Backend(self.repositories.git, body_bytes_max=PUSH_BYTES_MAX)
        return {
            TOOL: self.setup,
            "appharbor.access": self.access,
            "appharbor.book": self.book,
            "appharbor.git": Git(repositories=self.repositories, backend=backend),
            "appharbor.build_changes": Changes(self.database),
            "appharbor.runner": self.runner if self.helpers is not None and self._runs else None,
        }

    @cached_property
    def book(self) -> Book:
        """The newest lines of all applications."""
        return Book(self.apps if self.helpers is not None and self._runs else None)

    @cached_property
    def repositories(self) -> Repositories:
        """The repositories of all applications."""
        return Repositories(self.apps, shutil.which("git") or "git")

    @cached_property
    def works(self) -> Works:
        """What stands behind the jobs."""
        return Works(
            builder=self._builder(),
            deployer=self._deployer(),
            blobs=self.blobs,
            book=self.book,
            repositories=self.repositories,
            builders_max=self.setup.builders_max,
        )

    def _builder(self) -> Builder:
        settings, limits = self.settings, BuildLimits()
        if self.bwrap is None and not settings.appharbor_allow_unsandboxed:
            return RefusingBuilder()
        index = settings.appharbor_package_index
        return LocalBuilder(
            root=self.apps,
            fetcher=Fetcher(self.repositories.git, self.blobs, downloader(self.outbound), limits),
            sandbox=Sandbox(
                limits,
                self.bwrap,
                allow_unsandboxed=settings.appharbor_allow_unsandboxed,
                hidden=settings.data.absolute(),
            ),
            tools=Tools(
                uv=shutil.which("uv") or _beside("uv"),
                index={} if index is None else {"PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index},
            ),
            interpreters=installed(),
        )

    def _deployer(self) -> Deployer:
        if self.helpers is None:
            return UnrunDeployer()
        return self.runner if self._runs else UnrunDeployer(NO_SANDBOX)


def door(pipeline: Pipeline) -> Door:
    """Under /appharbor, and at the root of a port of its own."""
    return Door(
        pipeline=pipeline,
        prefix=PREFIX,
        listeners=frozenset({"appharbor"}),
        any_origin_headers=_HEADERS,
        any_origin_methods="GET, HEAD, POST, PUT, DELETE, OPTIONS",
    )


class Once:
    """Whether this is the one process of the installation that holds a lock, taken as soon as it is free."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def __call__(self) -> bool:
        """Whether the lock is ours."""
        if self._file is not None:
            return True
        file = self._path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def close(self) -> None:
        """Let another process have it."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _is_root() -> bool:
    return os.geteuid() == 0


def _beside(program: str) -> str | None:
    """A program that was installed together with this one."""
    path = Path(sys.executable).parent / program
    return str(path) if path.is_file() else None
