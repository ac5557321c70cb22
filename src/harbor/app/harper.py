"""Harper as it is mounted: its callers, its jobs, and the tables of other products that SQL may read.

What `set_configuration` stored lies below flag, environment and file, and above the default. It is read when the process
starts, and at each restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from harbor.app.listening import OPERATIONS_SOCKET
from harbor.kernel import instance_store as instance
from harbor.kernel import logs
from harbor.kernel.clock import Clock
from harbor.kernel.errors import HarborError, StartRefused
from harbor.kernel.http.front import Door
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.http.product import Product
from harbor.kernel.http.reopening import Reopening
from harbor.kernel.identity.passwords import PasswordWorkers
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.identity.verified import VerifiedPasswords
from harbor.kernel.outbound import OutboundPolicy
from harbor.kernel.settings import Settings
from harbor.kernel.storage.database import Database, Tx
from harbor.products.appharbor_apps.sql_views import VIEWS as APPHARBOR_VIEWS
from harbor.products.harbor_events.sql_views import VIEWS as HARBOR_VIEWS
from harbor.products.harbour_agreements.sql_views import VIEWS as HARBOUR_VIEWS
from harbor.products.harper_tables.access.tokens import Lifetimes
from harbor.products.harper_tables.access.user_access import UserAccess
from harbor.products.harper_tables.admin_ops.configuration import service
from harbor.products.harper_tables.admin_ops.configuration.in_force import Configuration
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.jobs_ops.means import Means
from harbor.products.harper_tables.product import harper_product
from harbor.products.harper_tables.sql.bounds import Bounds
from harbor.products.harvest_timesheets.sql_views import VIEWS as HARVEST_VIEWS

# What an administrator may read with SQL besides tables of Harper.
VIEWS = (*HARBOR_VIEWS, *HARVEST_VIEWS, *HARBOUR_VIEWS, *APPHARBOR_VIEWS)
# What Harper's documentation lets pages of any origin send.
_HEADERS = "Content-Type, Authorization, Accept"
# The keys of settings that Harper's configuration has too, by the word of the setting.
_KEYS: Final[Mapping[str, str]] = {
    "operations_port": "operationsApi_network_port",
    "operations_secure_port": "operationsApi_network_securePort",
    "operations_socket": "operationsApi_network_domainSocket",
    "harper_operation_token_timeout": "authentication_operationTokenTimeout",
    "harper_refresh_token_timeout": "authentication_refreshTokenTimeout",
    "harper_audit_retention": "logging_auditRetention",
    "log_level": "logging_level",
}
# How soon the other processes of an installation heed a restart.
RESTARTS_LOOKED_FOR_S: Final = 1.0
_LEVELS: Final[Mapping[str, logs.Level]] = {
    "trace": "debug",
    "debug": "debug",
    "info": "info",
    "notify": "info",
    "warn": "warning",
    "error": "error",
    "fatal": "error",
}
_RESTARTED: Final = "harper.restarted"


@dataclass(eq=False)
class Harper:
    """Harper in one process. `renew` comes first, and again at each restart. `heeded` is the last one that it knows."""

    settings: Settings
    database: Database
    clock: Clock
    passwords: PasswordWorkers
    throttle: SignInThrottle
    heeded: str | None = field(default=None, init=False)

    @cached_property
    def configuration(self) -> Configuration:
        """What is in force, by key."""
        return Configuration(_started_with(self.settings))

    @cached_property
    def means(self) -> Means:
        """What bulk jobs may reach, and how much a statement may cost them."""
        settings = self.settings
        bounds = Bounds(
            seconds=settings.harper_sql_seconds,
            rows_read=settings.harper_sql_rows,
            rows_out=settings.harper_sql_rows_out,
            bytes_out=settings.harper_sql_bytes_out,
            bytes_kept=settings.harper_sql_bytes_kept,
        )
        return Means(
            imports=settings.harper_import_folder or settings.data / "imports",
            exports=settings.harper_export_folder or settings.data / "exports",
            s3_endpoint=settings.harper_s3_endpoint,
            outbound=OutboundPolicy(allow_http=settings.webhook_allow_http, allow_cidrs=settings.webhook_allow_cidrs),
            compat=Compat(settings.harper_compat),
            views=VIEWS,
            sql_bounds=bounds,
        )

    async def renew(self) -> None:
        """Read what was stored, so that it counts from now on."""
        # Together, so that a restart is not heeded once more by the process that began it, and none in between is missed.
        stored, self.heeded = await self.database.read(lambda tx: (service.stored_of_operator(tx), last_restart(tx)))
        self.configuration.renew(stored)
        level = self.configuration.stored.get("logging_level")
        if level is not None and "log_level" not in self.settings.given:
            logs.set_level(_LEVELS[level])

    def with_stored(self) -> Settings:
        """The settings over what was stored. Several processes share the sockets that were bound before any of them began."""
        settings = self.settings
        if settings.workers > 1:
            return settings
        words = ("operations_port", "operations_secure_port") if settings.tls_certificate else ("operations_port",)
        stored = {word: self.configuration.stored.get(_KEYS[word]) for word in words if word not in settings.given}
        return replace(settings, **{word: port for word, port in stored.items() if port is not None})

    def product(self) -> Product:
        """The product over an installation's users. Raises StartRefused for lifetimes that cannot be."""
        settings, configured = self.settings, self.configuration
        operation, refresh = (
            configured["authentication_operationTokenTimeout"],
            configured["authentication_refreshTokenTimeout"],
        )
        try:
            lifetimes = Lifetimes.parsed(str(operation), str(refresh))
        except ValueError as trouble:
            raise StartRefused(f"Tokens of Harper cannot be good for so long: {trouble}.") from None
        access = UserAccess(
            self.database,
            self.passwords,
            self.throttle,
            self.clock.now,
            verified=VerifiedPasswords(lifetime_s=max(0, configured["authentication_cacheTTL"]) / 1_000),
            lifetimes=lifetimes,
            has_sessions=configured["authentication_enableSessions"],
            authorizes_local=configured["authentication_authorizeLocal"],
            trusted_listeners=frozenset({OPERATIONS_SOCKET}),
        )
        return harper_product(
            access,
            Compat(settings.harper_compat),
            views=VIEWS,
            sql_bounds=self.means.sql_bounds,
            body_bytes_max=settings.harper_body_bytes,
            means=self.means,
        )

    def door(self, pipeline: Pipeline) -> Door:
        """Under /harper, and at the root of the port its clients expect."""
        configured = self.configuration
        origins = configured["operationsApi_network_corsAccessList"] if configured["operationsApi_network_cors"] else ()
        return Door(
            pipeline=pipeline,
            prefix="/harper",
            listeners=frozenset({"operations", "operations_secure", OPERATIONS_SOCKET, "harper"}),
            any_origin_headers=_HEADERS,
            origins=frozenset(map(str, origins)),
        )

    async def heed_restarts(self, draining: asyncio.Event, reopening: Reopening) -> None:
        """Until the process drains, restart when another one of the installation was restarted."""
        while not draining.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(draining.wait(), RESTARTS_LOOKED_FOR_S)
            try:
                if await self.database.read(last_restart) == self.heeded:
                    continue
                await self.renew()  # jobs ask for it too, also where no server heeds the rest
            except HarborError:  # the database is away; whoever needs it says so
                continue
            reopening.ask()


def note_restart(tx: Tx) -> None:
    """Leave word for the other processes of the installation that Harper was restarted."""
    instance.put(tx, _RESTARTED, str(tx.now_us))


def last_restart(tx: Tx) -> str | None:
    """When that was last, or None."""
    return instance.get(tx, _RESTARTED)


def _started_with(settings: Settings) -> dict[str, Any]:
    """The keys that flag, environment and file have set, and what the process knows of itself."""
    values = {key: getattr(settings, word) for word, key in _KEYS.items() if word in settings.given}
    if settings.operations_socket is not None:
        values["operationsApi_network_domainSocket"] = str(settings.operations_socket)
    if "logging_level" in values:
        values["logging_level"] = "warn" if settings.log_level == "warning" else settings.log_level
    about = {"rootPath": str(settings.data), "threads_count": settings.workers}
    if settings.tls_certificate is not None:
        about["tls_certificate"] = str(settings.tls_certificate)
    return {**about, **values}
