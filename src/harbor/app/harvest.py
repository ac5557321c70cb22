"""Harvest as it is mounted: its callers, its limits, its jobs."""

from __future__ import annotations

from pathlib import Path

from harbor.kernel.clock import Clock, micros
from harbor.kernel.http.front import Door
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.http.product import Product
from harbor.kernel.settings import Settings
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import Area
from harbor.kernel.writebehind import WriteBehind
from harbor.products import harvest_timesheets
from harbor.products.harvest_timesheets.access import store as tokens
from harbor.products.harvest_timesheets.access.callers import Access
from harbor.products.harvest_timesheets.limits import Limits, parse_limit
from harbor.products.harvest_timesheets.product import harvest_product

AREA = Area("harvest_timesheets", Path(harvest_timesheets.__file__).parent / "migrations")
PREFIX = "/harvest"
# Two that start a timer of one person race, and the second one looks again.
RACING_INDEXES = frozenset({"harvest_time_entries_running"})
_USED = "harvest.used"
# Moments of last use of tokens are written behind.
WRITES = {_USED: lambda tx, used: tokens.touch(tx, {(account, token): at for account, token, at in used})}
# What pages of any origin may send: the implicit flow is made for applications that run in browsers.
_HEADERS = "Authorization, Harvest-Account-Id, Content-Type, User-Agent"


def product(settings: Settings, database: Database, clock: Clock, write_behind: WriteBehind) -> Product:
    """The product with an installation's limits."""

    def used(account: str, token: str) -> None:
        write_behind.put(_USED, (account, token), (account, token, micros(clock.now())))

    limits = Limits(
        general=parse_limit(settings.harvest_rate_limit), reports=parse_limit(settings.harvest_reports_rate_limit)
    )
    return harvest_product(Access(database, used=used), limits, lambda: micros(clock.now()))


def public_url(settings: Settings) -> str:
    """How people reach it, for mails that nobody sends; empty where the installation does not say."""
    return "" if settings.public_url is None else settings.public_url.rstrip("/") + PREFIX


def door(pipeline: Pipeline) -> Door:
    """Under /harvest, and at the root of a port of its own."""
    return Door(
        pipeline=pipeline,
        prefix=PREFIX,
        listeners=frozenset({"harvest"}),
        any_origin_headers=_HEADERS,
        any_origin_methods="GET, HEAD, POST, PATCH, DELETE, OPTIONS",
    )
