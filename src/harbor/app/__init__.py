"""The composition root: settings → kernel → products → one ASGI application.

Nothing below this file reads a setting or the environment.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import lru_cache
from typing import Any, TypeVar

import structlog

import harbor
from harbor.app import appharbor, events, harbour, harper, harvest
from harbor.app.listening import operations_listener
from harbor.app.opening import SEALED_COLUMNS, apply_schema, areas, check_schema, open_database, open_vault
from harbor.app.service_routes import ServiceRoutes
from harbor.app.work import SCHEDULES, kinds
from harbor.console.explorer.model import Api, api_of
from harbor.console.product import console_product
from harbor.kernel import instance_store as instance
from harbor.kernel.blobs import LocalBlobs
from harbor.kernel.bounds import BODY_BYTES_SPOOL_BUDGET
from harbor.kernel.calendar import Calendar
from harbor.kernel.call import Call, Faculties
from harbor.kernel.clock import Clock, ManualClock, SystemClock, micros, moment, real_now
from harbor.kernel.cursors import store as cursors
from harbor.kernel.datadir import DataDir
from harbor.kernel.eventlog import store as eventlog
from harbor.kernel.eventlog.model import Positions
from harbor.kernel.eventlog.tail import Tail
from harbor.kernel.http.body import BodyBudget
from harbor.kernel.http.front import Door, Front
from harbor.kernel.http.listeners import Listener
from harbor.kernel.http.openapi import document
from harbor.kernel.http.page import CONSOLE, Section
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.http.reopening import Reopening
from harbor.kernel.http.server import App
from harbor.kernel.http.services import Services
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.callers import Callers
from harbor.kernel.identity.model import system
from harbor.kernel.identity.passwords import PasswordWorkers
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.ids import IdMint
from harbor.kernel.jobs import queue as jobs
from harbor.kernel.jobs.model import kinds_by_name
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.metrics import Metrics
from harbor.kernel.outbound import OutboundClient, OutboundPolicy
from harbor.kernel.ratelimit.limiter import RateLimiter
from harbor.kernel.ratelimit.memory import MemoryRateLimiter
from harbor.kernel.requestlog import store as requestlog
from harbor.kernel.settings import Settings
from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.dispatch.dispatcher import Dispatcher, Means
from harbor.kernel.webhooks.dispatch.record import Recorder
from harbor.kernel.webhooks.dispatch.send import Finished, send
from harbor.kernel.webhooks.model import Subscription
from harbor.kernel.webhooks.queue import store as queue
from harbor.kernel.webhooks.subscriptions.directory import Directory
from harbor.kernel.webhooks.view import Views
from harbor.kernel.writebehind import WriteBehind
from harbor.products.harbor_events.admin import upkeep
from harbor.products.harbor_events.pages import SECTION as HARBOR_PAGES
from harbor.products.harbour_agreements.pages import SECTION as HARBOUR_PAGES
from harbor.products.harper_tables.admin_ops.configuration import in_force as harper_configuration
from harbor.products.harper_tables.admin_ops.system import api as harper_restart
from harbor.products.harper_tables.pages import section as harper_pages
from harbor.products.harper_tables.sql.bounds import Bounds
from harbor.products.harvest_timesheets.pages import SECTION as HARVEST_PAGES

__all__ = ["SEALED_COLUMNS", "Harbor", "apply_schema", "areas", "check_schema", "open_database", "open_vault"]

T = TypeVar("T")
log = structlog.get_logger("harbor.app")


def sections(sql_bounds: Bounds | None = None) -> tuple[Section, ...]:
    """The products' parts of the console, in the order of its navigation. `sql_bounds` are those of its SQL."""
    return (HARBOR_PAGES, HARVEST_PAGES, HARBOUR_PAGES, harper_pages(harper.VIEWS, sql_bounds))


SECTIONS = sections()


