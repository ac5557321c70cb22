"""The job that rotates the master key, and is safe to stop at any moment.

1. A new key is added to the file. From then on it seals; all keys open.
2. Every sealed text is sealed again, a few rows a step, until a whole walk finds nothing more to do.
3. The fingerprint in the database becomes the new key's.
4. The old keys leave the file.

At each of these moments the file holds every key that some text needs, and the key the fingerprint names, so a start
after a crash finds all it needs and the job goes on where it was.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from harbor.kernel import instance_store as instance
from harbor.kernel.identity import store as identity
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import Abandon, JobKind, JsonObject, Progress
from harbor.kernel.rotation import store
from harbor.kernel.rotation.state import KIND
from harbor.kernel.sealed import Sealed
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.vault import KEYS_MAX, Unsealable, Vault

STEP_ROWS = 50  # a stored reply may be a page of a hundred events
_PROGRESS_EVERY_S = 1.0
_REST_S_MAX = 1.0
_ATTEMPTS_MAX = 50

log = structlog.get_logger("harbor.vault")


def rotation_kind(vault: Vault, columns: Sequence[Sealed], *, settle_s: float) -> JobKind:
    """The kind of job that makes a new master key and seals `columns` with it.

    `settle_s` is how long other processes may go on as they were: until they have looked at the key file, and until a
    transaction that read an old text has written it back. 0 where no other process uses the database.
    """

    async def run(context: JobContext) -> JsonObject:
        return await _Rotation(context, vault, columns, settle_s).run()

    return JobKind(name=KIND, run=run, attempts_max=_ATTEMPTS_MAX, retry_delay_s_max=60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """How far one walk over all columns is. `changed` and `unreadable` count this walk, `resealed` all of them."""

    column: int = 0
    after: tuple[str, ...] | None = None
    seen: int = 0
    changed: int = 0
    unreadable: int = 0
    resealed: int = 0

    def data(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> _Walk:
        return cls(**{**data, "after": None if data["after"] is None else tuple(data["after"])})


class _Rotation:
    def __init__(self, context: JobContext, vault: Vault, columns: Sequence[Sealed], settle_s: float) -> None:
        self._context = context
        self._vault = vault
        self._columns = columns
        self._settle_s = settle_s

    async def run(self) -> JsonObject:
        old, new = await self._add_key()
        walk = _Walk.of((self._context.job.position or {})["walk"])
        while True:
            walk = await self._walk(old, new, walk)
            if walk.changed == 0:
                break
            # Somebody may have read a text before it was sealed again, and write it back now.
            await asyncio.sleep(self._settle_s)
            walk = _Walk(resealed=walk.resealed)
            await self._put(old, new, walk)
        await self._context.step(lambda tx: instance.put(tx, instance.KEY_FINGERPRINT, self._vault.fingerprint))
        for key_id in old:
            if key_id in self._vault.key_ids:
                await asyncio.to_thread(self._vault.remove_key, key_id)
        log.info("key_rotated", key=new, removed=old, resealed=walk.resealed, unreadable=walk.unreadable)
        return {"key_id": new, "removed": old, "resealed": walk.resealed, "unreadable": walk.unreadable}

    async def _add_key(self) -> tuple[list[str], str]:
        position = self._context.job.position
        if position is None:
            if len(self._vault.key_ids) >= KEYS_MAX:
                raise Abandon(
                    f"The key file holds {KEYS_MAX} keys, which is the most; remove those not needed any more."
                )
            # Written down first: a crash between the file and the next commit must not add a second key.
            position = {"old": list(self._vault.key_ids)}
            await self._context.step(lambda _: None, position=position)
        old = [str(key_id) for key_id in position["old"]]
        if "new" not in position:
            await asyncio.to_thread(self._added, old)
            new = self._vault.current
            # A second process may still seal with the old key; the walk must come after that.
            await asyncio.sleep(self._settle_s)
            await self._put(old, new, _Walk())
            return old, new
        if self._vault.current != position["new"]:
            raise Abandon(
                "The key file was replaced during the rotation; put back the one with the new key, and rotate."
            )
        return old, str(position["new"])

    def _added(self, old: list[str]) -> None:
        if set(self._vault.key_ids) <= set(old):
            try:
                self._vault.add_key()
            except OSError as error:
                raise Abandon(
                    f"The key file cannot be written: {error.strerror}. Make it writable, and rotate."
                ) from None

    async def _walk(self, old: list[str], new: str, walk: _Walk) -> _Walk:
        """Go from `walk` to the end of all columns; nothing is left to do if `changed` is 0 then."""
        total = await self._context.read(lambda tx: sum(store.count(tx, each) for each in self._columns), long=True)
        told_at = time.monotonic()
        while walk.column < len(self._columns):
            began = time.monotonic()
            column, at = self._columns[walk.column], walk.after
            rows = await self._context.read(lambda tx: store.after(tx, column, at, STEP_ROWS), long=True)  # noqa: B023
            fresh, unreadable = await asyncio.to_thread(self._resealed, column, rows)
            is_end = len(rows) < STEP_ROWS
            walk = replace(
                walk,
                column=walk.column + is_end,
                after=None if is_end else tuple(rows[-1][name] for name in column.key),
                seen=walk.seen + len(rows),
                changed=walk.changed + len(fresh),
                unreadable=walk.unreadable + unreadable,
                resealed=walk.resealed + len(fresh),
            )
            if fresh or is_end or time.monotonic() - told_at >= _PROGRESS_EVERY_S:
                await self._put(old, new, walk, column, fresh, max(total, walk.seen))
                told_at = time.monotonic()
                await asyncio.sleep(min(_REST_S_MAX, told_at - began))  # so others have half of the writer at least
        return walk

    def _resealed(self, column: Sealed, rows: list[Row]) -> tuple[list[tuple[Row, str]], int]:
        """The rows that need another text, with it, and how many cannot be opened by any key here."""
        fresh: list[tuple[Row, str]] = []
        unreadable = 0
        for row in rows:
            if row["sealed"] is None:
                continue
            try:
                sealed = self._vault.reseal(row["account_id"], column.purpose, row["sealed"])
            except Unsealable:
                unreadable += 1  # it was lost before; the key of its time, put back, opens it as ever
                continue
            if sealed != row["sealed"]:
                fresh.append((row, sealed))
        return fresh, unreadable

    async def _put(
        self,
        old: list[str],
        new: str,
        walk: _Walk,
        column: Sealed | None = None,
        fresh: Sequence[tuple[Row, str]] = (),
        total: int | None = None,
    ) -> None:
        def write(tx: Tx) -> None:
            assert column is not None or not fresh, walk
            accounts = set()
            for row, sealed in fresh:
                assert column is not None
                if store.replace(tx, column, row, sealed):
                    accounts.add(str(row["account_id"]))
            if column is not None and column.token is not None:
                for account_id in sorted(accounts):
                    identity.renew_token(tx, account_id, column.token)

        await self._context.step(
            write,
            position={"old": old, "new": new, "walk": walk.data()},
            progress=Progress(walk.seen, total),
        )
