"""Harbour as it is mounted: its callers, its limits, its providers of checks, its jobs and its webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_network
from typing import Any, Final, Protocol

from harbor.kernel import instance_store as instance
from harbor.kernel.blobs import Blobs
from harbor.kernel.call import Call
from harbor.kernel.clock import Clock, micros
from harbor.kernel.http.front import Door
from harbor.kernel.http.page import CONSOLE
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.http.product import Product
from harbor.kernel.http.services import Services
from harbor.kernel.ids import IdMint
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.outbound import OutboundClient
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.webhooks.view import View
from harbor.products.harbour_agreements.api_keys.jobs import noting
from harbor.products.harbour_agreements.dialect import Manners
from harbor.products.harbour_agreements.engine.api import TOOL
from harbor.products.harbour_agreements.opening import open_account
from harbor.products.harbour_agreements.product import (
    NAMINGS,
    RACING_INDEXES,
    SCHEDULES,
    SEALED,
    harbour_areas,
    harbour_kinds,
    harbour_product,
    harbour_providers,
    harbour_webhooks,
)
from harbor.products.harbour_agreements.providers.registry import Providers
from harbor.products.harbour_agreements.spelling import Spellings
from harbor.products.harbour_agreements.sql_views import VIEWS
from harbor.products.harbour_agreements.webhooks.model import NAME as VIEW

__all__ = [
    "NAMINGS",
    "PREFIX",
    "RACING_INDEXES",
    "SCHEDULES",
    "SEALED",
    "VIEW",
    "VIEWS",
    "Harbour",
    "harbour_areas",
    "open_account",
]

PREFIX: Final = "/harbour"
# Programs of this machine may do without TLS while an installation is being developed with.
_LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Choices(Protocol):
    """The settings that Harbour is made of."""

    # fmt: off
    @property
    def public_url(self) -> str | None: """How the server is reached from outside."""
    @property
    def harbour_public_url(self) -> str | None: """How Harbour is reached where it has a host of its own."""
    @property
    def harbour_hosts(self) -> tuple[str, ...]: """The host names at whose root Harbour answers."""
    @property
    def harbour_plain_loopback(self) -> str: """Whether this machine may do without TLS: auto, on, off."""
    @property
    def harbour_rate_limit_per_minute(self) -> int: """How many requests a key may make in 60 seconds."""
    @property
    def harbour_default_version(self) -> str: """The version of callers whose key is pinned to none."""
    @property
    def harbour_provider(self) -> str: """What runs checks that nobody decided otherwise."""
    @property
    def harbour_catalogue_edition(self) -> str: """The catalogue of organizations that chose none."""
    @property
    def harbour_sandbox_step_ms(self) -> int: """How long a step of the sandbox takes."""
    @property
    def harbour_applicant_days(self) -> int: """How long applicants are kept after their checks ended."""
    @property
    def harbour_webhook_timeout_s(self) -> int: """How long a delivery may take."""
    # fmt: on


@dataclass(eq=False, kw_only=True)
class Harbour:
    """Harbour in one process: `start` before the rest is asked for."""

    settings: Choices
    database: Database
    clock: Clock
    blobs: Blobs
    client: OutboundClient
    mode: str = field(default="production", init=False)

    async def start(self) -> None:
        """Look in which mode the installation is."""
        mode = await self.database.read(lambda tx: instance.get(tx, instance.MODE))
        self.mode = mode or "development"

    @cached_property
    def providers(self) -> Providers:
        """What runs checks."""
        settings = self.settings
        return harbour_providers(
            sandbox_step_delay_ms=settings.harbour_sandbox_step_ms,
            default=settings.harbour_provider,
            edition=settings.harbour_catalogue_edition,
            client=self.client,
        )

    @property
    def public_base_url(self) -> str | None:
        """The address of Harbour as people reach it; None says as each request came."""
        settings = self.settings
        if settings.harbour_public_url is not None:
            return settings.harbour_public_url.rstrip("/")
        return None if settings.public_url is None else settings.public_url.rstrip("/") + PREFIX

    @property
    def dashboard_url(self) -> str | None:
        """Harbour's part of the console, for mails."""
        url = self.settings.public_url
        return None if url is None else f"{url.rstrip('/')}{CONSOLE}/production/harbour"

    def manners(self) -> Manners:
        """What the installation decides about the dialect."""
        settings, ids = self.settings, IdMint(lambda: micros(self.clock.now()) // 1_000)
        choice = settings.harbour_plain_loopback
        takes_plain = choice == "on" or (choice == "auto" and self.mode != "production")
        return Manners(
            public_base_url=self.public_base_url,
            plain_http_from=_LOOPBACK if takes_plain else (),
            rate_limit_per_minute=settings.harbour_rate_limit_per_minute,
            default_version=settings.harbour_default_version,
            exposed=noting(self.database, ids.next),
        )

    def product(self) -> Product:
        """The product with an installation's manners."""
        return harbour_product(self.manners(), lambda: micros(self.clock.now()))

    def pipeline(self, services: Services) -> Spellings:
        """The product's pipeline, which takes both spellings and has a window that slides."""
        return Spellings(self.product(), services)

    def view(self) -> View:
        """What webhooks get; known to the kernel as `VIEW`."""
        return harbour_webhooks(self.dashboard_url, timeout_s=float(self.settings.harbour_webhook_timeout_s))

    def kinds(self, call_of: Callable[[Tx, str], Call]) -> list[JobKind]:
        """The product's jobs. `call_of` makes a call of the platform in an account."""
        return harbour_kinds(
            call_of,
            self.providers,
            dashboard_url=self.dashboard_url,
            applicant_days=self.settings.harbour_applicant_days,
        )

    def tools(self) -> Mapping[str, Any]:
        """What its handlers find in the tools besides the kernel's own."""
        return {TOOL: self.providers}

    def door(self, pipeline: Pipeline) -> Door:
        """Under /harbour, at the root of its own hosts, and at the root of a port of its own."""
        return Door(
            pipeline=pipeline,
            prefix=PREFIX,
            hosts=frozenset(self.settings.harbour_hosts),
            listeners=frozenset({"harbour"}),
        )
