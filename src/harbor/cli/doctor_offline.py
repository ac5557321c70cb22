"""What the doctor finds in a data directory while no server uses it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from harbor.app import SEALED_COLUMNS, areas, open_database
from harbor.cli import doctor_model as model
from harbor.cli.doctor_model import Check, failed, passed, warning
from harbor.cli.local import settings_of
from harbor.cli.output import Output
from harbor.kernel import instance_store as instance
from harbor.kernel.clock import SystemClock
from harbor.kernel.datadir import DataDir
from harbor.kernel.errors import StartRefused
from harbor.kernel.rotation import store as rotation
from harbor.kernel.settings import Settings
from harbor.kernel.storage import sqlite_copy
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import check, steps
from harbor.kernel.vault import Vault

_KEY_TODO = "Put back the copy of instance.key that belongs to this database, with mode 0600."


class _Notes(Output):
    """Keeps what would be told to a person."""

    def __init__(self) -> None:
        super().__init__(as_json=False)
        object.__setattr__(self, "notes", [])

    notes: list[str]

    def note(self, text: str) -> None:
        """Keep a remark."""
        self.notes.append(text.removeprefix("warning: "))


async def examine(data: Path | None, database: str | None) -> AsyncIterator[Check]:
    """The checks in the order in which one needs the other. Changes nothing, but lets SQLite finish what a crash left."""
    notes = _Notes()
    try:
        settings = settings_of({"data": data, "database": database}, notes)
    except StartRefused as refused:
        yield failed("settings", str(refused), "Correct the setting.")
        return
    for check_ in _settings(settings, notes.notes):
        yield check_
    folder = DataDir(settings.data)
    if not folder.path.is_dir() or not (settings.database or folder.database.exists()):
        yield failed("directory", f"{folder.path} holds no installation", f"harbor init --data {folder.path}")
        return
    yield passed("directory", str(folder.path))
    try:
        folder.acquire()
    except StartRefused as refused:
        yield failed("lock", str(refused), "Stop the server, or examine it with `harbor doctor` without --offline.")
        return
    try:
        yield passed("lock", "no other process uses the directory")
        usage = shutil.disk_usage(folder.path)
        yield model.disk(usage.free, usage.total)
        vault: Vault | None = None
        try:
            vault = Vault.from_file(settings.key_file or folder.key)
            yield passed("key", f"seals with {vault.current}, opens with {len(vault.key_ids)}")
        except StartRefused as refused:
            yield failed("key", str(refused), _KEY_TODO)
        async for check_ in _database(settings, folder, vault):
            yield check_
    finally:
        folder.release()


def _settings(settings: Settings, notes: list[str]) -> list[Check]:
    found = [warning("settings", note, "Correct or remove it.") for note in notes]
    for word, is_loose in (
        ("webhook_allow_http", settings.webhook_allow_http),
        ("webhook_allow_cidrs", bool(settings.webhook_allow_cidrs)),
    ):
        if is_loose:
            found.append(
                warning("settings", f"{word} lets webhooks go where they otherwise may not", "For development.")
            )
    if not settings.rate_limits:
        found.append(warning("settings", "rate_limits is off: no request is limited", "Turn it on beyond tests."))
    if settings.clock == "manual":
        found.append(warning("settings", "the calendar is manual and stands still", "For tests only."))
    if settings.smtp_host is None:
        found.append(warning("settings", "smtp_host is not set: mails are written and not sent", "Set it, for mails."))
    if settings.tls_certificate is not None:
        found.append(_certificate(settings.tls_certificate))
    return found or [passed("settings", "nothing to remark")]


def _certificate(path: Path) -> Check:
    try:
        ends_at = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        return failed("certificate", f"{path} cannot be read: {error}", "Give a PEM file with --tls-certificate.")
    return model.certificate((ends_at - datetime.now(UTC)).days)


async def _database(settings: Settings, folder: DataDir, vault: Vault | None) -> AsyncIterator[Check]:
    if settings.database is None:
        found = sqlite_copy.problems(folder.database)
        if found:
            yield failed("database", f"damaged: {found[0]}", "Restore a backup: harbor restore.")
            return
        yield passed("database", f"whole, {folder.database.stat().st_size >> 10} KiB")
    store = open_database(settings, SystemClock())
    try:
        await store.open()
    except StartRefused as refused:
        yield failed("database", str(refused), "Mend what is named.")
        return
    try:
        if settings.database is not None:
            yield passed("database", "PostgreSQL answers, with the version and collation it needs")
        schema = await _migrations(store)
        yield schema
        if schema.verdict == "passed":
            async for check_ in _key_of(store, vault):
                yield check_
    finally:
        await store.close()


async def _migrations(store: Database) -> Check:
    try:
        missing = await check(store, areas(store.engine))
    except StartRefused as refused:
        return failed("tables", str(refused), "Use the version of Harbor that belongs to the database.")
    total = sum(len(steps(area)) for area in areas(store.engine))
    if len(missing) == total:
        return failed("tables", "the database is empty", "harbor init, or restore a backup.")
    if missing:
        return failed("tables", f"{len(missing)} migrations are missing", "Take a backup and run harbor migrate.")
    return passed("tables", f"all {total} migrations are applied")


async def _key_of(store: Database, vault: Vault | None) -> AsyncIterator[Check]:
    stored = await store.read(lambda tx: instance.get(tx, instance.KEY_FINGERPRINT))
    mode = await store.read(lambda tx: instance.get(tx, instance.MODE))
    if stored is None:
        yield failed("installation", "the database was never set up", "harbor init")
        return
    yield passed("installation", f"{mode} mode")
    if vault is None:
        return
    try:
        vault.check_fingerprint(stored)
    except StartRefused as refused:
        yield failed("key of the database", str(refused), _KEY_TODO)
        return
    yield passed("key of the database", "the key file belongs to it")
    used: set[str] = set()
    for column in SEALED_COLUMNS:
        used |= await store.read(lambda tx, column=column: rotation.key_ids(tx, column), long=True)  # type: ignore[misc]
    if lost := sorted(used - set(vault.key_ids)):
        yield failed("sealed values", f"some need the key {lost[0]}, which is not in the file", _KEY_TODO)
    elif len(vault.key_ids) > 1:
        yield warning(
            "sealed values", "all keys are here; more than one is in the file", "harbor rotate-key ends that."
        )
    else:
        yield passed("sealed values", "the key that sealed them is here")
