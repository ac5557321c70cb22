"""Statements made at random: never a 500, never a hang, never another account's data.

`python -m tests.products.harper_tables.sql.fuzz 100000` runs so many, from a seed that it prints; a second argument is the
seed. Half of them are made from a grammar, so that they reach what runs; the others are such statements damaged.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import AREAS, START
from tests.products.harper_tables.conftest import Instance, open_instance
from tests.products.harper_tables.sql.direct import as_super_user

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.migrate import migrate
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.records import service as records
from harbor.products.harper_tables.sql.aggregates import AGGREGATES
from harbor.products.harper_tables.sql.functions import FUNCTIONS
from harbor.products.harper_tables.sql.functions.logic import CASTS

SECONDS_MAX = 5.0
SECRET = "a-secret-of-the-neighbours"
_COLUMNS = (
    "id",
    "title",
    "year",
    "price",
    "tags",
    "address",
    "address.city",
    "flag",
    "__createdtime__",
    "name",
    "nothing",
)
_TABLES = (
    "press.article",
    "press.author",
    "press.empty",
    "vault.plans",
    "nowhere.t",
    "harbor.events",
    "system.hdb_user",
)
_LITERALS = (
    "1", "0", "-1", "2.5", "1e300", "12345678901234567890123", "'Tides'", "''", "'t%'", "'2026-01-01'", '"x"', "NULL", "TRUE",
    "undefined", "'[1,2]'", "'$.a[0]'", "'miles'", "'days'", "'YYYY'", "[1, 2]", '{"a": [1]}', "'[10.75,59.91]'", "'(a+)+$'",
)  # fmt: skip
_SIGNS = ("=", "<>", "<", ">=", "+", "-", "*", "/", "%", "||", "AND", "OR", "LIKE", "REGEXP")
_PIECES = (
    "'", '"', "`", "[", "]", "{", "(", ")", ";", "--", "/*", "*/", ",", ".", "\\", "%", "\x00", "\ud800", "é", "💥", "SELECT",
    "FROM", "WHERE", "UNION", "NOT", "IN", "AS", "GROUP BY", "ORDER BY", "LIMIT", ":account_id", "$1", "%(x)s", "?", "1e999", "9" * 50,
)  # fmt: skip


class Maker:
    """Statements from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def statement(self) -> str:
        """One statement, whole or damaged."""
        made = self._statement()
        return made if self.random.random() < 0.5 else self._damaged(made)

    def _damaged(self, text: str) -> str:
        for _ in range(self.random.randint(1, 4)):
            at = self.random.randint(0, len(text))
            chance = self.random.random()
            if chance < 0.4:
                text = text[:at] + self.random.choice(_PIECES) + text[at:]
            elif chance < 0.7:
                text = text[:at] + text[at + self.random.randint(1, 12) :]
            elif chance < 0.9:
                end = self.random.randint(at, len(text))
                text = text[:end] + " " + text[at:end] + text[end:]
            else:
                depth = self.random.choice((3, 60, 2_000))
                text = text[:at] + self.random.choice(("(", "NOT ", "- ", "[", "CASE WHEN ")) * depth + text[at:]
        return text[:20_000]

    def _statement(self) -> str:
        chance = self.random.random()
        if chance < 0.8:
            return ("EXPLAIN " if chance < 0.03 else "") + self.query(3)
        table = self._pick(_TABLES)
        if chance < 0.87:
            rows = ", ".join(f"({self.expression(1)}, {self.expression(1)})" for _ in range(self.random.randint(1, 3)))
            return f"INSERT INTO {table} ({self._pick(_COLUMNS)}, {self._pick(('b', 'title'))}) VALUES {rows}"
        where = f" WHERE {self.expression(2)}" if self.random.random() < 0.8 else ""
        if chance < 0.95:
            return f"UPDATE {table} SET {self._pick(('title', 'year', 'b'))} = {self.expression(2)}{where}"
        return f"DELETE FROM {table}{where} "

    def query(self, depth: int) -> str:
        """A query; deeper ones hold others."""
        if depth > 0 and self.random.random() < 0.15:
            sign = self._pick(("UNION", "UNION ALL", "INTERSECT", "EXCEPT"))
            return f"{self.query(0)} {sign} {self.query(0)}"
        named = f"WITH w AS ({self.query(0)}) " if depth > 2 and self.random.random() < 0.1 else ""
        items = self._pick(("*", "*", "", "", "")) or ", ".join(
            self._item(depth) for _ in range(self.random.randint(1, 3))
        )
        text = f"{named}SELECT {self._pick(('', '', 'DISTINCT ', 'TOP 3 '))}{items}"
        if self.random.random() < 0.97:
            text += f" FROM {self._sources(depth, named)}"
        for word, likelihood in (("WHERE", 0.6), ("GROUP BY", 0.1), ("HAVING", 0.05), ("ORDER BY", 0.3)):
            if self.random.random() < likelihood:
                text += f" {word} {self.expression(depth)}"
        if self.random.random() < 0.3:
            text += f" LIMIT {self.random.randint(0, 5)}"
        return text

    def _item(self, depth: int) -> str:
        return self.expression(depth) + (f" AS {self._pick(('x', 'y', '`a b`'))}" if self.random.random() < 0.3 else "")

    def _sources(self, depth: int, named: str) -> str:
        text = self._source(depth, named)
        if self.random.random() < 0.75:
            return text
        kind = self._pick(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL OUTER JOIN"))
        on = self.expression(1) if self.random.random() < 0.2 else f"a.{self._pick(_COLUMNS[:5])} = name"
        # Its columns have other names, so that those of the first table mean one thing.
        other = self._pick(
            ("(SELECT name FROM press.author)", f"(SELECT {self.expression(1)} AS name FROM press.article)")
        )
        return f"{text} AS a {kind} {other} AS b ON {on}"

    def _source(self, depth: int, named: str) -> str:
        if named and self.random.random() < 0.5:
            return "w"
        if depth > 0 and self.random.random() < 0.1:
            return f"({self.query(depth - 1)}) AS d"
        return "press.article" if self.random.random() < 0.93 else self._pick(_TABLES)

    def expression(self, depth: int) -> str:
        """An expression."""
        chance = self.random.random()
        if depth <= 0 or chance < 0.3:
            columns = _COLUMNS if self.random.random() < 0.05 else _COLUMNS[:-2]
            return self._pick(columns) if self.random.random() < 0.6 else self._pick(_LITERALS)

        def one() -> str:
            return self.expression(depth - 1)

        if chance < 0.55:
            return f"{one()} {self._pick(_SIGNS)} {one()}"
        if chance < 0.75:
            return self._call(one)
        forms = (
            f"({one()})",
            f"NOT {one()}",
            f"-{one()}",
            f"{one()} IN ({one()}, {one()})",
            f"{one()} BETWEEN {one()} AND {one()}",
            f"{one()} IS NOT NULL",
            f"CASE WHEN {one()} THEN {one()} ELSE {one()} END",
            f"CAST({one()} AS {self._pick(tuple(CASTS))})",
            f"({self.query(0)})",
            f"EXISTS ({self.query(0)})",
            f"{one()} IN ({self.query(0)})",
            f"COUNT(DISTINCT {one()})",
        )
        return self._pick(forms)

    def _call(self, one: Callable[[], str]) -> str:
        """A call that mostly has as many arguments as it takes."""
        if self.random.random() < 0.2:
            name, count = self._pick((*AGGREGATES, "NOPE")), 1
        else:
            name = self._pick(tuple(FUNCTIONS))
            count = self.random.randint(FUNCTIONS[name].least, min(4, FUNCTIONS[name].most))
        count += self.random.choice((0,) * 30 + (1,))
        return f"{name}({', '.join(one() for _ in range(count))})"

    def _pick(self, choices: tuple[str, ...]) -> str:
        return self.random.choice(choices)


async def furnish(instance: Instance) -> None:
    """What the statements are about, and what they must never show."""
    await instance.table("author", records=[{"id": number, "name": name} for number, name in ((1, "Ida"), (2, "Tor"))])
    await instance.table("empty")
    records: list[dict[str, Any]] = [
        {"id": number, "title": title, "year": year, "price": price, "flag": flag, "tags": ["a", number]}
        for number, (title, year, price, flag) in enumerate(
            (
                ("Tides", 1994, 2.5, True),
                ("Moss", 2012, None, False),
                ("moss", "2012", 1e300, None),
                ("", 1 << 70, -1, True),
            )
        )
    ]
    await instance.table(records=[*records, {"id": "x", "address": {"city": "Oslo", "place": [10.75, 59.91]}}])
    await _neighbour(instance)


async def _neighbour(instance: Instance) -> None:
    """Another account of the installation, with tables of the same names."""
    account = instance.organization.sandbox

    def make(call: Call) -> None:
        as_super_user(call, instance, account)
        for database, name in (("press", "article"), ("vault", "plans")):
            catalog.create_table(call, database, name, primary_key="id", settings={}, attributes=(), compat=Compat.V5)
            records.insert(call, database, name, [{"id": SECRET, "title": SECRET}])

    await instance.house.write(account, make)


async def check(instance: Instance, statement: str) -> int:
    """Run one statement; its status. Raises `AssertionError` for what must never be."""
    began = time.monotonic()
    body = {"operation": "sql", "sql": statement}
    if "\ud800" in statement:  # no JSON holds it
        body["sql"] = statement.replace("\ud800", "\\ud800")
    reply = await instance.client.request("POST", "/", body)
    assert reply.status in (200, 400, 403, 404) or _is_documented(reply), (statement, reply.status, reply.body[:500])
    assert SECRET.encode() not in reply.body, (statement, reply.body[:500])
    assert time.monotonic() - began < SECONDS_MAX, statement
    return int(reply.status)


def _is_documented(reply: Any) -> bool:
    """The one 500 that clients test for: a row of INSERT with too few values."""
    return bool(reply.status == 500 and b"There was a problem performing this insert" in reply.body)


async def _run(count: int, seed: int) -> Counter[int]:
    folder, clock = Path(tempfile.mkdtemp()), ManualClock(START)
    database = SqliteDatabase(folder / "harbor.db", clock)
    await database.open()
    await migrate(database, AREAS)
    maker, statuses = Maker(seed), Counter[int]()
    try:
        async with open_instance(database, clock, folder) as instance:
            await furnish(instance)
            for _ in range(count):
                statuses[await check(instance, maker.statement())] += 1
    finally:
        await database.close()
        shutil.rmtree(folder)
    return statuses


def main() -> None:
    """Run as many statements as the first argument says."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    print(f"{count} statements from seed {seed}")
    print(dict(asyncio.run(_run(count, seed))))


if __name__ == "__main__":
    main()
