"""The look at a PostgreSQL database before the start."""

from __future__ import annotations

from typing import Any

import pytest

from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import StartRefused
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.kernel.storage.postgres_session import judge

LINE = "CREATE DATABASE harbor TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"

DATABASES = [
    ({"version": 15}, None),
    ({"collation": "POSIX"}, None),
    ({"version": 17, "provider": "b"}, None),
    ({"version": 17, "provider": "b", "collation": "C.UTF-8"}, None),
    ({"version": 14}, "PostgreSQL 14 is too old; Harbor needs 15 or newer."),
    ({"encoding": "SQL_ASCII"}, LINE),
    ({"collation": "en_US.utf8"}, LINE),
    ({"collation": "C.UTF-8"}, LINE),
    ({"provider": "i"}, f"{LINE} LOCALE_PROVIDER libc"),
    ({"name": "my-db", "collation": "de_DE.utf8"}, LINE.replace("harbor", '"my-db"')),
]


@pytest.mark.parametrize(("facts", "ending"), DATABASES, ids=[str(facts) for facts, _ in DATABASES])
def test_a_database_is_judged(facts: dict[str, Any], ending: str | None) -> None:
    usual: dict[str, Any] = {"version": 18, "name": "harbor", "encoding": "UTF8", "provider": "c", "collation": "C"}
    refusal = judge(**usual | facts)

    assert (refusal is None) if ending is None else (refusal is not None and refusal.endswith(ending))


async def refusal_of(dsn: str, clock: ManualClock) -> str:
    database = PostgresDatabase(dsn, clock)
    with pytest.raises(StartRefused) as refused:
        await database.open()
    await database.close()
    return str(refused.value)


@pytest.mark.parametrize(("encoding", "locale"), [("SQL_ASCII", "C"), ("LATIN1", "C"), ("UTF8", "C.UTF-8")])
async def test_a_database_of_another_sort_is_refused_with_the_line_to_use(
    postgres_server: Any, clock: ManualClock, encoding: str, locale: str
) -> None:
    name = postgres_server.create(encoding=encoding, locale=locale)

    refusal = await refusal_of(postgres_server.dsn(name), clock)

    postgres_server.drop_later(name)
    assert refusal.endswith(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")


async def test_a_missing_database_is_refused_with_the_line_to_use(postgres_server: Any, clock: ManualClock) -> None:
    refusal = await refusal_of(postgres_server.dsn("harbor_missing"), clock)

    assert refusal.endswith(LINE.replace("harbor", "harbor_missing"))


async def test_a_server_that_does_not_answer_is_refused(clock: ManualClock) -> None:
    refusal = await refusal_of("postgresql://someone:secret-word@127.0.0.1:1/harbor", clock)

    assert "--database" in refusal
    assert "secret-word" not in refusal


def test_an_address_that_is_none_is_refused(clock: ManualClock) -> None:
    with pytest.raises(StartRefused, match="--database") as refused:
        PostgresDatabase("postgresql//user:secret-word@host", clock)

    assert "secret-word" not in str(refused.value)
