"""Backups on the wire. Source: docs/products/harper.md#backups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.work import RawStage
from harbor.products.harper_tables.admin_ops import asking, upkeep
from harbor.products.harper_tables.admin_ops.backups import archive, service
from harbor.products.harper_tables.admin_ops.backups.archive import Taken
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation, exchange
from harbor.products.harper_tables.replies import encode

_GROUP = "Backups"
_SYSTEM: Final = "system"


async def get_backup(request: Request, stage: RawStage) -> Reply:
    """The present state of a database as a tar, packed with gzip unless asked otherwise."""
    body = Fields(exchange(request).values)

    def read(call: Call, supply: dict[str, Any]) -> tuple[str, bool, Taken]:  # noqa: ARG001
        database = body.name("database", "schema", default=DEFAULT_DATABASE)
        table, tables = body.name("table"), asking.names(body, "tables")
        has_audit, is_packed = body.flag("include_audit"), body.flag("gzip", default=True)
        body.flag("exclude_blobs")
        body.check()
        service.need_database(call, database)
        names = [*tables, *([table] if table else [])]
        return database, is_packed, archive.take(call, database, names, has_audit=has_audit, is_packed=is_packed)

    database, is_packed, taken = await stage.read(read)
    safe = "".join(letter if letter.isalnum() else "-" for letter in database)
    name = f"{safe}.tar{'.gz' if is_packed else ''}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Reply(200, taken.content, headers, "application/octet-stream")


async def create_backup(request: Request, stage: RawStage) -> Reply:
    """Take a backup on a reader, keep it, and note a job that tells of it."""
    body = Fields(exchange(request).values)

    def read(call: Call, supply: dict[str, Any]) -> tuple[str, Taken]:  # noqa: ARG001
        database = _database(body)
        body.check()
        service.need_database(call, database)
        return database, archive.take(call, database, has_audit=True)

    database, taken = await stage.read(read)

    def keep(call: Call, supply: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
        number = service.keep(call, database, taken)
        return upkeep.start(
            call, upkeep.DONE, "create_backup", {"message": f"Backup {number} of '{database}' was taken"}
        )

    media_type = exchange(request).media_type
    return Reply(200, encode(await stage.write(keep), media_type), {}, media_type)


def list_backups(call: Call, body: Fields) -> list[dict[str, Any]]:
    """The backups of a database."""
    database = _database(body)
    body.check()
    _need(call, database)
    return service.listing(call, database)


def verify_backup(call: Call, body: Fields) -> dict[str, Any]:
    """Check a backup; the job says what came of it."""
    database, number = _database(body), _number(body)
    body.flag("verify_checksum")
    body.check()
    _need(call, database)
    assert number is not None
    return upkeep.start(call, upkeep.DONE, "verify_backup", {"message": service.verify(call, database, number)})


def delete_backup(call: Call, body: Fields) -> str:
    """Forget a backup."""
    database, number = _database(body), _number(body)
    body.check()
    _need(call, database)
    assert number is not None
    service.delete(call, database, number)
    return f"Successfully deleted backup {number} of '{database}'"


def purge_backups(call: Call, body: Fields) -> dict[str, int]:
    """Forget all but the newest backups."""
    database = _database(body)
    if not body.has("keep_count"):
        body.refuse("'keep_count' is required", field="keep_count")
    count = body.count("keep_count", at_least=0, default=0) or 0
    body.check()
    _need(call, database)
    deleted, remaining = service.purge(call, database, count)
    return {"deleted": deleted, "remaining": remaining}


def restore_backup(call: Call, body: Fields) -> dict[str, Any]:
    """Put a backup back, the newest if none is named."""
    database, number = _database(body), _number(body, required=False)
    if body.raw("target_database") is not None or database == _SYSTEM:
        body.refuse("a backup can only be restored in place, and never the system database", field="database")
    body.check()
    message = service.restore(call, database, number, body.compat)
    return upkeep.start(call, upkeep.DONE, "restore_backup", {"message": message})


def _database(body: Fields) -> str:
    return body.name("database", "schema", default=DEFAULT_DATABASE)


def _number(body: Fields, *, required: bool = True) -> int | None:
    if required and not body.has("backup_id"):
        body.refuse("'backup_id' is required", field="backup_id")
    return body.count("backup_id", at_least=1)


def _need(call: Call, database: str) -> None:
    """A database that was dropped may still have backups, which are then all there is to see of it."""
    try:
        service.need_database(call, database)
    except Missing:
        if not service.listing(call, database):
            raise


def _made(handler: Callable[..., Any], only: str, summary: str, **more: Any) -> Operation:
    return Operation(name=handler.__name__, handler=handler, only=only, group=_GROUP, summary=summary, **more)


OPERATIONS = (
    _made(get_backup, "getBackup", "A database as a tar", raw=True),
    _made(create_backup, "createBackup", "Take a backup", raw=True),
    _made(list_backups, "listBackups", "The backups of a database"),
    _made(verify_backup, "verifyBackup", "Check a backup", writes=True),
    _made(delete_backup, "deleteBackup", "Forget a backup", writes=True),
    _made(purge_backups, "purgeBackups", "Forget all but the newest backups", writes=True),
    _made(restore_backup, "restoreBackup", "Put a backup back", writes=True),
)
