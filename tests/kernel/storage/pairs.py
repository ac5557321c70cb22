"""Two rows to race for on PostgreSQL, and what tests do to them and to the connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg

from harbor.kernel.storage.database import Tx

PAIRS = "CREATE TABLE pairs (id BIGINT PRIMARY KEY, value BIGINT NOT NULL, word TEXT CONSTRAINT pairs_by_word UNIQUE)"

Opener = Callable[..., Any]


def fail_with(tx: Tx, state: str) -> None:
    """Let the server raise an error with this SQLSTATE."""
    tx.run(f"DO $$ BEGIN RAISE EXCEPTION 'made for a test' USING ERRCODE = '{state}'; END $$")


def bump(tx: Tx, id: int) -> None:
    tx.run("UPDATE pairs SET value = value + 1 WHERE id = :id", id=id)


def values(tx: Tx) -> list[int]:
    return [row["value"] for row in tx.rows("SELECT value FROM pairs ORDER BY id")]


async def until(true: Callable[[], bool]) -> None:
    """Wait for a condition that another connection brings about."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.002)


async def end_other_connections(admin: psycopg.Connection[Any]) -> int:
    """End every other connection to the database; how many there were."""
    found = admin.execute(
        "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ).fetchall()
    ended = [pid for pid, _ in found]
    await until(lambda: not admin.execute("SELECT pid FROM pg_stat_activity WHERE pid = ANY(%s)", (ended,)).fetchall())
    return len(ended)
