"""Backups that are kept in the store: numbered in their database, checked by their digest, put back in one transaction."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.products.harper_tables.admin_ops import archive_store, keeping, store
from harbor.products.harper_tables.admin_ops.backups import archive
from harbor.products.harper_tables.admin_ops.backups.archive import Taken
from harbor.products.harper_tables.admin_ops.store import Kept
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.ordering import order_key
from harbor.products.harper_tables.records import service as records
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.search import service as search
from harbor.products.harper_tables.search.model import Query
from harbor.products.harper_tables.values import Doc

_KIND: Final = "backup"
_PART: Final = 1_000
KEPT_MAX: Final = 100


def need_database(call: Call, database: str) -> None:
    """Raise `Missing` in the words of backups."""
    if not catalog.has_database(call, database):
        raise Missing(f"Database '{database}' does not exist", code="database_missing")


def keep(call: Call, database: str, taken: Taken) -> int:
    """Keep a backup; its number in the database."""
    known = _of(call, database)
    if len(known) >= KEPT_MAX:
        raise invalid(f"At most {KEPT_MAX} backups of a database are kept; delete some first.", code="too_many")
    number = max((each.doc["backup_id"] for each in known), default=0) + 1
    doc = {
        "backup_id": number,
        "database": database,
        "size": len(taken.content),
        "file_count": taken.files,
        "sha256": hashlib.sha256(taken.content).hexdigest(),
    }
    keeping.keep(call, _KIND, _name(database, number), doc)
    archive_store.put(call.tx, call.account_id, _KIND, _name(database, number), taken.content)
    return number


def listing(call: Call, database: str) -> list[dict[str, Any]]:
    """The backups of a database, oldest first."""
    return [
        {
            "backup_id": each.doc["backup_id"],
            "timestamp": each.created_at // 1_000_000,
            "size": each.doc["size"],
            "file_count": each.doc["file_count"],
        }
        for each in _of(call, database)
    ]


def verify(call: Call, database: str, number: int) -> str:
    """What a check of a backup comes to; the digest is always compared."""
    doc = _need(call, database, number).doc
    content = archive_store.get(call.tx, call.account_id, _KIND, _name(database, number)) or b""
    if hashlib.sha256(content).hexdigest() != doc["sha256"]:
        return f"Backup {number} of '{database}' is damaged"
    try:
        archive.read(content)
    except ValueError:
        return f"Backup {number} of '{database}' cannot be read"
    return f"Backup {number} of '{database}' is whole"


def delete(call: Call, database: str, number: int) -> None:
    """Forget a backup. Raises `Missing`."""
    _need(call, database, number)
    keeping.forget(call, _KIND, _name(database, number))
    archive_store.delete(call.tx, call.account_id, _KIND, _name(database, number))


def purge(call: Call, database: str, keep_count: int) -> tuple[int, int]:
    """Forget all but the newest; how many were deleted and how many remain."""
    known = [each.doc["backup_id"] for each in _of(call, database)]
    old = known[: max(0, len(known) - keep_count)]
    for number in old:
        delete(call, database, number)
    return len(old), len(known) - len(old)


def restore(call: Call, database: str, number: int | None, compat: Compat) -> str:
    """Make the tables of a backup what they were: its records, and no others. All of it or nothing."""
    known = _of(call, database)
    if number is None and not known:
        raise Missing(f"Database '{database}' has no backup", code="backup_missing")
    number = known[-1].doc["backup_id"] if number is None else number
    _need(call, database, number)
    content = archive_store.get(call.tx, call.account_id, _KIND, _name(database, number)) or b""
    try:
        manifest, tables = archive.read(content)
    except ValueError:
        raise invalid(f"Backup {number} of '{database}' cannot be read", code="backup_damaged") from None
    for described, docs in zip(manifest["tables"], tables, strict=True):
        _restore(call, database, described, docs, compat)
    keeping.tell(call, _KIND, "restored", _name(database, number), database=database)
    return f"Backup {number} of '{database}' was restored"


def _restore(call: Call, database: str, described: Doc, docs: list[Doc], compat: Compat) -> None:
    name, key = str(described["name"]), str(described["primary_key"])
    table = catalog.lookup(call, database, name)
    if table is not None and table.primary_key != key:
        catalog.drop_table(call, database, name, compat)
        table = None
    if table is None:
        attributes = [(each["name"], each["definition"]) for each in described["attributes"]]
        table = catalog.create_table(
            call,
            database,
            name,
            primary_key=key,
            settings=described["settings"],
            attributes=attributes,
            compat=compat,
        )
    wanted = {order_key(doc[key]) for doc in docs}
    present = [match.doc[key] for match in search.matches(call.tx, table, Query())]
    strangers = [each for each in present if order_key(each) not in wanted]
    for at in range(0, len(strangers), _PART):
        records.delete(call, database, name, strangers[at : at + _PART])
    for at in range(0, len(docs), _PART):
        records.upsert(call, database, name, docs[at : at + _PART], records.How(is_full=True))


def _of(call: Call, database: str) -> list[Kept]:
    known = [each for each in store.listing(call.tx, call.account_id, _KIND) if each.doc["database"] == database]
    return sorted(known, key=lambda each: int(each.doc["backup_id"]))


def _need(call: Call, database: str, number: int) -> Kept:
    kept = store.get(call.tx, call.account_id, _KIND, _name(database, number))
    if kept is None:
        raise Missing(f"Backup {number} of '{database}' does not exist", code="backup_missing")
    return kept


def _name(database: str, number: int) -> str:
    return f"{database}/{number}"
