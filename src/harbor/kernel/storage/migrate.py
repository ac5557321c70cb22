"""Migrations: numbered SQL files, each applied once, in one transaction, on either engine.

A file is written with three column types (TEXT, BIGINT, BYTES). On SQLite they become STRICT tables.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harbor.kernel.errors import StartRefused
from harbor.kernel.storage.database import Database, Lane, Tx

_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
_LEDGER = """
CREATE TABLE IF NOT EXISTS migrations (
    area TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, applied_at BIGINT NOT NULL,
    PRIMARY KEY (area, number)
)
"""


@dataclass(frozen=True, slots=True)
class Area:
    """A folder of migrations: the kernel's or a product's."""

    name: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Step:
    """One file: its area, number, name and statements."""

    area: str
    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """What the file says, short: an applied file never changes."""
        return hashlib.sha256(self.sql.encode()).hexdigest()[:32]


async def migrate(database: Database, areas: Sequence[Area]) -> list[Step]:
    """Apply what is not applied yet and return it. Raises `StartRefused` if the database is newer or files changed."""
    await database.write(lambda tx: _create(tx, _LEDGER), lane=Lane.BACKGROUND)
    applied = []
    for step in pending(await database.read(_ledger), areas):
        await database.write(lambda tx, step=step: _apply(tx, step), lane=Lane.BACKGROUND)  # type: ignore[misc]
        applied.append(step)
    return applied


async def check(database: Database, areas: Sequence[Area]) -> list[Step]:
    """The steps that are missing, without applying them."""
    await database.write(lambda tx: _create(tx, _LEDGER), lane=Lane.BACKGROUND)
    return pending(await database.read(_ledger), areas)


def steps(area: Area) -> list[Step]:
    """The files of an area in their order."""
    found = []
    for path in sorted(area.folder.glob("*.sql")):
        match = _NAME.match(path.name)
        if match is None:
            raise StartRefused(f"{path} is not named like 0001_noun.sql.")
        found.append(Step(area.name, int(match[1]), path.stem, path.read_text("utf-8")))
    return found


def pending(ledger: dict[tuple[str, int], str], areas: Sequence[Area]) -> list[Step]:
    """The steps that `ledger` lacks. Raises `StartRefused` where ledger and files disagree."""
    missing = []
    for area in areas:
        known = {step.number for step in steps(area)}
        for step in steps(area):
            digest = ledger.get((step.area, step.number))
            if digest is None:
                missing.append(step)
            elif digest != step.digest:
                raise StartRefused(
                    f"Migration {step.area}/{step.name} was changed after it was applied; restore the released file."
                )
        newest = max((number for name, number in ledger if name == area.name), default=0)
        if newest not in known and newest:
            raise StartRefused(
                f"The database is newer than this program (migration {area.name}/{newest:04}); install the newer version."
            )
    return missing


def statements(sql: str) -> list[str]:
    """The statements of a file: each ends with a semicolon at the end of a line; comments are dropped."""
    plain = "\n".join(line.split("--")[0].rstrip() for line in sql.splitlines())
    return [part.strip() for part in re.split(r";\s*(?:\n|\Z)", plain) if part.strip()]


def migration_sql(statement: str, engine: str) -> str:
    """The statement in the engine's words."""
    if engine == "sqlite":
        statement = re.sub(r"\bBYTES\b", "BLOB", re.sub(r"\bBIGINT\b", "INTEGER", statement))
        return f"{statement} STRICT" if re.match(r"(?i)CREATE TABLE", statement) else statement
    return re.sub(r"\bBYTES\b", "BYTEA", statement)


def _ledger(tx: Tx) -> dict[tuple[str, int], str]:
    return {
        (row["area"], row["number"]): row["digest"] for row in tx.rows("SELECT area, number, digest FROM migrations")
    }


def _create(tx: Tx, statement: str) -> None:
    tx.lock("migrations")
    tx.run(migration_sql(statement.strip(), tx.engine))


def _apply(tx: Tx, step: Step) -> None:
    tx.lock("migrations")
    if tx.row(
        "SELECT 1 AS one FROM migrations WHERE area = :area AND number = :number", area=step.area, number=step.number
    ):
        return  # another process was faster
    for statement in statements(step.sql):
        tx.run(migration_sql(statement, tx.engine))
    tx.run(
        "INSERT INTO migrations (area, number, name, digest, applied_at) VALUES (:area, :number, :name, :digest, :at)",
        area=step.area,
        number=step.number,
        name=step.name,
        digest=step.digest,
        at=tx.now_us,
    )
