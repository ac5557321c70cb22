"""What the routes for backup and machine need of their process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harbor.kernel.backup.backups import Backups
from harbor.kernel.datadir import DataDir
from harbor.kernel.facts import Facts
from harbor.kernel.settings import Settings
from harbor.kernel.storage.database import Database
from harbor.kernel.vault import Vault


def tools(settings: Settings, database: Database, vault: Vault, *, version: str) -> Mapping[str, Any]:
    """The tools `backups` and `facts`."""
    folder = DataDir(settings.data)
    return {
        "backups": Backups(database, folder, vault, key_file=settings.key_file, version=version),
        "facts": Facts(version=version, engine=database.engine, clock=settings.clock, folder=folder.path),
    }
