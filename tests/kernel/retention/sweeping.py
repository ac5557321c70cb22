"""A desk for sweeps: calls of the system, time that passes, jobs run to their end, and processes that end in the middle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tests.factories import make_organization

from harbor.kernel.call import Call, Faculties
from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.errors import Unavailable
from harbor.kernel.eventlog.model import Positions
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import system
from harbor.kernel.ids import IdMint
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import SYSTEM_ACCOUNT, Job, JobKind, State, kinds_by_name
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.storage.database import Database, Lane, Tx, Work
from harbor.kernel.vault import Vault
from harbor.kernel.webhooks.subscriptions.directory import Directory
from harbor.kernel.webhooks.view import View, Views

T = TypeVar("T")
# The tables whose rows a watched step is measured by.
_MEASURED = (
    "events",
    "deliveries",
    "attempts",
    "snapshots",
    "request_logs",
    "audit",
    "cursors",
    "idempotency",
    "sessions",
)


class Desk:
    """What a test of sweeps works with. `account_id` is a production account, `other_id` the sandbox beside it."""

    def __init__(self, database: Database, clock: ManualClock, folder: Path, views: Sequence[View]) -> None:
        self.database = database
        self.clock = clock
        self.ids = IdMint(lambda: micros(clock.now()) // 1_000)
        self._faculties = Faculties(
            ids=self.ids,
            positions=Positions(),
            directory=Directory(),
            views=Views({view.name: view for view in views}),
            vault=Vault.create(folder / "instance.key"),
        )
        self._workers: list[Worker] = []

    async def open(self) -> None:
        """Make the organization."""
        made = await self.database.write(lambda tx: make_organization(tx, self.ids.next))
        self.account_id, self.other_id = made.production.id, made.sandbox.id

    async def close(self) -> None:
        """Stop the workers that ran jobs."""
        for worker in self._workers:
            await worker.stop(0)

    def call_of(self, tx: Tx, account_id: str) -> Call:
        """A call of the system in an account."""
        account = identity.account(tx, account_id)
        assert account is not None, account_id
        return Call(tx, system(account.id, account.organization_id, account.environment), self._faculties)

    async def write(self, act: Callable[[Call], T], account_id: str | None = None) -> T:
        """The result of `act` in an account, committed."""
        return await self.database.write(
            lambda tx: act(self.call_of(tx, account_id or self.account_id)), lane=Lane.BACKGROUND
        )

    async def column(self, sql: str, **values: object) -> list[Any]:
        """The first column of a query."""
        rows = await self.database.read(lambda tx: tx.rows(sql, **values), long=True)
        return [next(iter(row.values())) for row in rows]

    async def count(self, table: str, **equal: object) -> int:
        """How many rows of a table have these values."""
        terms = " AND ".join(f"{name} = :{name}" for name in equal) or "1 = 1"
        return int((await self.column(f"SELECT count(*) AS n FROM {table} WHERE {terms}", **equal))[0])

    async def run(self, kind: JobKind, database: Database | None = None) -> Job:
        """Queue a job of the kind as the schedule does, run it to its end, and return it."""
        await self.queue(kind)
        return await self.go_on(kind, database)

    async def queue(self, kind: JobKind) -> None:
        """Queue a job of the kind."""
        await self.database.write(
            lambda tx: queue.enqueue(tx, SYSTEM_ACCOUNT, kind.name, {}, job_id=self.ids.next("job_"))
        )

    async def go_on(self, kind: JobKind, database: Database | None = None) -> Job:
        """Run what is queued of the kind in a new worker, on a database of its own if one is given."""
        worker = Worker(database or self.database, kinds_by_name(kind), self.clock, self.ids.next)
        self._workers.append(worker)
        (job,) = await worker.run_due(self.clock.now())
        assert job.state is State.DONE, job
        return job


class Watched:
    """A database that measures the rows each write changed. After `steps_max` such writes it is out of reach for good."""

    def __init__(self, database: Database, *, steps_max: int | None = None) -> None:
        self.engine = database.engine
        self.steps: list[int] = []
        self._database = database
        self._steps_max = steps_max

    async def read(self, work: Work[T], *, long: bool = False) -> T:
        """As the database does."""
        return await self._database.read(work, long=long)

    async def write(self, work: Work[T], *, lane: Lane = Lane.FOREGROUND) -> T:
        """As the database does, measured."""
        if len(self.steps) == self._steps_max:
            raise Unavailable("The process is gone.")
        changed = 0

        def measured(tx: Tx) -> T:
            nonlocal changed
            before = _rows(tx)
            result = work(tx)
            changed = before - _rows(tx)
            return result

        result = await self._database.write(measured, lane=lane)
        if changed:
            self.steps.append(changed)
        return result

    def on(self, topic: str, wake: Callable[[], None], /) -> None:
        """As the database does."""
        self._database.on(topic, wake)

    async def close(self) -> None:
        """Leave the database open for others."""


def _rows(tx: Tx) -> int:
    total = " + ".join(f"(SELECT count(*) FROM {table})" for table in _MEASURED)
    row = tx.row(f"SELECT {total} AS n")
    assert row is not None
    return int(row["n"])
