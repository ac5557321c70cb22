"""A connection to PostgreSQL as Harbor wants it: settings, types, and whether the database will do."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.abc import AdaptContext
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Format
from psycopg.types.numeric import Int8BinaryDumper
from psycopg.types.string import StrBinaryDumper

from harbor.kernel import bounds
from harbor.kernel.errors import StartRefused
from harbor.kernel.storage.postgres_tx import Connection, command

SERVER_VERSION_MIN = 15
ROW_LOCK_MS = 1_900  # below the time of a foreground statement, so that who only waited is not told to split
PREPARED_STATEMENTS_MAX = 1_000

# A link that died without a word is noticed within a minute. The DSN may say otherwise.
_LINK = {
    "application_name": "harbor",
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
# Reading is what a session does unless a transaction says READ WRITE, so a lone statement cannot write.
_SETTINGS = f"""
SET synchronous_commit = on;
SET default_transaction_read_only = on;
SET default_transaction_isolation = 'read committed';
SET statement_timeout = {bounds.READ_THREAD_S_MAX * 1_000:.0f};
SET lock_timeout = {ROW_LOCK_MS};
SET idle_in_transaction_session_timeout = 60000;
SET timezone = 'UTC';
SET standard_conforming_strings = on;
SET client_min_messages = warning;
SET jit = off
"""


class _BoolDumper(Dumper):
    """A Python bool where the column is a BIGINT."""

    format = Format.BINARY
    oid = psycopg.postgres.types["int8"].oid

    def dump(self, obj: bool) -> bytes:
        return int(obj).to_bytes(8, "big")


class _BoolLoader(Loader):
    """The result of a comparison as 1 or 0, like on SQLite."""

    format = Format.BINARY

    def load(self, data: Any) -> int:
        return int(bytes(data) != b"\x00")


class _Types(AdaptContext):
    """The three column types: whole numbers travel as BIGINT, also small ones, and strings as TEXT.

    psycopg by itself sends the smallest type that holds a number, so that `:a * :b` overflows at 32767, and strings
    without a type, so that the server guesses.
    """

    connection = None

    def __init__(self) -> None:
        self._map = AdaptersMap(psycopg.adapters)
        self._map.register_dumper(int, Int8BinaryDumper)
        self._map.register_dumper(bool, _BoolDumper)
        self._map.register_dumper(str, StrBinaryDumper)
        self._map.register_loader("bool", _BoolLoader)

    @property
    def adapters(self) -> AdaptersMap:
        return self._map


TYPES = _Types()


def conninfo(dsn: str) -> str:
    """The connection string with what the DSN leaves open. Raises `StartRefused` if it is none."""
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise StartRefused(
            "The address of the database is not like postgresql://user@host/name; correct --database."
        ) from None
    settings: dict[str, Any] = {**_LINK, **given, "client_encoding": "UTF8"}
    return make_conninfo(**settings)


def configure(connection: Connection) -> None:
    """Put the session's settings in force."""
    connection.prepared_max = PREPARED_STATEMENTS_MAX
    command(connection, _SETTINGS)


def check(dsn: str) -> None:
    """Look whether the database will do: version, encoding, collation, writable. Raises `StartRefused` if not."""
    name = conninfo_to_dict(dsn).get("dbname") or "harbor"
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            found = connection.execute(_FACTS_17 if connection.info.server_version >= 170_000 else _FACTS).fetchone()
    except psycopg.Error as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        hint = f" Create it with: {create_line(str(name), 'c')}" if "does not exist" in reason else ""
        raise StartRefused(f"PostgreSQL cannot be used: {reason}; check --database.{hint}") from None
    assert found is not None
    version, is_standby, name, encoding, provider, collation = found
    refusal = judge(version=version, name=name, encoding=encoding, provider=provider, collation=collation)
    if refusal is None and is_standby:
        refusal = "PostgreSQL is a standby and takes no writes; give the address of the primary server in --database."
    if refusal is not None:
        raise StartRefused(refusal)


_FACTS = """
SELECT CAST(current_setting('server_version_num') AS INTEGER) / 10000, pg_is_in_recovery(), current_database(),
    pg_encoding_to_char(encoding), CAST(datlocprovider AS TEXT), datcollate
FROM pg_database WHERE datname = current_database()
"""
_FACTS_17 = _FACTS.replace("datcollate", "CASE datlocprovider WHEN 'b' THEN datlocale ELSE datcollate END")


def judge(*, version: int, name: str, encoding: str, provider: str, collation: str) -> str | None:
    """Why a database will not do, as a sentence; None if it will. `provider` is pg_database.datlocprovider.

    Listings compare text byte by byte, as SQLite does, so that pages are the same on both engines.
    """
    if version < SERVER_VERSION_MIN:
        return f"PostgreSQL {version} is too old; Harbor needs {SERVER_VERSION_MIN} or newer."
    by_bytes = {"c": {"C", "POSIX"}, "b": {"C", "C.UTF-8"}}.get(provider, set())
    if encoding == "UTF8" and collation in by_bytes:
        return None
    line = create_line(name, provider)
    return f"The database {name} has encoding {encoding} and collation {collation}. Create it with: {line}"


def create_line(name: str, provider: str) -> str:
    """The statement that creates a database that will do."""
    quoted = name if name.isidentifier() and name.isascii() and name.islower() else '"' + name.replace('"', '""') + '"'
    libc = "" if provider == "c" else " LOCALE_PROVIDER libc"  # a template of another provider passes it on
    return f"CREATE DATABASE {quoted} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'{libc}"
