"""The catalogue: tables `harper_databases`, `harper_tables`, `harper_attributes`, `harper_dropped`, `harper_serials`."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec

from harbor.kernel.storage.database import Row, Tx
from harbor.products.harper_tables.catalog.model import Attribute, Dropped, Indexing, Table

_SERIAL = "tables"
_KNOWN_MAX = 2_000
_MEMO = "harper.tables"
# Tables by the version in their row. The version is random and new with each change, so what is kept here is never
# stale, and what a transaction undid is never asked for again.
_known: OrderedDict[str, Table] = OrderedDict()


def databases(tx: Tx, account_id: str) -> list[str]:
    """The names of an account's databases in their order."""
    rows = tx.rows(
        "SELECT name FROM harper_databases WHERE account_id = :account_id ORDER BY name", account_id=account_id
    )
    return [row["name"] for row in rows]


def has_database(tx: Tx, account_id: str, name: str) -> bool:
    """Whether there is such a database."""
    return (
        tx.row(
            "SELECT 1 AS one FROM harper_databases WHERE account_id = :account_id AND name = :name",
            account_id=account_id,
            name=name,
        )
        is not None
    )


def insert_database(tx: Tx, account_id: str, name: str) -> bool:
    """Add a database; False if it is there already."""
    return (
        tx.run(
            """
            INSERT INTO harper_databases (account_id, name, created_at) VALUES (:account_id, :name, :now)
            ON CONFLICT (account_id, name) DO NOTHING
            """,
            account_id=account_id,
            name=name,
            now=tx.now_us,
        )
        == 1
    )


def delete_database(tx: Tx, account_id: str, name: str) -> None:
    """Remove an empty database."""
    tx.run(
        "DELETE FROM harper_databases WHERE account_id = :account_id AND name = :name", account_id=account_id, name=name
    )


def table_names(tx: Tx, account_id: str, database: str) -> list[str]:
    """The names of a database's tables in their order."""
    rows = tx.rows(
        "SELECT name FROM harper_tables WHERE account_id = :account_id AND database = :database ORDER BY name",
        account_id=account_id,
        database=database,
    )
    return [row["name"] for row in rows]


class Hold(Enum):
    """What a transaction holds off until it ends. SQLite has one writer and needs nothing of it.

    A write of records must not overlap with a change of the table: a record written meanwhile would lack entries, or
    keep a value that was dropped. Writes may overlap with each other, also with those that declare what they found new.
    """

    NOTHING = ""
    CHANGES = "FOR KEY SHARE"
    EVERYTHING = "FOR UPDATE"


def table(tx: Tx, account_id: str, database: str, name: str, hold: Hold = Hold.NOTHING) -> Table | None:
    """One table."""
    memo = None if tx.memo is None else tx.memo.setdefault(_MEMO, {})
    key = (account_id, database, name)
    if memo is not None and (known := memo.get(key)) is not None:
        return known  # type: ignore[no-any-return]
    row = tx.row(
        f"""
        SELECT * FROM harper_tables
        WHERE account_id = :account_id AND database = :database AND name = :name {hold.value if tx.engine == "postgres" else ""}
        """,
        account_id=account_id,
        database=database,
        name=name,
    )
    found = None if row is None else _table(tx, row)
    if memo is not None and found is not None:
        if len(memo) >= _KNOWN_MAX:
            memo.clear()
        memo[key] = found
    return found


def _changed(tx: Tx) -> None:
    """Nothing that is remembered of tables holds any more."""
    if tx.memo is not None:
        tx.memo.pop(_MEMO, None)


def insert_table(
    tx: Tx, account_id: str, database: str, name: str, *, primary_key: str, settings: Mapping[str, Any]
) -> bool:
    """Add a table without attributes; False if the name is taken."""
    return (
        tx.run(
            """
            INSERT INTO harper_tables
                (account_id, database, name, id, primary_key, settings, epoch, version, created_at)
            VALUES (:account_id, :database, :name, :id, :primary_key, :settings, 0, :version, :now)
            ON CONFLICT (account_id, database, name) DO NOTHING
            """,
            account_id=account_id,
            database=database,
            name=name,
            id=_next(tx, 1)[0],
            primary_key=primary_key,
            settings=msgspec.json.encode(settings).decode(),
            version=_version(),
            now=tx.now_us,
        )
        == 1
    )