class Harbor:
    """One running instance. `open` starts everything behind the sockets, `close` ends it in order."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def open(self) -> None:
        """Open storage, recover what a crash left, start the dispatcher, the worker and the write-behind."""
        settings = self.settings
        self.metrics = Metrics()
        self.clock: Clock = SystemClock()
        self.draining = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        async with AsyncExitStack() as ends:  # where the rest cannot be opened, what was is closed again
            self.database = open_database(settings, _Moving(self), self.metrics.writer_held)
            await self.database.open()
            ends.push_async_callback(self.database.close)
            await check_schema(self.database)
            self.vault = await open_vault(settings, self.database)
            await self._set_clock()
            self.passwords = PasswordWorkers()
            ends.callback(self.passwords.close)
            self.limiter = await self._limiter()
            ends.push_async_callback(self.limiter.close)
            self.throttle = SignInThrottle(self.limiter)
            self.harper = harper.Harper(settings, self.database, self.clock, self.passwords, self.throttle)
            self.reopening = Reopening("operations", self._restart_harper)
            await self._read_stored()
            policy = OutboundPolicy(allow_http=settings.webhook_allow_http, allow_cidrs=settings.webhook_allow_cidrs)
            self.client = OutboundClient(policy, proxy=settings.webhook_proxy, ca_file=settings.webhook_ca_file)
            ends.push_async_callback(self.client.close)
            self.blobs = LocalBlobs(DataDir(settings.data).blobs)
            self.appharbor = appharbor.AppHarbor(
                settings=settings, database=self.database, clock=self.clock, blobs=self.blobs, outbound=policy
            )
            await self.appharbor.start()
            ends.push_async_callback(self.appharbor.close)
            self.harbour = harbour.Harbour(
                settings=settings, database=self.database, clock=self.clock, blobs=self.blobs, client=self.client
            )
            await self.harbour.start()
            await self._compose(policy)
            self._ends = ends.pop_all()

    async def _read_stored(self) -> None:
        """What Harper's `set_configuration` stored counts from now on."""
        await self.harper.renew()
        self.settings = self.harper.with_stored()

    async def _restart_harper(self) -> Listener | None:
        """Compose Harper anew from what is stored. Its listener as it is to be."""
        await self._read_stored()
        self.pipelines["harper"] = Pipeline(self.harper.product(), self.services)
        self._front = self._make_front()
        return operations_listener(self.settings)

    def _restart_everywhere(self, tx: Tx) -> None:
        """Restart Harper in every process, once the transaction is committed."""
        harper.note_restart(tx)
        tx.after_commit(self.reopening.ask)

    async def _set_clock(self) -> None:
        if self.settings.clock == "manual":
            stored = await self.database.read(lambda tx: instance.get(tx, instance.CALENDAR))
            self.clock = ManualClock(moment(int(stored)) if stored else real_now())

    async def _compose(self, policy: OutboundPolicy) -> None:
        settings, database = self.settings, self.database
        owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.faculties = await self._make_faculties()
        recorder = Recorder(owner, self._system_call)
        self.dispatcher = Dispatcher(self._means(owner, recorder))
        self.write_behind = WriteBehind(
            database,
            {
                "cursors": cursors.note,
                "requests": requestlog.insert,
                "used": lambda tx, used: identity.touch(tx, {(account, key): at for account, key, at in used}),
                **harvest.WRITES,
                **appharbor.WRITES,
            },
        )
        if database.engine == "sqlite":  # the only process: whoever held a lease is gone
            await database.write(lambda tx: (queue.recover(tx, None), jobs.recover_all(tx)))
        self.worker = Worker(
            database,
            kinds_by_name(
                *kinds(
                    settings,
                    self.vault,
                    self.call_of,
                    self.harper,
                    self.harbour,
                    self.appharbor,
                    self.blobs,
                    self.client,
                )
            ),
            self.clock,
            self.faculties.ids.next,
            schedules=SCHEDULES,
        )
        self.calendar = Calendar(self.clock, database, self.dispatcher, self.worker, self.write_behind)
        apps = self.appharbor.product(self.write_behind)
        self.services = self._make_services(owner, policy, recorder)
        self._gauges()
        products = {
            "harbor": events.product(settings, self.clock),
            "harper": self.harper.product(),
            "harvest": harvest.product(settings, database, self.clock, self.write_behind),
            "console": console_product(database, sections(self.harper.means.sql_bounds), version=harbor.__version__),
        }
        self.pipelines = {name: Pipeline(product, self.services) for name, product in products.items()}
        self.pipelines["appharbor"] = self.appharbor.pipeline(apps, self.services)
        self.pipelines["harbour"] = self.harbour.pipeline(self.services)
        await self.worker.start()
        self.appharbor.follow(self.call_of)
        self._tasks = [asyncio.create_task(self.dispatcher.run()), asyncio.create_task(self.write_behind.run())]
        if database.engine == "postgres":  # others may work on it too
            self._tasks.append(asyncio.create_task(self.harper.heed_restarts(self.draining, self.reopening)))

    async def _make_faculties(self) -> Faculties:
        """What all calls share. Ids and positions go on above the largest that are stored."""
        ids = IdMint(lambda: micros(self.clock.now()) // 1000)
        positions = Positions()
        await self.database.write(eventlog.keep_ascending)
        position, largest_id = await self.database.read(eventlog.largest)
        positions.start_after(position)
        if largest_id is not None:
            ids.not_below(largest_id)
        views = Views(
            {
                "harbor": events.view(self.settings),
                harbour.VIEW: self.harbour.view(),
                appharbor.VIEW: self.appharbor.view(),
            }
        )
        return Faculties(ids=ids, positions=positions, directory=Directory(), views=views, vault=self.vault)

    def _means(self, owner: str, recorder: Recorder) -> Means:
        return Means(
            database=self.database,
            client=self.client,
            directory=self.faculties.directory,
            views=self.faculties.views,
            vault=self.vault,
            limiter=self.limiter,
            recorder=recorder,
            new_id=self.faculties.ids.next,
            owner=owner,
            observe=self._observe,
            now=self.clock.now,
        )

    def _make_services(self, owner: str, policy: OutboundPolicy, recorder: Recorder) -> Services:
        settings, new_id = self.settings, self.faculties.ids.next
        return Services(
            database=self.database,
            clock=self.clock,
            faculties=self.faculties,
            callers=Callers(self.database),
            limiter=self.limiter,
            write_behind=self.write_behind,
            # Two of the largest at once; one that can never fit would be told for ever to come back.
            budget=BodyBudget(
                DataDir(settings.data).spool, max(BODY_BYTES_SPOOL_BUDGET, 2 * settings.harper_body_bytes)
            ),
            outbound=policy,
            metrics=self.metrics,
            send_webhook=lambda prepared: send(self.client, prepared, new_id, self.clock.now),
            record_webhook=lambda tx, finished: recorder.record(tx, [finished]),
            limits_are_on=settings.rate_limits,
            cors_origins=frozenset(settings.cors_origins),
            draining=self.draining,
            tools=self._tools(owner),
        )

    def _tools(self, owner: str) -> Mapping[str, Any]:
        return {
            "tail": Tail(self.database),
            "blobs": self.blobs,
            "calendar": self.calendar,
            "dispatch.owner": owner,
            **upkeep.tools(self.settings, self.database, self.vault, version=harbor.__version__),
            "apis": lru_cache(1)(self._apis),
            "passwords": self.passwords,
            "sign_in_throttle": self.throttle,
            "delete_grace_days": self.settings.delete_grace_days,
            "mails_go_out": self.settings.smtp_host is not None,
            harper_restart.RESTART: self._restart_everywhere,
            harper_configuration.TOOL: self.harper.configuration,
            **self.harbour.tools(),
            **self.appharbor.tools(),
        }

    def _apis(self) -> Sequence[Api]:
        return [api_of("harbor", document(self.pipelines["harbor"].product, base_url=""))]

    async def _limiter(self) -> RateLimiter:
        if self.settings.database is None:
            return MemoryRateLimiter()
        # Its driver takes a twentieth of a second to import, and most installations do without.
        from harbor.kernel.ratelimit.postgres import PostgresRateLimiter

        limiter = PostgresRateLimiter(self.settings.database)
        await limiter.open()
        return limiter

    def _gauges(self) -> None:
        self.metrics.gauge("harbor_webhook_in_flight", "Attempts under way.", lambda: float(self.dispatcher.in_flight))
        self.metrics.gauge(
            "harbor_write_behind_dropped",
            "Facts lost before they were written.",
            lambda: float(self.write_behind.dropped),
        )
        self.metrics.gauge("harbor_streams", "Open event streams.", lambda: float(self.services.tools["tail"].count))

    def _observe(self, finished: Finished) -> None:
        outcome = finished.attempt.error or "delivered"
        self.metrics.attempt(finished.prepared.view.name, outcome, finished.attempt.duration_ms / 1000)

    def call_of(self, tx: Tx, account_id: str) -> Call:
        """A call of the platform itself in an account: for jobs."""
        account = identity.account(tx, account_id)
        assert account is not None, account_id
        return Call(tx, system(account.id, account.organization_id, account.environment), self.faculties)

    def _system_call(self, tx: Tx, subscription: Subscription) -> Call:
        return self.call_of(tx, subscription.account_id)

    # The application

    def application(self) -> App:
        """The ASGI application."""
        root = self.pipelines["harbor"].product
        self._routes = ServiceRoutes(
            self.database, self.metrics, self.draining, root, lambda scope: self._front.origin(scope)
        )
        self._front = self._make_front()

        async def answer(scope: Any, receive: Any, send: Any) -> None:
            await self._front(scope, receive, send)

        return answer

    def _make_front(self) -> Front:
        settings = self.settings
        return Front(
            doors=[
                Door(pipeline=self.pipelines["console"], prefix=CONSOLE),
                self.harper.door(self.pipelines["harper"]),
                harvest.door(self.pipelines["harvest"]),
                self.harbour.door(self.pipelines["harbour"]),
                appharbor.door(self.pipelines["appharbor"]),
                Door(pipeline=self.pipelines["harbor"]),
            ],
            services=self._routes.by_path(),
            production_hosts=frozenset(settings.production_hosts),
            sandbox_hosts=frozenset(settings.sandbox_hosts),
            cors_origins=frozenset(settings.cors_origins),
            metrics_networks=[*settings.metrics_allow_cidrs],
            pages_at=CONSOLE,
            public_url=settings.public_url or f"http://{settings.host}:{settings.port}",
        )

    # The end

    async def close(self, drain_s: float = 5.0) -> None:
        """Finish what is under way, write what waits, close."""
        self.draining.set()
        async with self._ends:
            await self.worker.stop(grace_s=drain_s)
            await self.dispatcher.stop(drain_s)
            self.write_behind.stop()
            await asyncio.gather(*self._tasks, return_exceptions=True)


class _Moving:
    """The instance's calendar, whichever it becomes: the database is opened before the calendar is known."""

    def __init__(self, instance_: Harbor) -> None:
        self._instance = instance_

    def now(self) -> Any:
        return self._instance.clock.now()
