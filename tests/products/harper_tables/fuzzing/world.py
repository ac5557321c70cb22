"""One installation that random requests are thrown at, and what must hold after each of them.

Never a 500, never a hang; never a word of another account, or of a database that the role does not name; and nothing is
changed by a request that was refused.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cbor2
import msgspec
from tests.conftest import START
from tests.harness import Reply
from tests.products.harper_tables.conftest import Instance, hash_of, open_instance
from tests.products.harper_tables.sql.fuzz import SECRET, furnish

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database, Tx
from harbor.products.harper_tables.access import users

SECONDS_MAX: Final = 8.0
HIDDEN: Final = "a-plan-of-the-vault"
WALKER: Final = "tor"
STATUSES: Final = frozenset({200, 400, 401, 403, 404, 409, 413, 429})
# Faults of the caller that clients expect to be answered with 500; they say so.
DOCUMENTED_500: Final = "answered_500"
KINDS: Final = ("application/json", "application/cbor", "application/x-msgpack")
# What is written outside the transaction of a request, whatever came of it.
_NOTES: Final = frozenset(
    {
        *("request_logs", "cursors", "credentials", "rate_limits", "job_schedules", "account_tokens"),
        "harper_token_keys",  # an account's are made before its first token, and stay for the next who asks
    }
)
_RIGHTS: Final = {
    "super_user": False,
    "press": {
        "tables": {
            "article": dict.fromkeys(("read", "insert", "update", "delete"), True) | {"attribute_permissions": []},
            "author": {"read": True, "insert": False, "update": False, "delete": False, "attribute_permissions": []},
        }
    },
}


Rows = Counter[tuple[object, ...]]
Tables = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class State:
    """All that is kept: the neighbours' rows, and everybody else's. A row begins with the name of its table."""

    neighbours: Rows
    others: Rows

    def differences(self, other: State) -> str:
        """The rows that are in one of the two alone, for reading."""
        gone, new = self.neighbours + self.others - other.neighbours - other.others, other.others - self.others
        return f"gone: {list(gone)[:5]!s:.1500}, new: {list(new)[:5]!s:.1500}"


@dataclass(slots=True)
class World:
    """A super user, somebody with few rights, and neighbours in another account whose rows hold `SECRET`."""

    instance: Instance
    walker: Instance
    tables: Tables
    neighbours: frozenset[object]
    state: State
    statuses: Counter[int] = field(default_factory=Counter)

    async def ask(
        self, body: dict[str, Any], *, by: str = "super user", kind: str = KINDS[0], may_tell: bool = False
    ) -> Reply:
        """The reply to a body. Raises `AssertionError` for what must never be; `may_tell` where the secrets are the caller's."""
        caller = self.instance if by == "super user" else self.walker
        raw, media_type = encoded(body, kind)
        began = time.monotonic()
        reply = await caller.client.request("POST", "/", body=raw, media_type=media_type)
        took_s = time.monotonic() - began
        self.statuses[reply.status] += 1
        asked = f"{by} asked {str(body)[:2_000]}"
        assert reply.status in STATUSES or reply.headers.get("harper-error-code") == DOCUMENTED_500, (
            asked,
            reply.status,
            reply.body[:500],
        )
        assert took_s < SECONDS_MAX, (asked, took_s)
        for secret in () if may_tell else (SECRET,) if by == "super user" else (SECRET, HIDDEN):
            assert secret.encode() not in reply.body, (asked, reply.body[:500])
        before, self.state = self.state, await self.look()
        assert self.state.neighbours == before.neighbours, (
            f"{asked}, and something of the neighbours was changed: {before.differences(self.state)}"
        )
        assert reply.status == 200 or self.state == before, (
            f"{asked}, was refused ({reply.status}), and changed something: {before.differences(self.state)}"
        )
        return reply

    async def mend(self) -> None:
        """Do the jobs that were begun, and put back what statements are about."""
        await self.instance.house.worker.run_due(self.instance.house.clock.now())
        failed = await self.instance.house.database.read(
            lambda tx: tx.rows("SELECT kind, data, error FROM jobs WHERE error IS NOT NULL")
        )
        assert not failed, failed[:3]  # a fault of the caller is a result; an error is ours
        for database, table, records in (
            ("press", "article", [{"id": 0, "title": "Tides", "year": 1994, "tags": ["a", 1]}]),
            ("press", "author", [{"id": 1, "name": "Ida"}]),
            ("vault", "plans", [{"id": HIDDEN, "title": HIDDEN}]),
        ):
            await self.instance.ask("create_table", database=database, table=table, primary_key="id")
            await self.instance.ask("insert", database=database, table=table, records=records)
        self.state = await self.look()

    async def look(self) -> State:
        """What is kept now."""
        return await self.instance.house.database.read(self._state)

    def _state(self, tx: Tx) -> State:
        found = State(Counter(), Counter())
        for name, owners, row in _rows(tx, self.tables):
            (found.others if self.neighbours.isdisjoint(owners) else found.neighbours)[name, *row] += 1
        return found


