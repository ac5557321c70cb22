"""The backup on the wire: a tar in pieces."""

from __future__ import annotations

from typing import Any

from harbor.kernel.backup.backups import Backups
from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.products.harbor_events.admin import upkeep_service

SIZE_HEADER = "Harbor-Backup-Size"


class TakeBackup(Query, kw_only=True):
    """`include_key` puts the master keys in. Whoever has such a backup can open every secret in it."""

    include_key: bool = False


async def take_backup(stage: RawStage, services: Services, query: TakeBackup) -> Stream:  # noqa: ARG001
    """The database as it is at one moment, blobs and settings, as a tar whose last file holds the sums of the others.

    On PostgreSQL the database is not in it: take it with `pg_dump`, before this. `Harbor-Backup-Size` says about how many
    bytes will come. A reply that does not end with the sums was cut off.
    """

    def note(call: Call, supply: dict[str, Any]) -> bool:
        wanted: TakeBackup = supply["query"]
        upkeep_service.note_backup(call, has_key=wanted.include_key)
        return wanted.include_key

    has_key = await stage.write(note)
    backups: Backups = services.tools["backups"]
    backup = await backups.begin(has_key=has_key, goes_on=lambda: not services.draining.is_set())
    return Stream(200, {"Content-Type": "application/x-tar", SIZE_HEADER: str(backup.size_bytes)}, backup)


ROUTES = (
    Route(
        "admin.backup",
        "POST",
        "/admin/v1/backup",
        take_backup,
        raw=True,
        reply="application/x-tar",
        summary="Take a backup",
        tags=("Administration",),
    ),
)