def delete_table(tx: Tx, found: Table) -> None:
    """Remove a table from the catalogue and note what hung on it as still to be removed."""
    for attribute in found.attributes.values():
        _drop(tx, found, attribute.id, attribute.name, found.epoch)
    _drop(tx, found, 0, found.name, found.epoch)
    tx.run(
        "DELETE FROM harper_attributes WHERE account_id = :account_id AND table_id = :table_id",
        account_id=found.account_id,
        table_id=found.id,
    )
    _changed(tx)
    tx.run(
        "DELETE FROM harper_tables WHERE account_id = :account_id AND database = :database AND name = :name",
        account_id=found.account_id,
        database=found.database,
        name=found.name,
    )


def insert_attributes(tx: Tx, found: Table, added: Sequence[tuple[str, Mapping[str, Any], Indexing]]) -> None:
    """Add attributes with their definitions; those that are there already stay as they are."""
    _renew(tx, found, found.epoch)
    for id_, (name, definition, indexing) in zip(_next(tx, len(added)), added, strict=True):
        tx.run(
            """
            INSERT INTO harper_attributes (account_id, table_id, name, id, definition, indexing)
            VALUES (:account_id, :table_id, :name, :id, :definition, :indexing)
            ON CONFLICT (account_id, table_id, name) DO NOTHING
            """,
            account_id=found.account_id,
            table_id=found.id,
            name=name,
            id=id_,
            definition=msgspec.json.encode(definition).decode(),
            indexing=indexing.value,
        )


def delete_attribute(tx: Tx, found: Table, attribute: Attribute) -> None:
    """Remove an attribute. Records written before now still hold its values, so the table's epoch moves on."""
    epoch = found.epoch + 1
    _renew(tx, found, epoch)
    # Where attributes are declared apart from records, values stay in them: only entries are removed.
    _drop(tx, found, attribute.id, "" if found.is_schema_defined else attribute.name, epoch)
    tx.run(
        "DELETE FROM harper_attributes WHERE account_id = :account_id AND table_id = :table_id AND name = :name",
        account_id=found.account_id,
        table_id=found.id,
        name=attribute.name,
    )


def put_settings(tx: Tx, found: Table, settings: Mapping[str, Any]) -> None:
    """Keep a table's settings in place of those it had."""
    _renew(tx, found, found.epoch)
    tx.run(
        "UPDATE harper_tables SET settings = :settings WHERE account_id = :account_id AND id = :id",
        account_id=found.account_id,
        id=found.id,
        settings=msgspec.json.encode(settings).decode(),
    )


def begin_index(tx: Tx, found: Table, attribute: Attribute) -> None:
    """From now on writes keep entries of an attribute; searches use them when its index is filled."""
    _renew(tx, found, found.epoch)
    definition = {name: value for name, value in attribute.definition.items() if name != "indexed"}
    tx.run(
        """
        UPDATE harper_attributes SET indexing = :filling, definition = :definition
        WHERE account_id = :account_id AND table_id = :table_id AND id = :id
        """,
        account_id=found.account_id,
        table_id=found.id,
        id=attribute.id,
        filling=Indexing.FILLING.value,
        definition=msgspec.json.encode(definition).decode(),
    )


def index_is_ready(tx: Tx, found: Table, attribute_id: int) -> None:
    """From now on searches may use the entries of an attribute."""
    _renew(tx, found, found.epoch)
    tx.run(
        """
        UPDATE harper_attributes SET indexing = :ready
        WHERE account_id = :account_id AND table_id = :table_id AND id = :id
        """,
        account_id=found.account_id,
        table_id=found.id,
        id=attribute_id,
        ready=Indexing.READY.value,
    )


@dataclass(frozen=True, slots=True)
class Remains:
    """What is still to be removed: all of a table (`attribute_id` 0), or one attribute's values and entries."""

    table_id: int
    attribute_id: int
    name: str
    epoch: int


