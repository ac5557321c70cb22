"""Opening what an installation stands on: the store, its tables, the key that seals its secrets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harbor.app import harbour
from harbor.app.appharbor import AREA as APPHARBOR_AREA
from harbor.app.appharbor import RACING_INDEXES as APPHARBOR_RACING
from harbor.app.appharbor import SEALED as APPHARBOR_SEALED
from harbor.app.harvest import AREA as HARVEST_AREA
from harbor.app.harvest import RACING_INDEXES as HARVEST_RACING
from harbor.kernel import bounds
from harbor.kernel import instance_store as instance
from harbor.kernel.clock import Clock
from harbor.kernel.datadir import DataDir
from harbor.kernel.errors import StartRefused
from harbor.kernel.rotation.vault import FollowingVault
from harbor.kernel.sealed import SEALED
from harbor.kernel.settings import Settings
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import Area, check, migrate
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.kernel.vault import Vault
from harbor.products import harbor_events
from harbor.products.harper_tables.product import RACING_INDEXES as HARPER_RACING
from harbor.products.harper_tables.product import SEALED as HARPER_SEALED
from harbor.products.harper_tables.product import harper_area
from harbor.products.harvest_timesheets.product import SEALED as HARVEST_SEALED

if TYPE_CHECKING:
    from harbor.kernel.storage.postgres import PostgresDatabase

# Unique indexes whose violation means that two transactions raced, so the second one looks again.
RACING_INDEXES = frozenset(
    {
        "deliveries_fan_out",
        "idempotency_pkey",
        "jobs_unique_key",
        "counters_pkey",
        *HARPER_RACING,
        *HARVEST_RACING,
        *harbour.RACING_INDEXES,
        *APPHARBOR_RACING,
    }
)


# Every sealed column of the installation: the kernel's and those of the products.
SEALED_COLUMNS = (*SEALED, *HARPER_SEALED, *HARVEST_SEALED, *harbour.SEALED, *APPHARBOR_SEALED)


def areas(engine: str) -> tuple[Area, ...]:
    """Where the tables of the installation come from, in the order in which they are made."""
    assert engine in ("sqlite", "postgres"), engine
    return (
        Area("kernel", Path(bounds.__file__).parent / "migrations"),
        Area("harbor_events", Path(harbor_events.__file__).parent / "migrations"),
        harper_area(engine),
        HARVEST_AREA,
        *harbour.harbour_areas(engine),
        APPHARBOR_AREA,
    )


def open_database(
    settings: Settings, clock: Clock, held: Callable[[float], None] | None = None
) -> SqliteDatabase | PostgresDatabase:
    """The store that the settings name, not yet open."""
    if settings.database is not None:
        from harbor.kernel.storage.postgres import PostgresDatabase  # its driver takes a twentieth of a second

        return PostgresDatabase(
            settings.database, clock, size=settings.database_connections, racing_indexes=RACING_INDEXES
        )
    return SqliteDatabase(DataDir(settings.data).database, clock, held=held)


async def open_vault(settings: Settings, database: Database) -> Vault:
    """The instance key, checked against the database. Raises `StartRefused` if either is missing or they do not match."""
    path = settings.key_file or DataDir(settings.data).key
    stored = await database.read(lambda tx: instance.get(tx, instance.KEY_FINGERPRINT))
    if stored is None:
        raise StartRefused(
            f"{settings.data} holds no Harbor installation yet; run `harbor init --data {settings.data}` first."
        )
    vault = FollowingVault.from_file(path)
    vault.check_fingerprint(stored)
    return vault


async def check_schema(database: Database) -> None:
    """Raise `StartRefused` unless the database has exactly the tables this program knows."""
    known = areas(database.engine)
    missing = await check(database, known)
    if missing and len(missing) < sum(1 for area in known for _ in area.folder.glob("*.sql")):
        raise StartRefused(
            f"The database is older than this program ({len(missing)} migrations are missing); run `harbor migrate`."
        )
    if missing:
        raise StartRefused("The database is empty; run `harbor init` first.")


async def apply_schema(database: Database) -> list[str]:
    """Apply what is missing; returns the names of the steps."""
    return [f"{step.area}/{step.name}" for step in await migrate(database, areas(database.engine))]