def _rows(tx: Tx, tables: Tables) -> Iterator[tuple[str, list[object], Iterable[object]]]:
    """All rows of the tables, with their names and the ids of whose they are."""
    if tx.engine == "sqlite":
        for name, owners in tables:
            for row in tx.rows(f"SELECT * FROM {name}"):
                yield name, [row[column] for column in owners], row.values()
        return
    # One question for all, because each takes its way to the server; ids are told apart by what they are of.
    parts = [
        f"SELECT '{name}' AS name, {' || chr(9) || '.join(f'{column}::text' for column in owners) or 'NULL'} AS owners, "
        f"{name}::text AS doc FROM {name}"
        for name, owners in tables
    ]
    for row in tx.rows(" UNION ALL ".join(parts)):
        owners = (row["owners"] or "").split("\t")
        yield row["name"], [int(each) if each.isdigit() else each for each in owners], (row["doc"],)


def encoded(body: dict[str, Any], kind: str) -> tuple[bytes, str]:
    """The body in a media type; in JSON where that type has no form for something, as half surrogates."""
    try:
        if kind == KINDS[1]:
            return cbor2.dumps(body), kind
        if kind == KINDS[2]:
            return msgspec.msgpack.encode(body), kind
    except (OverflowError, UnicodeEncodeError):
        pass
    return json.dumps(body).encode(), KINDS[0]


@asynccontextmanager
async def open_world(database: Database, folder: Path) -> AsyncIterator[World]:
    """A world in a migrated database."""
    async with open_instance(database, ManualClock(START), folder) as instance:
        await furnish(instance)
        await instance.do("create_table", database="vault", table="plans", primary_key="id")
        await instance.do("insert", database="vault", table="plans", records=[{"id": HIDDEN, "title": HIDDEN}])
        walker = await instance.user(WALKER, _RIGHTS)
        await instance.house.write(
            instance.organization.sandbox, lambda call: users.set_up(call, f"{SECRET}-user", hash_of("oak-7"))
        )
        await instance.house.worker.run_due(instance.house.clock.now())
        tables, neighbours = await database.read(lambda tx: layout(tx, instance.organization.sandbox.id))
        world = World(instance, walker, tables, neighbours, State(Counter(), Counter()))
        world.state = await world.look()
        yield world


def layout(tx: Tx, neighbour: str) -> tuple[Tables, frozenset[object]]:
    """The tables of the store with the columns that say whose a row is, and what is there for the neighbours."""
    if tx.engine == "sqlite":
        rows = tx.rows(
            "SELECT m.name AS name, p.name AS field FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'"
        )
    else:
        rows = tx.rows(
            "SELECT table_name AS name, column_name AS field FROM information_schema.columns WHERE table_schema = 'public'"
        )
    columns: dict[str, list[str]] = {}
    for row in rows:
        columns.setdefault(row["name"], []).append(row["field"])
    owners = {"account_id", "table_id", "attribute_id"}
    tables = tuple(
        (name, tuple(sorted(owners & {*found})))
        for name, found in sorted(columns.items())
        if name not in _NOTES and "sqlite" not in name
    )
    theirs: set[object] = {neighbour}
    for name, column in (("harper_tables", "id"), ("harper_attributes", "id")):
        theirs |= {
            row[column]
            for row in tx.rows(f"SELECT {column} FROM {name} WHERE account_id = :account_id", account_id=neighbour)
        }
    return tables, frozenset(theirs)