def first_remains(tx: Tx, account_id: str) -> Remains | None:
    """What to remove next; the attributes of a table before its records."""
    row = tx.row(
        """
        SELECT table_id, attribute_id, name, epoch FROM harper_dropped WHERE account_id = :account_id
        ORDER BY table_id, attribute_id DESC
        LIMIT 1
        """,
        account_id=account_id,
    )
    return None if row is None else Remains(row["table_id"], row["attribute_id"], row["name"], row["epoch"])


def forget_remains(tx: Tx, account_id: str, remains: Remains) -> None:
    """All of it is removed; nothing has to be hidden any more."""
    tx.run(
        """
        DELETE FROM harper_dropped
        WHERE account_id = :account_id AND table_id = :table_id AND attribute_id = :attribute_id
        """,
        account_id=account_id,
        table_id=remains.table_id,
        attribute_id=remains.attribute_id,
    )
    _changed(tx)
    tx.run(
        "UPDATE harper_tables SET version = :version WHERE account_id = :account_id AND id = :table_id",
        account_id=account_id,
        table_id=remains.table_id,
        version=_version(),
    )


def table_by_id(tx: Tx, account_id: str, table_id: int) -> Table | None:
    """One table by its number, for jobs."""
    row = tx.row(
        "SELECT * FROM harper_tables WHERE account_id = :account_id AND id = :id", account_id=account_id, id=table_id
    )
    return None if row is None else _table(tx, row)


def _table(tx: Tx, row: Row) -> Table:
    version: str = row["version"]
    if (known := _known.get(version)) is not None:
        return known
    made = Table(
        id=row["id"],
        account_id=row["account_id"],
        database=row["database"],
        name=row["name"],
        primary_key=row["primary_key"],
        settings=msgspec.json.decode(row["settings"]),
        epoch=row["epoch"],
        version=version,
        created_at=row["created_at"],
        attributes={each.name: each for each in _attributes(tx, row["account_id"], row["id"])},
        dropped=tuple(_dropped(tx, row["account_id"], row["id"])),
    )
    if len(_known) >= _KNOWN_MAX:
        _known.popitem(last=False)
    _known[version] = made
    return made


def _attributes(tx: Tx, account_id: str, table_id: int) -> Iterable[Attribute]:
    rows = tx.rows(
        """
        SELECT id, name, definition, indexing FROM harper_attributes
        WHERE account_id = :account_id AND table_id = :table_id
        ORDER BY id
        """,
        account_id=account_id,
        table_id=table_id,
    )
    for row in rows:
        yield Attribute(row["id"], row["name"], Indexing(row["indexing"]), msgspec.json.decode(row["definition"]))


def _dropped(tx: Tx, account_id: str, table_id: int) -> Iterable[Dropped]:
    rows = tx.rows(
        """
        SELECT name, epoch FROM harper_dropped
        WHERE account_id = :account_id AND table_id = :table_id AND attribute_id > 0 AND name <> ''
        """,
        account_id=account_id,
        table_id=table_id,
    )
    for row in rows:
        yield Dropped(row["name"], row["epoch"])


def _renew(tx: Tx, found: Table, epoch: int) -> None:
    _changed(tx)
    tx.run(
        """
        UPDATE harper_tables SET version = :version, epoch = :epoch
        WHERE account_id = :account_id AND database = :database AND name = :name
        """,
        account_id=found.account_id,
        database=found.database,
        name=found.name,
        version=_version(),
        epoch=epoch,
    )


def _drop(tx: Tx, found: Table, attribute_id: int, name: str, epoch: int) -> None:
    tx.run(
        """
        INSERT INTO harper_dropped (account_id, table_id, attribute_id, name, epoch)
        VALUES (:account_id, :table_id, :attribute_id, :name, :epoch)
        """,
        account_id=found.account_id,
        table_id=found.id,
        attribute_id=attribute_id,
        name=name,
        epoch=epoch,
    )


def _next(tx: Tx, count: int) -> range:
    """So many numbers for tables and attributes, used by nobody in the installation before."""
    row = tx.row(
        """
        INSERT INTO harper_serials (name, last) VALUES (:name, :count)
        ON CONFLICT (name) DO UPDATE SET last = harper_serials.last + :count
        RETURNING last
        """,
        name=_SERIAL,
        count=count,
    )
    assert row is not None
    last: int = row["last"]
    return range(last - count + 1, last + 1)


def _version() -> str:
    return secrets.token_hex(8)
